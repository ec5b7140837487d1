import { ChangeoverError } from '../kernel/errors.ts'
import type { PlannedStep, Runbook } from './runbook.ts'
import type { AnyStep, StepContext, WayBack } from './step.ts'
import type { BoundStep, StepList } from './step-list.ts'

/** What a change would do, as far as that can be known before its turn. */
export type Effect =
  /** Read from the world now, or known from the step before that changes the same thing. */
  | { readonly kind: 'exact'; readonly text: string }
  /** The world is so already: the step would do nothing. */
  | { readonly kind: 'already'; readonly text: string }
  /** It can't be read before its turn, as a rule because an earlier step makes it. */
  | { readonly kind: 'later'; readonly text: string; readonly because: string }
  /** The world could not be asked. */
  | { readonly kind: 'unknown'; readonly text: string; readonly because: string }

/** One step as a dry run sees it. */
export interface Outlook {
  readonly planned: PlannedStep
  readonly bound: BoundStep
  readonly effect: Effect
  /** Absent of a check, of what can't be read yet, and of what would do nothing. */
  readonly wayBack?: WayBack
}

type Change = Extract<AnyStep, { type: 'change' }>

interface Scene {
  /** Its `confirmLease` must refuse: nothing is written here, whatever a step tries. */
  readonly context: StepContext<unknown>
  /** How earlier steps leave the things that later ones change again. */
  readonly left: Map<string, unknown>
}

/**
 * Looks at everything that a runbook would change, without changing it: each step observes, names its
 * exact effect, and asks for its way back, as it will when its turn comes.
 */
export async function lookAhead(
  runbook: Runbook,
  steps: StepList,
  context: StepContext<unknown>,
): Promise<readonly Outlook[]> {
  const scene = { context, left: new Map<string, unknown>() }
  const outlooks: Outlook[] = []
  for (const planned of runbook.steps)
    outlooks.push(await lookAt(planned, steps.bind(planned), scene))
  return outlooks
}

async function lookAt(planned: PlannedStep, bound: BoundStep, scene: Scene): Promise<Outlook> {
  const { definition, input } = bound
  const text = definition.describe(input)
  if (definition.type === 'check') return { planned, bound, effect: { kind: 'exact', text } }
  try {
    return { planned, bound, ...(await lookAtChange(definition, input, scene)) }
  } catch (thrown) {
    if (!(thrown instanceof ChangeoverError) || thrown.remedy === 'bug') throw thrown
    const kind = thrown.remedy === 'operator' ? 'later' : 'unknown'
    return { planned, bound, effect: { kind, text, because: thrown.message } }
  }
}

async function lookAtChange(
  step: Change,
  input: unknown,
  { context, left }: Scene,
): Promise<Pick<Outlook, 'effect' | 'wayBack'>> {
  const thing = step.leaves?.thing(input)
  const isLeft = thing !== undefined && left.has(thing)
  const before = isLeft ? left.get(thing) : await step.observe(input, context)
  if (thing !== undefined) left.set(thing, step.leaves?.after(input, before))
  if (step.isDone(input, before)) {
    return { effect: { kind: 'already', text: step.describe(input) } }
  }
  const effect = { kind: 'exact', text: step.effect(input, before) } as const
  if (step.reversibility === 'irreversible') return { effect }
  return { effect, wayBack: await step.wayBack(input, before, context) }
}
