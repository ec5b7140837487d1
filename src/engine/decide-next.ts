import { assertNever } from '../kernel/assert-never.ts'
import type { StepKey } from '../kernel/ids.ts'
import type { EpochMs } from '../kernel/units.ts'
import type { Command, Surroundings } from './command.ts'
import { decideHeldAsFound, decideReadBack, sayTaken } from './decide-read-back.ts'
import { decideStopped, defaultPatience, earliest, isDue } from './decide-stopped.ts'
import type { Outcome } from './run-event.ts'
import { type RunState, stepState } from './run-state.ts'
import type { Guard, PlannedStep } from './runbook.ts'
import type { AnyStep, Hold } from './step.ts'
import type { StepState } from './step-state.ts'
import { currentBack, currentForward, skippedSteps } from './visits.ts'

/** Turns a run's state and the time into the next command. Pure: the whole engine is decided here. */
export function decideNext(state: RunState, around: Surroundings): Command {
  if (state.outcome !== undefined) {
    return { kind: 'wait', until: undefined, because: `ended: ${state.outcome}` }
  }
  const unread = decideReadBack(state, around)
  if (unread !== undefined) return unread
  return state.direction === 'forward' ? decideForward(state, around) : decideBack(state, around)
}

function decideForward(state: RunState, around: Surroundings): Command {
  const due = state.runbook.guards.find(
    (guard) => isDue(guard.key, around) && isWatching(state, guard),
  )
  if (due !== undefined) return { kind: 'look-at-guard', guard: due }

  const command = decideStep(state, currentForward(state), around)
  return command.kind === 'wait' ? wakeForGuards(state, command, around) : command
}

function decideStep(
  state: RunState,
  planned: PlannedStep | undefined,
  around: Surroundings,
): Command {
  if (state.paused !== undefined) return decidePaused(state.paused, around.now)
  const found = decideHeldAsFound(state)
  if (found !== undefined) return found
  if (planned === undefined) return end(state, 'done', 'every step is verified')

  const step = stepState(state, planned.key)
  const stopped = decideStopped(state, planned, step, around)
  if (stopped !== undefined) return stopped
  return forwardCommand(planned, step, around.typeOf(planned))
}

/** An end says what was left out: nobody may read `back` as more than it is. */
function end(state: RunState, outcome: Outcome, summary: string): Command {
  const skipped = skippedSteps(state).map(({ title }) => title)
  const left = skipped.length === 0 ? '' : `; skipped, and as they were left: ${skipped.join(', ')}`
  return { kind: 'end', outcome, summary: summary + left + sayTaken(state) }
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
  const planned = currentBack(state)
  if (planned === undefined) {
    return end(state, 'back', state.rollbackBecause ?? 'rolled back')
  }
  const step = stepState(state, planned.key)
  const stopped = decideStoppedBack(state, planned, step, around)
  return stopped ?? backCommand(planned, step, around.typeOf(planned))
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

/** A guard watches from the end of one step to the end of another. */
export function isWatching(state: RunState, guard: Guard): boolean {
  const isOver = (key: StepKey) => {
    const { kind } = stepState(state, key).phase
    return kind === 'verified' || kind === 'skipped'
  }
  return isOver(guard.after) && !isOver(guard.until)
}

function wakeForGuards(
  state: RunState,
  wait: Extract<Command, { kind: 'wait' }>,
  around: Surroundings,
): Command {
  const looks = state.runbook.guards
    .filter((guard) => isWatching(state, guard))
    .map((guard) => around.notBefore.get(guard.key))
  return { ...wait, until: looks.reduce(earliest, wait.until) }
}
