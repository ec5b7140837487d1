import { type EpochMs, ms } from '../kernel/units.ts'
import type { OfferedCall, Side } from './estate.ts'

/** How a call ended for its caller. `black-holed`: the caller met nobody, and no platform will say so. */
export const outcomes = [
  'completed',
  'abandoned',
  'short-abandoned',
  'failed',
  'black-holed',
] as const
export type Outcome = (typeof outcomes)[number]

export interface CallLeg {
  readonly side: Side
  readonly from: EpochMs
  to?: EpochMs
  /** `passed-on`: over the interconnect to the other side. */
  how?: Outcome | 'passed-on'
}

export interface CallEntry {
  readonly call: OfferedCall
  /** What each gateway said to the carrier, in order. */
  readonly attempts: { readonly side: Side | 'none'; readonly answer: string }[]
  readonly legs: CallLeg[]
  /** The target gave the call back to the source: the caller's bucket is outside the share. */
  returned: boolean
  /** The source had nobody left and sent the call on to the target. */
  redirected: boolean
  agent?: string
  outcome?: Outcome
  endedAt?: EpochMs
  crm?: 'written' | 'failed'
}

/** A breach of a promise that the world saw itself. */
export interface Violation {
  readonly at: EpochMs
  readonly sentence: string
}

/** A call that is up longer than this was forgotten by the world: it has no outcome, and will get none. */
export const longestCall = ms(2 * 3_600_000)
