import type { EpochMs } from '../kernel/units.ts'
import type { Direction, StepContext } from './step.ts'
import type { StepList } from './step-list.ts'

/** What a command is performed with. */
export interface Performer {
  readonly steps: StepList
  /** Makes the context of one call into a step. */
  readonly contextFor: (
    startedAt: EpochMs,
    direction: Direction,
    known?: Known,
  ) => StepContext<unknown>
}

/** What the journal holds for a step's next look. */
export type Known = Pick<StepContext<unknown>, 'remembered' | 'lastError' | 'confirmed' | 'guards'>
