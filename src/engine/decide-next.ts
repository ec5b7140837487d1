import { assertNever } from '../kernel/assert-never.ts'
import type { EpochMs } from '../kernel/units.ts'
import type { Command, Surroundings } from './command.ts'
import { decideHeldAsFound, decideReadBack, sayTaken } from './decide-read-back.ts'
import { decideStopped, defaultPatience, earliest, isDue } from './decide-stopped.ts'
import type { Outcome } from './run-event.ts'
import { type RunState, stepState } from './run-state.ts'
import type { Guard, PlannedStep } from './runbook.ts'
import { dueAgain, dueBeforeEnd, nextLooks, unseenAtEnd } from './standing.ts'
import type { AnyStep, Hold } from './step.ts'
import type { StepState } from './step-state.ts'
import { currentForward, skippedSteps, visitsBack } from './visits.ts'

type Wait = Extract<Command, { kind: 'wait' }>

/** Turns a run's state and the time into the next command. Pure: the whole engine is decided here. */
export function decideNext(state: RunState, around: Surroundings): Command {
  if (state.outcome !== undefined) {
    return { kind: 'wait', until: undefined, because: `ended: ${state.outcome}` }
  }
  const unread = decideReadBack(state, around)
  if (unread?.kind === 'wait') return decideWhileUnread(state, around) ?? unread
  if (unread !== undefined) return unread
  return state.direction === 'forward' ? decideForward(state, around) : decideBack(state, around)
}

/** Between two tries to read it: what can't be read yet, for however long, keeps no guard and no timer from taking the run back. */
function decideWhileUnread(state: RunState, around: Surroundings): Command | undefined {
  if (state.direction === 'back') return undefined
  const command = decideStep(state, currentForward(state), around)
  return command.kind === 'start-rollback' ? command : dueGuard(state, around)
}

function dueGuard(state: RunState, around: Surroundings): Command | undefined {
  const due = state.runbook.guards.find(
    (guard) => isDue(guard.key, around) && isWatching(state, guard),
  )
  return due && { kind: 'look-at-guard', guard: due }
}

function decideForward(state: RunState, around: Surroundings): Command {
  const command = decideStep(state, currentForward(state), around)
  // What was announced is done first: a run that is let go of has no write before it.
  if (command.kind === 'act') return command
  const due = dueGuard(state, around)
  if (due !== undefined) return due
  const again = dueAgain(state, around)
  if (again !== undefined) return again
  if (command.kind === 'end') return dueBeforeEnd(state, around) ?? command
  return command.kind === 'wait'
    ? wakeForGuards(state, wakeForLooks(state, command, around), around)
    : command
}

function decideStep(
  state: RunState,
  planned: PlannedStep | undefined,
  around: Surroundings,
): Command {
  if (state.paused !== undefined) return decidePaused(state.paused, around.now)
  const found = decideHeldAsFound(state)
  if (found !== undefined) return found
  if (planned === undefined) return end(state, 'done', 'every step is verified', around)

  const step = stepState(state, planned.key)
  const stopped = decideStopped(state, planned, step, around)
  if (stopped !== undefined) return stopped
  return forwardCommand(planned, step, around.typeOf(planned))
}

/** An end says what was left out: nobody may read `back` as more than it is. */
function end(state: RunState, outcome: Outcome, summary: string, around: Surroundings): Command {
  const skipped = listed('skipped, and as they were left', skippedSteps(state))
  const unseen = listed('could not be looked at again at the end', unseenAtEnd(state, around))
  return { kind: 'end', outcome, summary: summary + skipped + unseen + sayTaken(state) }
}

function listed(what: string, steps: readonly PlannedStep[]): string {
  return steps.length === 0 ? '' : `; ${what}: ${steps.map(({ title }) => title).join(', ')}`
}

function decidePaused(paused: NonNullable<RunState['paused']>, now: EpochMs): Command {
  const { by, until } = paused
  if (until === undefined) return { kind: 'wait', until, because: `paused by ${by}` }
  if (now < until) return { kind: 'wait', until, because: `held by ${by}` }
  return { kind: 'start-rollback', because: `the hold of ${by} ran out and nobody resumed the run` }
}

function forwardCommand(
  planned: PlannedStep,
  { phase }: StepState,
  type: AnyStep['type'],
): Command {
  if (type === 'check') return { kind: 'verify', step: planned, direction: 'forward' }
  switch (phase.kind) {
    case 'pending':
      return { kind: 'observe', step: planned }
    case 'observed':
      return phase.done
        ? { kind: 'verify', step: planned, direction: 'forward' }
        : { kind: 'check-way-back', step: planned, before: phase.before }
    case 'ready':
      return { kind: 'record-intent', step: planned, direction: 'forward' }
    case 'acting':
      return { kind: 'act', step: planned, before: phase.before }
    case 'acted':
      return { kind: 'verify', step: planned, direction: 'forward' }
    case 'verified':
    case 'skipped':
    case 'undoing':
    case 'undone':
    case 'back':
      throw new TypeError(`step ${planned.key} is ${phase.kind}, and yet was to be taken forward`)
    default:
      return assertNever(phase)
  }
}

function decideBack(state: RunState, around: Surroundings): Command {
  if (state.paused !== undefined && state.paused.until === undefined) {
    return decidePaused(state.paused, around.now)
  }
  const command = decideVisits(state, around)
  if (command === undefined) {
    const over = end(state, 'back', state.rollbackBecause ?? 'rolled back', around)
    return dueBeforeEnd(state, around) ?? over
  }
  // Callers are sent back first; what is back already is looked at while there is time.
  if (command.kind !== 'wait') return command
  return dueAgain(state, around) ?? wakeForLooks(state, command, around)
}

/**
 * Strictly one after the other, except that what is stuck holds up only what depends on it, and is tried
 * again, before everything else, whenever it is due. Nothing when everything is back.
 */
function decideVisits(state: RunState, around: Surroundings): Command | undefined {
  let waiting: Wait | undefined
  for (const { planned, isBlocked, isStuck, isBarrier } of visitsBack(state, around)) {
    if (isBlocked && isBarrier) break
    if (isBlocked) continue
    const step = stepState(state, planned.key)
    const command =
      decideStoppedBack(state, planned, step, around) ??
      backCommand(planned, step, around.typeOf(planned))
    if (command.kind !== 'wait') return command
    waiting = { ...command, until: earliest(command.until, waiting?.until) }
    if (isBarrier || !isStuck) break
  }
  return waiting
}

/** On the way back there is nowhere to roll back to: what runs out of time, or may not be repeated, holds and asks. */
function decideStoppedBack(
  state: RunState,
  planned: PlannedStep,
  step: StepState,
  around: Surroundings,
): Command | undefined {
  const { held, ...rest } = step
  const staying: StepState = held === undefined ? rest : { ...rest, held: stay(held) }
  const stopped = decideStopped(state, planned, staying, around)
  if (stopped?.kind === 'hold') return { ...stopped, hold: { ...stopped.hold, then: 'stay' } }
  if (stopped?.kind !== 'start-rollback') return stopped
  const hold: Hold = { ...defaultPatience, then: 'stay' }
  return { kind: 'hold', step: planned, because: stopped.because, hold }
}

function stay(held: NonNullable<StepState['held']>): NonNullable<StepState['held']> {
  return { ...held, hold: { ...held.hold, then: 'stay' } }
}

function backCommand(planned: PlannedStep, { phase }: StepState, type: AnyStep['type']): Command {
  if (type === 'check') return { kind: 'verify', step: planned, direction: 'back' }
  switch (phase.kind) {
    case 'undoing':
      return { kind: 'undo', step: planned, before: phase.before }
    case 'undone':
      return { kind: 'verify-undone', step: planned, before: phase.before }
    default:
      return { kind: 'record-intent', step: planned, direction: 'back' }
  }
}

/**
 * Going forward a guard watches from when one step began to change something, half-done or not, to the end of
 * another, also while that one is mended.
 */
export function isWatching(state: RunState, guard: Guard): boolean {
  if (state.direction === 'back') return false
  return (
    watchesSince(state, guard) !== undefined && stepState(state, guard.until).endedAt === undefined
  )
}

/** World time from which a guard counts what it counts. */
export function watchesSince(state: RunState, { after }: Guard): EpochMs | undefined {
  const { begunAt, endedAt } = stepState(state, after)
  return begunAt ?? endedAt
}

function wakeForLooks(state: RunState, wait: Wait, around: Surroundings): Wait {
  if (state.paused !== undefined) return wait
  return { ...wait, until: nextLooks(state, around).reduce(earliest, wait.until) }
}

function wakeForGuards(state: RunState, wait: Wait, around: Surroundings): Wait {
  const looks = state.runbook.guards
    .filter((guard) => isWatching(state, guard))
    .map((guard) => around.notBefore.get(guard.key))
  return { ...wait, until: looks.reduce(earliest, wait.until) }
}
