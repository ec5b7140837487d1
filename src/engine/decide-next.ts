import { assertNever } from '../kernel/assert-never.ts'
import type { StepKey } from '../kernel/ids.ts'
import { type EpochMs, epochMs, later, ms } from '../kernel/units.ts'
import { mayPass } from './after-error.ts'
import type { Outcome } from './run-event.ts'
import { type RunState, type StepState, stepState } from './run-state.ts'
import type { Guard, PlannedStep } from './runbook.ts'
import type { AnyStep, Direction, Hold } from './step.ts'
import { currentBack, currentForward, skippedSteps } from './visits.ts'

/** What the runner is to do next. Each ends in at most one append to the journal. */
export type Command =
  | { readonly kind: 'observe'; readonly step: PlannedStep }
  | { readonly kind: 'check-way-back'; readonly step: PlannedStep; readonly before: unknown }
  | { readonly kind: 'record-intent'; readonly step: PlannedStep; readonly direction: Direction }
  | { readonly kind: 'act'; readonly step: PlannedStep; readonly before: unknown }
  | { readonly kind: 'verify'; readonly step: PlannedStep; readonly direction: Direction }
  | { readonly kind: 'undo'; readonly step: PlannedStep; readonly before: unknown }
  | { readonly kind: 'verify-undone'; readonly step: PlannedStep; readonly before: unknown }
  | { readonly kind: 'look-at-guard'; readonly guard: Guard }
  | {
      readonly kind: 'hold'
      readonly step: PlannedStep
      readonly because: string
      readonly hold: Hold
    }
  | { readonly kind: 'start-rollback'; readonly because: string }
  | { readonly kind: 'end'; readonly outcome: Outcome; readonly summary: string }
  /** Nothing to do before `until` (world time); without it, before somebody asks for something. */
  | { readonly kind: 'wait'; readonly until: EpochMs | undefined; readonly because: string }

/** What the decision may rest on beside the journal. Losing it costs a look too early, nothing else. */
export interface Surroundings {
  readonly now: EpochMs
  /** World time before which a step or guard need not be looked at again. */
  readonly notBefore: ReadonlyMap<StepKey, EpochMs>
  readonly typeOf: (planned: PlannedStep) => AnyStep['type']
  /** How long `not-yet` may last, and what then. */
  readonly patienceOf: (planned: PlannedStep) => Hold
}

/** Where a step says nothing of its own: `not-yet` for ten minutes, then the run holds and asks. */
export const defaultPatience: Hold = { longest: ms(600_000), owner: 'operator', then: 'stay' }

/** Turns a run's state and the time into the next command. Pure: the whole engine is decided here. */
export function decideNext(state: RunState, around: Surroundings): Command {
  if (state.outcome !== undefined) {
    return { kind: 'wait', until: undefined, because: `ended: ${state.outcome}` }
  }
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
  return { kind: 'end', outcome, summary: summary + left }
}

function decidePaused(paused: NonNullable<RunState['paused']>, now: EpochMs): Command {
  const { by, until } = paused
  if (until === undefined) return { kind: 'wait', until, because: `paused by ${by}` }
  if (now < until) return { kind: 'wait', until, because: `held by ${by}` }
  return { kind: 'start-rollback', because: `the hold of ${by} ran out and nobody resumed the run` }
}

/** Why a step may not be asked just now: an error, a hold that has run out, a look that is not due. */
function decideStopped(
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
    const stopped = decideTrouble(planned, step.trouble, around.now)
    if (stopped !== undefined) return stopped
  }
  return isDue(planned.key, around) ? undefined : waitFor(planned, step, around)
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
  if (held.hold.then !== 'roll-back' || around.now < held.until) return undefined
  const because = `${planned.title}: the hold ran out (${held.because})`
  return { kind: 'start-rollback', because }
}

/** Why a step that may yet go on by itself is still open: it said `not-yet`, or had an error that may pass. */
function openBecause({ waitingFor, trouble }: StepState): string | undefined {
  if (trouble === undefined) return waitingFor
  return mayPass(trouble.error) ? trouble.error.message : undefined
}

function decideTrouble(
  planned: PlannedStep,
  trouble: NonNullable<StepState['trouble']>,
  now: EpochMs,
): Command | undefined {
  const { retryAt, error } = trouble
  const because = `${planned.title}: ${error.message}`
  if (retryAt === undefined) return { kind: 'wait', until: undefined, because }
  return now < retryAt ? { kind: 'wait', until: retryAt, because } : undefined
}

/** Patience counts while somebody is at work: a run that was paused, or had no runner, was not looked at. */
function decideImpatient(
  state: RunState,
  planned: PlannedStep,
  step: StepState,
  around: Surroundings,
): Command | undefined {
  const patience = around.patienceOf(planned)
  const since = epochMs(Math.max(step.startedAt ?? around.now, state.attendedSince))
  const over = later(since, patience.longest)
  if (around.now < over) return undefined
  const because = `${openBecause(step) ?? 'no answer'}, for longer than it may take`
  if (patience.then === 'roll-back')
    return { kind: 'start-rollback', because: `${planned.title}: ${because}` }
  return { kind: 'hold', step: planned, because, hold: patience }
}

function waitFor(planned: PlannedStep, step: StepState, around: Surroundings): Command {
  const look = around.notBefore.get(planned.key)
  const hold = step.held?.hold.then === 'roll-back' ? step.held.until : undefined
  const because = step.held?.because ?? openBecause(step) ?? 'looked at again soon'
  return { kind: 'wait', until: earliest(look, hold), because: `${planned.title}: ${because}` }
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

/** On the way back there is nowhere to roll back to: what runs out of time holds and asks. */
function decideStoppedBack(
  state: RunState,
  planned: PlannedStep,
  step: StepState,
  around: Surroundings,
): Command | undefined {
  const { held, ...rest } = step
  const staying: StepState = held === undefined ? rest : { ...rest, held: stay(held) }
  const stopped = decideStopped(state, planned, staying, around)
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

function isDue(key: StepKey, { now, notBefore }: Surroundings): boolean {
  return now >= (notBefore.get(key) ?? now)
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

function earliest(a: EpochMs | undefined, b: EpochMs | undefined): EpochMs | undefined {
  if (a === undefined) return b
  return b === undefined ? a : epochMs(Math.min(a, b))
}
