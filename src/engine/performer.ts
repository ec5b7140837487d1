import type { EpochMs } from '../kernel/units.ts'
import type { Direction, GuardView, StepContext } from './step.ts'
import type { StepList } from './step-list.ts'

/** What a command is performed with. */
export interface Performer {
  readonly steps: StepList
  /** Makes the context of one call into a step. */
  readonly contextFor: (
    startedAt: EpochMs,
    direction: Direction,
    guards?: readonly GuardView[],
  ) => StepContext<unknown>
}
