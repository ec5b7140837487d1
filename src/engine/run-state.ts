import type { RunId, StepKey } from '../kernel/ids.ts'
import { invariant } from '../kernel/invariant.ts'
import { type EpochMs, epochMs, later } from '../kernel/units.ts'
import type { JournalHead } from './journal.ts'
import { applyPromotion, type Promotion, resumeAsFound, turnBackAsFound } from './promoted-state.ts'
import type { JournalEntry, Outcome } from './run-event.ts'
import type { Runbook } from './runbook.ts'
import type { Direction, Verification } from './step.ts'
import {
  applyStepEvent,
  cleared,
  mayHaveChanged,
  type Place,
  preImage,
  retried,
  type StepEvent,
  type StepState,
  untouched,
} from './step-state.ts'

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
  /** World time of the last entry. */
  readonly lastAt: EpochMs
  readonly runbook: Runbook
  readonly createdAt: EpochMs
  readonly by: string
  readonly direction: Direction
  /** World time since which somebody is at work on it: before, its steps were not looked at. */
  readonly attendedSince: EpochMs
  /** World time since which a write of this run, of a holder that vanished or of a request without answer, may still come late. */
  readonly unsettledSince?: EpochMs
  readonly rollbackBecause?: string
  /** Number of the entry since which it goes back. */
  readonly turnedAt?: number
  readonly steps: Readonly<Record<StepKey, StepState>>
  readonly guards: Readonly<Record<StepKey, GuardState>>
  /** An operator stopped it before its next step. */
  readonly paused?: { readonly by: string; readonly until?: EpochMs }
  readonly outcome?: Outcome
  /** Its last entries may be lost, or were. */
  readonly promotion?: Promotion
}

export function stepState(state: RunState, key: StepKey): StepState {
  return state.steps[key] ?? untouched
}

/** The state that a journal stands for. The same journal gives the same state, on every machine. */
export function foldJournal(entries: readonly JournalEntry[]): RunState {
  const [first, ...rest] = entries
  invariant(first?.event.kind === 'run-created', 'a journal begins with run-created')
  const { runbook, by } = first.event
  const created: RunState = {
    run: first.run,
    head: { run: first.run, seq: first.seq, hash: first.hash },
    lastAt: first.at,
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
  return { ...applyEvent(state, entry), head, lastAt: entry.at }
}

function applyEvent(state: RunState, entry: JournalEntry): RunState {
  const { event, at } = entry
  switch (event.kind) {
    case 'run-created':
      return state
    case 'runner-took-over':
      return { ...state, attendedSince: at, unsettledSince: at }
    case 'runner-came':
      return { ...state, attendedSince: at }
    case 'database-promoted':
      return {
        ...state,
        ...applyPromotion(state, event, at),
        attendedSince: at,
        unsettledSince: at,
      }
    case 'read-back':
    case 'read-back-failed':
      return { ...state, ...applyPromotion(state, event, at) }
    case 'guard-looked': {
      const { guard, verdict, seen } = event
      return { ...state, guards: { ...state.guards, [guard]: { verdict, seen, notedAt: at } } }
    }
    case 'rollback-started':
      return turnBack({ ...state, ...turnBackAsFound(state) }, event.because, entry.seq)
    case 'requested':
      return event.accepted ? applyRequest(state, event, at) : state
    case 'ended':
      return { ...state, outcome: event.outcome }
    case 'slipped':
      return takeStepEvent(event.ours ? askedAnew(state) : state, event, entry)
    case 'attempt-failed':
      return takeStepEvent(
        isUnsettling(state, event) ? { ...state, unsettledSince: at } : state,
        event,
        entry,
      )
    default:
      return takeStepEvent(state, event, entry)
  }
}

/** What other steps collided with may have been the same late write. */
function askedAnew(state: RunState): RunState {
  const steps = Object.entries(state.steps).map(([key, step]) => {
    const { trouble } = step
    const isStopped = trouble !== undefined && trouble.retryAt === undefined
    return [key, isStopped ? cleared(step) : step]
  })
  return { ...state, steps: Object.fromEntries(steps) }
}

function takeStepEvent(state: RunState, event: StepEvent, entry: Place): RunState {
  return withStep(state, event.step, applyStepEvent(stepState(state, event.step), event, entry))
}

/** A write that ended without an answer may have arrived, or be on its way yet; one that was refused, or not yet made, is not. */
function isUnsettling(
  state: RunState,
  { step, error }: Extract<StepEvent, { kind: 'attempt-failed' }>,
): boolean {
  const { kind } = stepState(state, step).phase
  return (kind === 'acting' || kind === 'undoing') && error.remedy === 'retry'
}

/**
 * When a hold runs out. Its time counts while somebody is at work on the run, as patience does: a process
 * that comes after a gap gives people the whole of it before it takes the second exit.
 */
export function endOfHold(
  { attendedSince }: RunState,
  { until, hold }: Pick<NonNullable<StepState['held']>, 'until' | 'hold'>,
): EpochMs {
  return epochMs(Math.max(until, later(attendedSince, hold.longest)))
}

function withStep(state: RunState, key: StepKey, step: StepState): RunState {
  return { ...state, steps: { ...state.steps, [key]: step } }
}

/** On the way back every step's time, wait and trouble begin anew; only how far it got is kept. */
function turnBack(state: RunState, because: string, turnedAt: number): RunState {
  const { paused: _, ...rest } = state
  const steps = Object.fromEntries(
    Object.entries(state.steps).map(([key, { phase }]) => [key, { phase }]),
  )
  return { ...rest, steps, direction: 'back', rollbackBecause: because, turnedAt }
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
      return { ...rest, ...resumeAsFound(rest), attendedSince: at }
    }
    case 'retry':
      return event.step === undefined
        ? state
        : withStep(state, event.step, retried(stepState(state, event.step), event.anew === true))
    case 'confirm':
      return event.step === undefined ? state : confirmStep(state, event.step, event.by, at)
    case 'skip':
      return event.step === undefined ? state : skipStep(state, event.step, at)
    case 'rollback':
    case 'cancel':
      // What follows from them is an entry of its own: rollback-started, ended.
      return state
  }
}

/** Its next look is given this; the hold that asked for it is over. */
function confirmStep(state: RunState, key: StepKey, by: string, at: EpochMs): RunState {
  return withStep(state, key, { ...cleared(stepState(state, key)), confirmed: { by, at } })
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
  return withStep(state, key, { phase, endedAt: step.endedAt ?? at })
}
