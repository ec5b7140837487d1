import { errorFacts } from '../kernel/errors.ts'
import { invariant } from '../kernel/invariant.ts'
import { epochMs } from '../kernel/units.ts'
import type { Command } from './command.ts'
import { ChangedByOthersError, LeaseLostError } from './errors.ts'
import { viewGuards } from './look-at-guard.ts'
import type { Performed } from './performed.ts'
import type { Performer } from './performer.ts'
import type { RunState } from './run-state.ts'
import { otherwise, type Standing, type StepContext } from './step.ts'
import type { BoundStep } from './step-list.ts'

/**
 * Asks whether what a step did, or undid, is still so (X7). Whoever can't be asked has said nothing: it is
 * asked again at the next look, and the run's end names it.
 */
export async function lookAgain(
  performer: Performer,
  state: RunState,
  { step, before, ours }: Extract<Command, { kind: 'look-again' }>,
): Promise<Performed> {
  const { key, title } = step
  const { direction } = state
  const { clock } = performer.contextFor(epochMs(0), direction)
  const context = performer.contextFor(clock.now(), direction, { guards: viewGuards(state) })
  try {
    const found = await look(performer.steps.bind(step), { direction, before }, context)
    const looked = { key, at: clock.now(), asItWas: found === undefined }
    if (found === undefined) return { events: [], looked }
    const slipped = { kind: 'slipped', step: key, found, ours, epoch: context.epoch } as const
    if (ours) return { events: [slipped], looked }
    const error = errorFacts(new ChangedByOthersError(title, found))
    return { events: [slipped, { kind: 'attempt-failed', step: key, error }], looked }
  } catch (thrown) {
    if (thrown instanceof LeaseLostError) throw thrown
    return { events: [], looked: { key, at: clock.now(), asItWas: false } }
  }
}

async function look(
  { definition, input }: BoundStep,
  stands: Standing<unknown>,
  context: StepContext<unknown>,
): Promise<string | undefined> {
  invariant(definition.type === 'change', `${definition.kind} is a check and left nothing behind`)
  if (definition.foundOtherwise !== undefined)
    return definition.foundOtherwise(input, stands, context)
  if (stands.direction === 'forward') return otherwise(await definition.verify(input, context))
  invariant(definition.reversibility !== 'irreversible', `${definition.kind} has no way back`)
  return otherwise(await definition.verifyUndone(input, stands.before, context))
}
