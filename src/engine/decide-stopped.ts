import type { StepKey } from '../kernel/ids.ts'
import { type EpochMs, epochMs, later, ms } from '../kernel/units.ts'
import { mayPass } from './after-error.ts'
import type { Command, Surroundings } from './command.ts'
import { endOfHold, type RunState } from './run-state.ts'
import type { PlannedStep } from './runbook.ts'
import type { Hold } from './step.ts'
import type { StepState } from './step-state.ts'
import { mayStand } from './visits.ts'

/** Where a step says nothing of its own: `not-yet` for ten minutes, then the run holds and asks. */
export const defaultPatience: Hold = { longest: ms(600_000), owner: 'operator', then: 'stay' }

/** How long somebody may take to answer an error where the step says nothing of its own. */
const timeToAnswer = ms(30 * 60_000)

/** Why a step may not be asked just now: an error, a hold that has run out, a look that is not due. */
export function decideStopped(
  state: RunState,
  planned: PlannedStep,
  step: StepState,
  around: Surroundings,
): Command | undefined {
  // Whoever comes after a gap looks once before time runs out: what was missing may be there by now.
  const over = around.notBefore.has(planned.key)
    ? decideOver(state, planned, step, around)
    : undefined
  if (over !== undefined) return over
  if (step.trouble !== undefined) {
    const stopped = decideTrouble(state, planned, step, around)
    if (stopped !== undefined) return stopped
  }
  return isDue(planned.key, around) ? undefined : waitFor(state, planned, step, around)
}

/** Whether a hold, or the step's patience, has run out. */
function decideOver(
  state: RunState,
  planned: PlannedStep,
  step: StepState,
  around: Surroundings,
): Command | undefined {
  const { held } = step
  if (held === undefined) {
    return openBecause(step) === undefined
      ? undefined
      : decideImpatient(state, planned, step, around)
  }
  if (held.hold.then !== 'roll-back' || around.now < endOfHold(state, held)) return undefined
  const because = `${planned.title}: the hold ran out (${held.because})`
  return { kind: 'start-rollback', because }
}

/** Why a step that may yet go on by itself is still open: it said `not-yet`, or had an error that may pass. */
function openBecause({ waitingFor, trouble }: StepState): string | undefined {
  if (trouble === undefined) return waitingFor
  return mayPass(trouble.error) ? trouble.error.message : undefined
}

function decideTrouble(
  state: RunState,
  planned: PlannedStep,
  step: StepState,
  around: Surroundings,
): Command | undefined {
  if (step.trouble === undefined) return undefined
  const { retryAt, error } = step.trouble
  if (retryAt === undefined) return decideHeldByError(state, planned, step, around)
  if (around.now >= retryAt) return undefined
  const because = `${planned.title}: ${error.message}`
  return { kind: 'wait', until: untilRetry(state, planned, step, around), because }
}

/** A vendor may ask for hours: the step's own patience does not wait so long before somebody is asked. */
function untilRetry(
  state: RunState,
  planned: PlannedStep,
  step: StepState,
  around: Surroundings,
): EpochMs | undefined {
  const retryAt = step.trouble?.retryAt
  if (step.held !== undefined || !around.notBefore.has(planned.key)) return retryAt
  return earliest(retryAt, endOfPatience(state, planned, step, around))
}

function endOfPatience(
  state: RunState,
  planned: PlannedStep,
  step: StepState,
  around: Surroundings,
): EpochMs {
  const patience = around.patienceOf(planned) ?? defaultPatience
  const since = epochMs(Math.max(step.startedAt ?? around.now, state.attendedSince))
  return later(since, patience.longest)
}

/**
 * What must not be repeated is not asked again, however long it holds; so this hold runs out without a look.
 *
 * The step's own patience says for how long, and what then. Where it says nothing: half an hour, and then
 * back if callers depend on the steps that are still to come; where nobody does, the run stays as it is.
 */
function decideHeldByError(
  state: RunState,
  planned: PlannedStep,
  step: StepState,
  around: Surroundings,
): Command {
  const because = step.trouble?.error.message ?? 'an error'
  if (step.held === undefined) {
    const then = mayStand(state) ? 'stay' : 'roll-back'
    const usual: Hold = { longest: timeToAnswer, owner: 'operator', then }
    const hold = around.patienceOf(planned) ?? usual
    return { kind: 'hold', step: planned, because, hold }
  }
  const over = decideOver(state, planned, step, around)
  if (over !== undefined) return over
  const until = step.held.hold.then === 'roll-back' ? endOfHold(state, step.held) : undefined
  return { kind: 'wait', until, because: `${planned.title}: ${because}` }
}

/** Patience counts while somebody is at work: a run that was paused, or had no runner, was not looked at. */
function decideImpatient(
  state: RunState,
  planned: PlannedStep,
  step: StepState,
  around: Surroundings,
): Command | undefined {
  const patience = around.patienceOf(planned) ?? defaultPatience
  if (around.now < endOfPatience(state, planned, step, around)) return undefined
  const because = `${openBecause(step) ?? 'no answer'}, for longer than it may take`
  if (patience.then === 'roll-back')
    return { kind: 'start-rollback', because: `${planned.title}: ${because}` }
  return { kind: 'hold', step: planned, because, hold: patience }
}

function waitFor(
  state: RunState,
  planned: PlannedStep,
  step: StepState,
  around: Surroundings,
): Command {
  const look = around.notBefore.get(planned.key)
  const hold = step.held?.hold.then === 'roll-back' ? endOfHold(state, step.held) : undefined
  const because = step.held?.because ?? openBecause(step) ?? 'looked at again soon'
  return { kind: 'wait', until: earliest(look, hold), because: `${planned.title}: ${because}` }
}

export function isDue(key: StepKey, { now, notBefore }: Surroundings): boolean {
  return now >= (notBefore.get(key) ?? now)
}

export function earliest(a: EpochMs | undefined, b: EpochMs | undefined): EpochMs | undefined {
  if (a === undefined) return b
  return b === undefined ? a : epochMs(Math.min(a, b))
}
