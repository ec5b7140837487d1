import type { WireClock } from '../../kernel/clock.ts'
import { type Milliseconds, ms } from '../../kernel/units.ts'

/** The three values that every SIP timer is made of (RFC 3261 §17, table 4). */
export interface SipTimers {
  /** Round-trip estimate. */
  readonly t1: Milliseconds
  /** Longest pause between retransmissions. */
  readonly t2: Milliseconds
  /** How long a message may stay in the network. */
  readonly t4: Milliseconds
  /** Timer D on UDP: longer than the far side retransmits its final response. */
  readonly d: Milliseconds
}

export const rfcTimers: SipTimers = { t1: ms(500), t2: ms(4000), t4: ms(5000), d: ms(32_000) }

/** Timers B, F, H, J, L, M: when a transaction gives up or has forgotten. */
export const transactionTimeout = ({ t1 }: SipTimers) => ms(64 * t1)

/** Calls `fire` once after `after` on the wire clock; returns what cancels it. */
export function startTimer(clock: WireClock, after: Milliseconds, fire: () => void): () => void {
  const cancelled = new AbortController()
  // A timer that was due and is cancelled before its turn must not fire: the state has moved on.
  const due = () => cancelled.signal.aborted || fire()
  const ended = () => undefined
  void clock.sleep(after, cancelled.signal).then(due, ended)
  return () => cancelled.abort()
}
