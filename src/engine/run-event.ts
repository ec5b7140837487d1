import type { Epoch } from '../kernel/authority.ts'
import type { ErrorFacts } from '../kernel/errors.ts'
import type { RunId, StepKey } from '../kernel/ids.ts'
import type { EpochMs } from '../kernel/units.ts'
import type { Runbook } from './runbook.ts'
import type { Direction, Hold, Trace, Verification } from './step.ts'

/** What an operator can ask of a run, at any moment, from any terminal. */
export const verbs = [
  'pause',
  'resume',
  'hold',
  'retry',
  'confirm',
  'skip',
  'rollback',
  'cancel',
] as const
export type Verb = (typeof verbs)[number]

export const outcomes = ['done', 'back', 'cancelled'] as const
/** `done`: the whole runbook is verified; `back`: everything is undone; `cancelled`: it stands where it was left. */
export type Outcome = (typeof outcomes)[number]

/**
 * What can happen to a run. The journal is the list of these; a run's state is their fold.
 *
 * A forward change: observed → way-back → acting → acted → verified. A check: verified alone.
 * On the way back a change: undoing → undone → undo-verified. `waiting`, `held` and `attempt-failed`
 * may stand between any two; after `slipped` a verified change is done, or undone, again.
 */
export type RunEvent =
  | { readonly kind: 'run-created'; readonly runbook: Runbook; readonly by: string }
  | { readonly kind: 'runner-took-over'; readonly holder: string; readonly fencing: number }
  /** Nobody had the run, and nobody had vanished with it, though it wanted to be looked at from `since` on. World time. */
  | { readonly kind: 'runner-came'; readonly holder: string; readonly since: EpochMs }
  /** The run is taken up in another history of the database than its last entry was written in. */
  | { readonly kind: 'database-promoted'; readonly from: string; readonly to: string }
  /** What the world shows beyond the journal after that; with nothing in it the run goes on by itself, else it holds. */
  | {
      readonly kind: 'read-back'
      /** Changes that were read. */
      readonly looked: number
      /** Made, and the journal knows nothing of it. */
      readonly lost: readonly {
        readonly step: StepKey
        readonly trace: Trace
        /** As it was read, now. */
        readonly now: unknown
        readonly done: boolean
        /** A later step of the same thing was made since, so that nothing of this one is to be seen. */
        readonly replaced?: true
      }[]
      /** Undone, and the journal calls them verified. */
      readonly undone: readonly {
        readonly step: StepKey
        readonly trace: Trace
        readonly now: unknown
      }[]
      /** On the way back only, which waits for nobody: what could not be read. */
      readonly unread?: readonly { readonly step: StepKey; readonly because: string }[]
    }
  | { readonly kind: 'read-back-failed'; readonly step: StepKey; readonly error: ErrorFacts }
  | {
      readonly kind: 'observed'
      readonly step: StepKey
      readonly before: unknown
      readonly done: boolean
    }
  | { readonly kind: 'way-back'; readonly step: StepKey; readonly inverse: string }
  | { readonly kind: 'acting'; readonly step: StepKey; readonly epoch: Epoch }
  | { readonly kind: 'acted'; readonly step: StepKey }
  /** A check that was verified before a gap is asked again: the change that it guards is yet to come. */
  | { readonly kind: 'reopened'; readonly step: StepKey }
  | {
      readonly kind: 'verified'
      readonly step: StepKey
      readonly direction: Direction
      readonly seen: string
    }
  | {
      readonly kind: 'waiting'
      readonly step: StepKey
      readonly because: string
      /** What the next look is to be given, in whichever process it is made. */
      readonly remember?: unknown
    }
  | {
      readonly kind: 'held'
      readonly step: StepKey
      readonly because: string
      readonly hold: Hold
      readonly until: EpochMs
      /** Of a step by hand: what confirms it when it is typed. */
      readonly expects?: string
    }
  /** The step could not be asked, or said no. Without `retryAt` it must not be repeated: a `held` follows. */
  | {
      readonly kind: 'attempt-failed'
      readonly step: StepKey
      readonly error: ErrorFacts
      readonly retryAt?: EpochMs
    }
  | { readonly kind: 'undoing'; readonly step: StepKey; readonly epoch: Epoch }
  | { readonly kind: 'undone'; readonly step: StepKey }
  | { readonly kind: 'undo-verified'; readonly step: StepKey; readonly seen: string }
  /**
   * What was verified, or undone, is found otherwise (X7). `ours`: a write of this run that was under way
   * may have come late, so it is repaired; else somebody changed it, and an `attempt-failed` that asks follows.
   */
  | {
      readonly kind: 'slipped'
      readonly step: StepKey
      readonly found: string
      readonly ours: boolean
      readonly epoch: Epoch
    }
  /** Written when a guard's verdict changes, and now and then while it has no good answer; looks that say the same again are not. */
  | {
      readonly kind: 'guard-looked'
      readonly guard: StepKey
      readonly verdict: Verification['kind']
      readonly seen: string
    }
  | { readonly kind: 'rollback-started'; readonly because: string; readonly by: string }
  | {
      readonly kind: 'requested'
      readonly verb: Verb
      readonly by: string
      readonly reason?: string
      readonly accepted: boolean
      readonly because: string
      readonly secondPerson?: string
      /** Of `hold`: when the run goes back if nobody has resumed it. World time. */
      readonly holdUntil?: EpochMs
      readonly step?: StepKey
      /** Of `confirm`: what was typed. */
      readonly typed?: string
      /** Of `retry`: nothing was written yet, so what was read before is forgotten and read anew. */
      readonly anew?: true
      /** Number of the last entry that whoever asked had seen. */
      readonly asOf?: number
      /** Id of the request that this answers: who asked finds their own answer by it. */
      readonly request?: string
    }
  | { readonly kind: 'ended'; readonly outcome: Outcome; readonly summary: string }

/** One record of the flight recorder: chained to the one before by its hash (X15). */
export interface JournalEntry {
  readonly run: RunId
  /** 1, 2, 3 … without gaps. */
  readonly seq: number
  /** World time. */
  readonly at: EpochMs
  readonly event: RunEvent
  /** SHA-256, hex, of the entry before; 64 zeros before the first. */
  readonly previousHash: string
  /** SHA-256, hex, over the canonical JSON of the other fields. */
  readonly hash: string
}
