import type { StepKey } from '../kernel/ids.ts'
import { type EpochMs, later, ms } from '../kernel/units.ts'
import type { RunEvent } from './run-event.ts'
import type { StepState } from './step-state.ts'

/** What performing a command brought: entries for the journal, and when to look again. */
export interface Performed {
  readonly events: readonly RunEvent[]
  readonly lookAgain?: { readonly key: StepKey; readonly at: EpochMs }
  /** Something that is done was looked at again. */
  readonly looked?: { readonly key: StepKey; readonly at: EpochMs; readonly asItWas: boolean }
}

/** Who can't say when to look again is looked at every 10 s. World time. */
export const usualPause = ms(10_000)

const notedAgainAfter = ms(5 * 60_000)

export function one(event: RunEvent): Performed {
  return { events: [event] }
}

/** Whether the journal said lately why the step is not done: 72 h of looks must not be thousands of rows. */
export function isNoted({ notedAt }: Pick<StepState, 'notedAt'>, now: EpochMs): boolean {
  return notedAt !== undefined && now < later(notedAt, notedAgainAfter)
}
