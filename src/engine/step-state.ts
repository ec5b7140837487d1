import type { ErrorFacts } from '../kernel/errors.ts'
import type { StepKey } from '../kernel/ids.ts'
import { type EpochMs, later, type Milliseconds } from '../kernel/units.ts'
import type { JournalEntry, RunEvent } from './run-event.ts'
import type { Confirmation, Hold } from './step.ts'

/**
 * How far a step is.
 *
 *   pending → observed → ready → acting → acted → verified      a change, forward
 *   pending → verified                                          a check, forward
 *   … → undoing → undone → back                                 a change, on the way back
 *   verified → acting, back → undoing                           a change that has slipped
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
  /** Without `before` where an operator left it as it was. */
  | { readonly kind: 'back'; readonly before?: unknown }

/** Why a step does not go on: an error that waits for its retry. Without `retryAt` it must not be repeated, and the run holds. */
export interface Trouble {
  readonly error: ErrorFacts
  readonly attempts: number
  /** World time of the first error since it last got on. */
  readonly since: EpochMs
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
  readonly held?: {
    /** Number of the entry with which it began. */
    readonly seq: number
    readonly because: string
    readonly hold: Hold
    readonly until: EpochMs
    readonly expects?: string
  }
  /** The hold that a `retry` has ended: failing the same way it goes on, its time too. */
  readonly heldBefore?: { readonly until: EpochMs; readonly code?: string }
  /** What the look before asked to remember. */
  readonly remembered?: unknown
  readonly confirmed?: Confirmation
  readonly trouble?: Trouble
  /** World time at which its act was first announced, in this run. */
  readonly begunAt?: EpochMs
  /** World time at which it was first verified or skipped, in the direction the run has now. */
  readonly endedAt?: EpochMs
  /** World time at which it was last verified, going forward. */
  readonly verifiedAt?: EpochMs
  /** A check was verified on the way back. */
  readonly checkedBack?: boolean
  /** An operator left it as it is on the way back. */
  readonly skippedBack?: boolean
}

export const untouched: StepState = { phase: { kind: 'pending' } }

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

/** A change has a pre-image, if only an empty one; of a check nothing is ever observed. The fold knows no definitions. */
export function isVerifiedCheck(phase: StepPhase): boolean {
  return phase.kind === 'verified' && phase.before === undefined
}

/** The pre-image that the journal holds of a step. */
export function preImage(phase: StepPhase): unknown {
  return 'before' in phase ? phase.before : undefined
}

export type StepEvent = Exclude<
  Extract<RunEvent, { step: StepKey; kind: Exclude<string, 'requested'> }>,
  { kind: 'read-back-failed' }
>

/** Where an entry stands in its journal, and in world time. */
export type Place = Pick<JournalEntry, 'seq' | 'at'>

/** The step after one more entry about it. That it was once begun, and has once ended, stays true when it slips. */
export function applyStepEvent(step: StepState, event: StepEvent, place: Place): StepState {
  const next = nextState(step, event, place)
  const begun = event.kind === 'acting' ? { begunAt: place.at } : {}
  return { ...next, ...begun, ...onceSet(step) }
}

function onceSet({ begunAt, endedAt }: StepState): Pick<StepState, 'begunAt' | 'endedAt'> {
  return {
    ...(begunAt === undefined ? {} : { begunAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
  }
}

function nextState(step: StepState, event: StepEvent, { seq, at }: Place): StepState {
  const startedAt = step.startedAt ?? at
  const before = preImage(step.phase)
  switch (event.kind) {
    case 'observed':
      return {
        ...asRetried(step),
        startedAt,
        phase: { kind: 'observed', before: event.before, done: event.done },
      }
    case 'way-back':
      return { ...asRetried(step), startedAt, phase: { kind: 'ready', before } }
    case 'acting':
      return { ...asRetried(step), startedAt, phase: { kind: 'acting', before } }
    case 'acted':
      return { startedAt, phase: { kind: 'acted', before } }
    case 'verified':
      return applyVerified(step, event, { startedAt, endedAt: at })
    case 'reopened':
      // What it has waited for counts from its first look all the same.
      return { startedAt, phase: { kind: 'pending' } }
    case 'waiting':
      return applyWaiting(step, event, { startedAt, notedAt: at })
    case 'held':
      return {
        startedAt,
        phase: step.phase,
        held: { ...event, seq },
        notedAt: at,
        ...lasting(step),
      }
    case 'attempt-failed':
      return applyFailed(step, event, { startedAt, notedAt: at })
    case 'undoing':
      return { startedAt, phase: { kind: 'undoing', before } }
    case 'undone':
      return { startedAt, phase: { kind: 'undone', before } }
    case 'undo-verified':
      return { startedAt, phase: { kind: 'back', before }, seen: event.seen, endedAt: at }
    case 'slipped':
      // Its time begins anew: it is to be done again, as a whole.
      return {
        startedAt: at,
        phase: { kind: step.phase.kind === 'back' ? 'undoing' : 'acting', before },
      }
    default:
      return step
  }
}

function applyFailed(
  { heldBefore, ...step }: StepState,
  event: Extract<StepEvent, { kind: 'attempt-failed' }>,
  times: { readonly startedAt: EpochMs; readonly notedAt: EpochMs },
): StepState {
  const isAsBefore = heldBefore?.code === event.error.code
  const trouble = troubleOf(step, event, times.notedAt)
  return { ...step, ...times, trouble, ...(isAsBefore ? { heldBefore } : {}) }
}

function asRetried({ heldBefore }: StepState): Pick<StepState, 'heldBefore'> {
  return heldBefore === undefined ? {} : { heldBefore }
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
  return { ...times, phase, seen: event.seen, verifiedAt: times.endedAt }
}

/** A hold outlasts what is noted beside it: its timer goes on. */
function applyWaiting(
  { phase, held, confirmed }: StepState,
  { because, remember }: Extract<StepEvent, { kind: 'waiting' }>,
  times: { readonly startedAt: EpochMs; readonly notedAt: EpochMs },
): StepState {
  return {
    ...times,
    phase,
    waitingFor: because,
    ...(held === undefined ? {} : { held }),
    ...(confirmed === undefined ? {} : { confirmed }),
    ...(remember === undefined ? {} : { remembered: remember }),
  }
}

/**
 * What outlasts the beginning of a hold: what a look asked to remember, what a person confirmed, and an
 * error that must not be repeated, which only `retry` ends.
 */
function lasting(step: StepState): Pick<StepState, 'trouble' | 'remembered' | 'confirmed'> {
  const { trouble, remembered, confirmed } = step
  return {
    ...(trouble === undefined || trouble.retryAt !== undefined ? {} : { trouble }),
    ...(remembered === undefined ? {} : { remembered }),
    ...(confirmed === undefined ? {} : { confirmed }),
  }
}

/** Attempts that ended the same way, without another kind of answer between them. */
export function attemptsBefore({ trouble }: StepState, { remedy }: ErrorFacts): number {
  return trouble?.error.remedy === remedy ? trouble.attempts : 0
}

function troubleOf(
  step: StepState,
  event: Extract<StepEvent, { kind: 'attempt-failed' }>,
  at: EpochMs,
): Trouble {
  const { error, retryAt } = event
  const attempts = attemptsBefore(step, error) + 1
  const trouble = { error, attempts, since: step.trouble?.since ?? at }
  return retryAt === undefined ? trouble : { ...trouble, retryAt }
}

/**
 * Asked again by an operator; its time goes on, and so does the hold's if it fails the same way: whoever
 * retries again and again does not keep the run from its second exit.
 *
 * @param anew nothing was written, so what was read is forgotten: the world may have changed since
 */
export function retried(step: StepState, anew: boolean): StepState {
  const { held, trouble } = step
  const code = trouble?.error.code
  const before =
    held === undefined
      ? step.heldBefore
      : { until: held.until, ...(code === undefined ? {} : { code }) }
  return {
    ...cleared(step),
    ...(anew ? { phase: { kind: 'pending' } } : {}),
    ...(before === undefined ? {} : { heldBefore: before }),
  }
}

/** When a hold that begins now runs out. */
export function endOfNewHold(
  { heldBefore, trouble }: Pick<StepState, 'heldBefore' | 'trouble'>,
  longest: Milliseconds,
  now: EpochMs,
): EpochMs {
  const isAsBefore = heldBefore !== undefined && heldBefore.code === trouble?.error.code
  return isAsBefore ? heldBefore.until : later(now, longest)
}

/** Asked anew; its time goes on. */
export function cleared(step: StepState): StepState {
  const { phase, startedAt } = step
  return { phase, ...(startedAt === undefined ? {} : { startedAt }), ...onceSet(step) }
}
