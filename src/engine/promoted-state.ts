import type { ErrorFacts } from '../kernel/errors.ts'
import type { StepKey } from '../kernel/ids.ts'
import type { EpochMs } from '../kernel/units.ts'
import type { RunEvent } from './run-event.ts'
import type { RunState } from './run-state.ts'
import type { Direction } from './step.ts'
import { type StepPhase, type StepState, untouched } from './step-state.ts'

/** The database was promoted, and nobody has yet said, or seen, what became of the last commits. */
export interface ReadBack {
  readonly from: string
  readonly to: string
  /** Which way the run went when it was promoted. */
  readonly direction: Direction
  /** Absent until everything was read. With it the run holds, for a person. */
  readonly found?: Found
  /** Why it can't be read yet. */
  readonly failed?: {
    readonly step: StepKey
    readonly error: ErrorFacts
    readonly notedAt: EpochMs
  }
}

export type Found = Pick<Extract<RunEvent, { kind: 'read-back' }>, 'lost' | 'undone'>

type PromotionEvent = Extract<
  RunEvent,
  { kind: 'database-promoted' | 'read-back' | 'read-back-failed' }
>

export function applyPromotion(state: RunState, event: PromotionEvent, at: EpochMs): RunState {
  if (event.kind === 'read-back') return applyReadBack(state, event)
  const { readBack } = state
  if (event.kind === 'database-promoted') {
    const { from, to } = event
    const direction = readBack?.direction ?? state.direction
    return { ...state, attendedSince: at, readBack: { from, to, direction } }
  }
  if (readBack === undefined) return state
  const failed = { step: event.step, error: event.error, notedAt: at }
  return { ...state, readBack: { ...readBack, failed } }
}

function applyReadBack(
  state: RunState,
  { lost, undone, unread = [] }: Extract<RunEvent, { kind: 'read-back' }>,
): RunState {
  const { readBack, ...rest } = state
  if (readBack === undefined) return state
  const open = unread.map(({ step }) => step)
  // Nobody waits for an answer on the way back: it was asked for, and takes back what can be taken back.
  if (state.direction === 'back') return withFound({ ...rest, notReadBack: open }, lost)
  if (lost.length === 0 && undone.length === 0) return rest
  const { from, to, direction } = readBack
  return { ...rest, readBack: { from, to, direction, found: { lost, undone } } }
}

/** `resume`: what the lost commits made is taken as it was found, what they undid is done again. */
export function resumeAsFound(state: RunState): RunState {
  const { readBack, ...rest } = state
  if (readBack?.found === undefined) return state
  const { lost, undone } = readBack.found
  return doAgain(
    withFound(rest, lost),
    undone.map(({ step }) => step),
  )
}

/** Before it turns back: what the lost commits made is a change of this run too. */
export function turnBackAsFound(state: RunState): RunState {
  const { readBack, ...rest } = state
  return readBack?.found === undefined ? state : withFound(rest, readBack.found.lost)
}

function withFound(state: RunState, lost: Found['lost']): RunState {
  if (lost.length === 0) return state
  const { takenAsFound = [], preImagesLost = [] } = state
  const steps = { ...state.steps }
  for (const one of lost) steps[one.step] = { phase: phaseAsFound(of(state, one.step), one) }
  const withoutImage = lost.filter(
    ({ step, trace }) => trace !== 'unreadable' && !('before' in of(state, step).phase),
  )
  return {
    ...state,
    steps,
    takenAsFound: [...takenAsFound, ...lost.map(({ step }) => step)],
    preImagesLost: [...preImagesLost, ...withoutImage.map(({ step }) => step)],
  }
}

/**
 * Ours, as far as anybody can know: with the pre-image that the journal has it is acted once more, which
 * changes nothing, and can be taken back. Without one it is verified, or finished, from where it is.
 */
function phaseAsFound({ phase }: StepState, { now, done }: Found['lost'][number]): StepPhase {
  if ('before' in phase) return { kind: 'acting', before: phase.before }
  return { kind: done ? 'acted' : 'acting', before: now }
}

/** Undone changes are made again, from the pre-image that the journal has; what was checked since then is asked anew. */
function doAgain(state: RunState, undone: readonly StepKey[]): RunState {
  const first = state.runbook.steps.findIndex(({ key }) => undone.includes(key))
  if (first < 0) return state
  const steps = { ...state.steps }
  for (const { key } of state.runbook.steps.slice(first)) {
    const { phase } = of(state, key)
    if (undone.includes(key) && 'before' in phase)
      steps[key] = { phase: { kind: 'observed', before: phase.before, done: false } }
    else if (isVerifiedCheck(phase)) steps[key] = untouched
  }
  return { ...state, steps }
}

/** Nothing was ever observed of it: the fold knows no definitions. */
function isVerifiedCheck(phase: StepPhase): boolean {
  return phase.kind === 'verified' && phase.before === undefined
}

function of(state: RunState, key: StepKey): StepState {
  return state.steps[key] ?? untouched
}
