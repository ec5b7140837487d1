import type { ErrorFacts } from '../kernel/errors.ts'
import type { RunId, StepKey } from '../kernel/ids.ts'
import { invariant } from '../kernel/invariant.ts'
import type { EpochMs } from '../kernel/units.ts'
import type { JournalHead } from './journal.ts'
import type { JournalEntry, Outcome } from './run-event.ts'
import type { Runbook } from './runbook.ts'
import type { Direction, Hold, Verification } from './step.ts'

/**
 * How far a step is.
 *
 *   pending → observed → ready → acting → acted → verified      a change, forward
 *   pending → verified                                          a check, forward
 *   … → undoing → undone → back                                 a change, on the way back
 */
export type StepPhase =
  | { readonly kind: 'pending' }
  | { readonly kind: 'observed'; readonly before: unknown; readonly done: boolean }
  | { readonly kind: 'ready'; readonly before: unknown }
  | { readonly kind: 'acting'; readonly before: unknown }
  | { readonly kind: 'acted'; readonly before: unknown }
  | { readonly kind: 'verified'; readonly before: unknown; readonly changed: boolean }
  | { readonly kind: 'skipped'; readonly before: unknown; readonly changed: boolean }
  | { readonly kind: 'undoing'; readonly before: unknown }
  | { readonly kind: 'undone'; readonly before: unknown }
  | { readonly kind: 'back' }

/** Why a step does not go on: an error that waits for its retry (or, without `retryAt`, for an operator). */
export interface Trouble {
  readonly error: ErrorFacts
  readonly attempts: number
  readonly retryAt?: EpochMs
}

export interface StepState {
  readonly phase: StepPhase
  /** World time at which it was first looked at in the direction the run has now. */
  readonly startedAt?: EpochMs
  readonly seen?: string
  readonly waitingFor?: string
  /** World time of the last entry that said why it waits, holds or was not taken. */
  readonly notedAt?: EpochMs
  readonly held?: { readonly because: string; readonly hold: Hold; readonly until: EpochMs }
  readonly trouble?: Trouble
  /** World time at which it was verified or skipped, going forward. */
  readonly endedAt?: EpochMs
  /** A check was verified on the way back. */
  readonly checkedBack?: boolean
  /** An operator left it as it is on the way back. */
  readonly skippedBack?: boolean
}

/** What a guard said when it was last noted. */
export interface GuardState {
  readonly verdict: Verification['kind']
  readonly seen: string
  readonly notedAt: EpochMs
}

/** What a run is now: the fold of its journal. */
export interface RunState {
  readonly run: RunId
  readonly head: JournalHead
  readonly runbook: Runbook
  readonly createdAt: EpochMs
  readonly by: string
  readonly direction: Direction
  /** World time since which somebody is at work on it: before, its steps were not looked at. */
  readonly attendedSince: EpochMs
  readonly rollbackBecause?: string
  readonly steps: Readonly<Record<StepKey, StepState>>
  readonly guards: Readonly<Record<StepKey, GuardState>>
  /** An operator stopped it before its next step. */
  readonly paused?: { readonly by: string; readonly until?: EpochMs }
  readonly outcome?: Outcome
}

const untouched: StepState = { phase: { kind: 'pending' } }

export function stepState(state: RunState, key: StepKey): StepState {
  return state.steps[key] ?? untouched
}

/** Whether the step has, or may have, changed the world in this run and has not been taken back. */
export function mayHaveChanged({ phase }: StepState): boolean {
  switch (phase.kind) {
    case 'acting':
    case 'acted':
    case 'undoing':
    case 'undone':
      return true
    case 'verified':
    case 'skipped':
      return phase.changed
    default:
      return false
  }
}

/** The pre-image that the journal holds of a step. */
export function preImage(phase: StepPhase): unknown {
  return 'before' in phase ? phase.before : undefined
}

/** The state that a journal stands for. The same journal gives the same state, on every machine. */
export function foldJournal(entries: readonly JournalEntry[]): RunState {
  const [first, ...rest] = entries
  invariant(first?.event.kind === 'run-created', 'a journal begins with run-created')
  const { runbook, by } = first.event
  const created: RunState = {
    run: first.run,
    head: { run: first.run, seq: first.seq, hash: first.hash },
    runbook,
    createdAt: first.at,
    by,
    direction: 'forward',
    attendedSince: first.at,
    steps: {},
    guards: {},
  }
  return rest.reduce(applyEntry, created)
}

/** The state after one more entry. */
export function applyEntry(state: RunState, entry: JournalEntry): RunState {
  const head = { run: entry.run, seq: entry.seq, hash: entry.hash }
  return { ...applyEvent(state, entry), head }
}

function applyEvent(state: RunState, { event, at }: JournalEntry): RunState {
  switch (event.kind) {
    case 'run-created':
      return state
    case 'runner-took-over':
      return { ...state, attendedSince: at }
    case 'guard-looked': {
      const { guard, verdict, seen } = event
      return { ...state, guards: { ...state.guards, [guard]: { verdict, seen, notedAt: at } } }
    }
    case 'rollback-started':
      return turnBack(state, event.because)
    case 'requested':
      return event.accepted ? applyRequest(state, event, at) : state
    case 'ended':
      return { ...state, outcome: event.outcome }
    default:
      return withStep(state, event.step, applyStepEvent(stepState(state, event.step), event, at))
  }
}

type StepEvent = Extract<
  JournalEntry['event'],
  { step: StepKey; kind: Exclude<string, 'requested'> }
>

function applyStepEvent(step: StepState, event: StepEvent, at: EpochMs): StepState {
  const startedAt = step.startedAt ?? at
  const before = preImage(step.phase)
  switch (event.kind) {
    case 'observed':
      return { startedAt, phase: { kind: 'observed', before: event.before, done: event.done } }
    case 'way-back':
      return { startedAt, phase: { kind: 'ready', before } }
    case 'acting':
      return { startedAt, phase: { kind: 'acting', before } }
    case 'acted':
      return { startedAt, phase: { kind: 'acted', before } }
    case 'verified':
      return applyVerified(step, event, { startedAt, endedAt: at })
    case 'waiting':
      return { startedAt, phase: step.phase, waitingFor: event.because, notedAt: at }
    case 'held':
      return { startedAt, phase: step.phase, held: event, notedAt: at }
    case 'attempt-failed':
      return { ...step, startedAt, trouble: troubleOf(step, event), notedAt: at }
    case 'undoing':
      return { startedAt, phase: { kind: 'undoing', before } }
    case 'undone':
      return { startedAt, phase: { kind: 'undone', before } }
    case 'undo-verified':
      return { startedAt, phase: { kind: 'back' }, seen: event.seen }
    default:
      return step
  }
}

function applyVerified(
  step: StepState,
  event: Extract<StepEvent, { kind: 'verified' }>,
  times: { readonly startedAt: EpochMs; readonly endedAt: EpochMs },
): StepState {
  if (event.direction === 'back') {
    return { startedAt: times.startedAt, phase: step.phase, seen: event.seen, checkedBack: true }
  }
  const changed = step.phase.kind === 'acted' || step.phase.kind === 'acting'
  const phase = { kind: 'verified', before: preImage(step.phase), changed } as const
  return { ...times, phase, seen: event.seen }
}

/** Attempts that ended the same way, without another kind of answer between them. */
export function attemptsBefore({ trouble }: StepState, { remedy }: ErrorFacts): number {
  return trouble?.error.remedy === remedy ? trouble.attempts : 0
}

function troubleOf(
  step: StepState,
  event: Extract<StepEvent, { kind: 'attempt-failed' }>,
): Trouble {
  const { error, retryAt } = event
  const attempts = attemptsBefore(step, error) + 1
  return retryAt === undefined ? { error, attempts } : { error, attempts, retryAt }
}

function withStep(state: RunState, key: StepKey, step: StepState): RunState {
  return { ...state, steps: { ...state.steps, [key]: step } }
}

/** On the way back every step's time, wait and trouble begin anew; only how far it got is kept. */
function turnBack(state: RunState, because: string): RunState {
  const { paused: _, ...rest } = state
  const steps = Object.fromEntries(
    Object.entries(state.steps).map(([key, { phase }]) => [key, { phase }]),
  )
  return { ...rest, steps, direction: 'back', rollbackBecause: because }
}

type Requested = Extract<JournalEntry['event'], { kind: 'requested' }>

function applyRequest(state: RunState, event: Requested, at: EpochMs): RunState {
  switch (event.verb) {
    case 'pause':
      return { ...state, paused: { by: event.by } }
    case 'hold':
      return { ...state, paused: { by: event.by, until: event.holdUntil ?? at } }
    case 'resume': {
      const { paused: _, ...rest } = state
      return { ...rest, attendedSince: at }
    }
    case 'retry':
      return event.step === undefined
        ? state
        : withStep(state, event.step, cleared(stepState(state, event.step)))
    case 'skip':
      return event.step === undefined ? state : skipStep(state, event.step, at)
    case 'rollback':
    case 'cancel':
      // What follows from them is an entry of its own: rollback-started, ended.
      return state
  }
}

function cleared({ phase, startedAt }: StepState): StepState {
  return startedAt === undefined ? { phase } : { phase, startedAt }
}

function skipStep(state: RunState, key: StepKey, at: EpochMs): RunState {
  const step = stepState(state, key)
  if (state.direction === 'back') {
    return withStep(state, key, {
      phase: { kind: 'back' },
      checkedBack: true,
      skippedBack: true,
    })
  }
  const phase = {
    kind: 'skipped',
    before: preImage(step.phase),
    changed: mayHaveChanged(step),
  } as const
  return withStep(state, key, { phase, endedAt: at })
}
