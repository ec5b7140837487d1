import type { ErrorFacts } from '../kernel/errors.ts'
import type { StepKey } from '../kernel/ids.ts'
import type { EpochMs } from '../kernel/units.ts'
import type { RunEvent } from './run-event.ts'
import type { Runbook } from './runbook.ts'
import type { Direction } from './step.ts'
import { isVerifiedCheck, type StepPhase, type StepState, untouched } from './step-state.ts'

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

/** What a run's state keeps since its database was promoted. */
export interface Promotion {
  /** Until it was read back, and a person has judged what was found. */
  readonly readBack?: ReadBack
  /** Made by commits that are lost, and taken as it was found. */
  readonly takenAsFound: readonly StepKey[]
  /** Of those, the ones whose pre-image is lost with them: a person puts them back. */
  readonly preImagesLost: readonly StepKey[]
  /** On the way back, what could not be read. */
  readonly notReadBack: readonly StepKey[]
}

/** As much of a run's state as this is about. */
interface Promoted {
  readonly direction: Direction
  readonly runbook: Runbook
  readonly steps: Readonly<Record<StepKey, StepState>>
  readonly promotion?: Promotion
}

type Changed = Pick<Promoted, 'steps' | 'promotion'>

type PromotionEvent = Extract<
  RunEvent,
  { kind: 'database-promoted' | 'read-back' | 'read-back-failed' }
>

const none: Promotion = { takenAsFound: [], preImagesLost: [], notReadBack: [] }

export function applyPromotion(state: Promoted, event: PromotionEvent, at: EpochMs): Changed {
  const { steps, promotion = none } = state
  const { readBack } = promotion
  if (event.kind === 'read-back') return applyReadBack(state, event, at)
  if (event.kind === 'database-promoted') {
    const { from, to } = event
    const direction = readBack?.direction ?? state.direction
    return { steps, promotion: { ...promotion, readBack: { from, to, direction } } }
  }
  if (readBack === undefined) return { steps, promotion }
  const failed = { step: event.step, error: event.error, notedAt: at }
  return { steps, promotion: { ...promotion, readBack: { ...readBack, failed } } }
}

function applyReadBack(
  { steps, direction, promotion = none }: Promoted,
  { lost, undone, unread = [] }: Extract<RunEvent, { kind: 'read-back' }>,
  at: EpochMs,
): Changed {
  const { readBack, ...rest } = promotion
  // Nobody waits for an answer on the way back: it was asked for, and takes back what can be taken back.
  if (direction === 'back') {
    const notReadBack = unread.map(({ step }) => step)
    return withFound({ steps, promotion: { ...rest, notReadBack } }, lost)
  }
  if (readBack === undefined || (lost.length === 0 && undone.length === 0))
    return { steps, promotion: rest }
  const { from, to } = readBack
  const holding = { from, to, direction: readBack.direction, found: { lost, undone } }
  return { steps: begunBy(steps, lost, at), promotion: { ...rest, readBack: holding } }
}

/** Guards watch what lost commits have begun from now on, whatever a person makes of it. */
function begunBy(before: Promoted['steps'], lost: Found['lost'], at: EpochMs): Promoted['steps'] {
  const steps = { ...before }
  for (const { step } of lost) steps[step] = { ...of(before, step), begunAt: at }
  return steps
}

/** `resume`: what the lost commits made is taken as it was found, what they undid is done again. */
export function resumeAsFound({ steps, runbook, promotion }: Promoted): Partial<Changed> {
  const { readBack, ...rest } = promotion ?? none
  if (readBack?.found === undefined) return {}
  const { lost, undone } = readBack.found
  const found = withFound({ steps, promotion: rest }, lost)
  const again = undone.map(({ step }) => step)
  return { ...found, steps: doAgain(found.steps, runbook, again) }
}

/** Before it turns back: what the lost commits made is a change of this run too. */
export function turnBackAsFound({ steps, promotion }: Promoted): Partial<Changed> {
  const { readBack, ...rest } = promotion ?? none
  if (readBack?.found === undefined) return {}
  return withFound({ steps, promotion: rest }, readBack.found.lost)
}

function withFound(
  { steps: before, promotion = none }: Changed,
  lost: Found['lost'],
): Required<Changed> {
  const steps = { ...before }
  for (const one of lost) {
    const { begunAt } = of(before, one.step)
    const phase = phaseAsFound(of(before, one.step), one)
    steps[one.step] = begunAt === undefined ? { phase } : { phase, begunAt }
  }
  const withoutImage = lost.filter(
    ({ step, trace }) => trace !== 'unreadable' && !('before' in of(before, step).phase),
  )
  const keys = (those: Found['lost']) => those.map(({ step }) => step)
  return {
    steps,
    promotion: {
      ...promotion,
      takenAsFound: [...promotion.takenAsFound, ...keys(lost)],
      preImagesLost: [...promotion.preImagesLost, ...keys(withoutImage)],
    },
  }
}

/**
 * Ours, as far as anybody can know: with the pre-image that the journal has it is acted once more, which
 * changes nothing, and can be taken back. Without one it is verified, or finished, from where it is.
 */
function phaseAsFound(
  { phase }: StepState,
  { now, done, replaced }: Found['lost'][number],
): StepPhase {
  // A later step has changed the same thing since: acting once more would undo that one.
  if (replaced === true)
    return { kind: 'verified', before: 'before' in phase ? phase.before : now, changed: true }
  if ('before' in phase) return { kind: 'acting', before: phase.before }
  return { kind: done ? 'acted' : 'acting', before: now }
}

/** Undone changes are made again, from the pre-image that the journal has; what was checked since then is asked anew. */
function doAgain(
  before: Promoted['steps'],
  runbook: Runbook,
  undone: readonly StepKey[],
): Promoted['steps'] {
  const first = runbook.steps.findIndex(({ key }) => undone.includes(key))
  if (first < 0) return before
  const steps = { ...before }
  for (const { key } of runbook.steps.slice(first)) {
    const { phase } = of(before, key)
    if (undone.includes(key) && 'before' in phase)
      steps[key] = { phase: { kind: 'observed', before: phase.before, done: false } }
    else if (isVerifiedCheck(phase)) steps[key] = untouched
  }
  return steps
}

function of(steps: Promoted['steps'], key: StepKey): StepState {
  return steps[key] ?? untouched
}
