import type { StepKey } from '../kernel/ids.ts'
import type { EpochMs } from '../kernel/units.ts'
import type { Outcome } from './run-event.ts'
import type { Guard, PlannedStep } from './runbook.ts'
import type { AnyStep, Direction, Hold } from './step.ts'

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
  /** Whether what a step did, or undid, is still so. `ours`: what is found otherwise may be a late write of this run. */
  | {
      readonly kind: 'look-again'
      readonly step: PlannedStep
      readonly before: unknown
      readonly ours: boolean
    }
  | { readonly kind: 'read-back' }
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

/** A look at something that is done: when it was tried last, and when it was last found as it should be. World time. */
export interface Look {
  readonly at: EpochMs
  readonly seenAt?: EpochMs
}

/** What the decision may rest on beside the journal. Losing it costs a look too early, nothing else. */
export interface Surroundings {
  readonly now: EpochMs
  /** World time before which a step or guard need not be looked at again. */
  readonly notBefore: ReadonlyMap<StepKey, EpochMs>
  /** When what is done was looked at again. */
  readonly looks: ReadonlyMap<StepKey, Look>
  readonly typeOf: (planned: PlannedStep) => AnyStep['type']
  /** What a change is about; undefined where it can't be looked at again. */
  readonly thingOf: (planned: PlannedStep) => string | undefined
  /** How long `not-yet` may last, and what then, where the step says so itself. */
  readonly patienceOf: (planned: PlannedStep) => Hold | undefined
}
