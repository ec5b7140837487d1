import { ChangeoverError, errorFacts } from '../kernel/errors.ts'
import type { PlannedStep, Runbook } from './runbook.ts'
import type { AnyStep, Foretold, StepContext, WayBack } from './step.ts'
import type { BoundStep, StepList } from './step-list.ts'

/** What a change would do, as far as that can be known before its turn. */
export type Effect =
  /** Read from the world now, or known from the step before that changes the same thing. */
  | { readonly kind: 'exact'; readonly text: string }
  /** The world is so already: the step would do nothing. */
  | { readonly kind: 'already'; readonly text: string }
  /** It can't be done as things are, and no earlier step of the runbook changes that. */
  | { readonly kind: 'impossible'; readonly text: string; readonly because: string }
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
  /** What they leave of things that steps of other kinds read. */
  told: Foretold
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
  const scene = { context, left: new Map<string, unknown>(), told: {} }
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
    const kind = thrown.remedy === 'operator' ? 'impossible' : 'unknown'
    return { planned, bound, effect: { kind, text, because: thrown.message } }
  }
}

async function lookAtChange(
  step: Change,
  input: unknown,
  scene: Scene,
): Promise<Pick<Outlook, 'effect' | 'wayBack'>> {
  const { before, isThere } = await find(step, input, scene)
  const thing = step.leaves?.thing(input)
  if (thing !== undefined) scene.left.set(thing, step.leaves?.after(input, before))
  scene.told = { ...scene.told, ...step.foretells?.(input, before) }
  if (step.isDone(input, before)) {
    return { effect: { kind: 'already', text: step.describe(input) } }
  }
  const effect = { kind: 'exact', text: step.effect(input, before) } as const
  if (step.reversibility === 'irreversible' || !isThere) return { effect }
  return { effect, wayBack: await step.wayBack(input, before, scene.context) }
}

/** What the step will find at its turn; what an earlier one makes is not there yet, and can't be asked for its way back. */
async function find(
  step: Change,
  input: unknown,
  { context, left, told }: Scene,
): Promise<{ readonly before: unknown; readonly isThere: boolean }> {
  const thing = step.leaves?.thing(input)
  try {
    const isLeft = thing !== undefined && left.has(thing)
    const now = isLeft ? left.get(thing) : await step.observe(input, context)
    return { before: step.foreseen?.(input, now, told) ?? now, isThere: true }
  } catch (thrown) {
    const made = step.foreseen?.(input, undefined, told)
    if (made === undefined || errorFacts(thrown).remedy !== 'operator') throw thrown
    return { before: made, isThere: false }
  }
}
