import { type EpochMs, epochMs } from '../../kernel/units.ts'

/**
 * Share of one second's budget that may be caught up after a timer was late: half of the 5 % by which a second may
 * have more than the budget. The other half is for the way, where requests catch up with each other.
 */
const catchUp = 0.025

/**
 * When the next request may leave, after one has left at `now` whose turn was at `turn`.
 *
 * Turns are 1 / rate apart, and time that nobody used is lost, but for 2.5 % of one second's budget (whole requests, so
 * none below 40/s): timers are late by a millisecond or two, and each would cost its share of the rate. So no second,
 * wherever it begins, has more than the budget and those 2.5 %.
 *
 * @param rate requests a second, above 0
 */
export function nextTurn(turn: EpochMs, now: EpochMs, rate: number): EpochMs {
  const between = 1000 / rate
  const slack = Math.floor(rate * catchUp) * between
  return epochMs(Math.max(turn, now - slack) + between)
}
