import type { EpochMs, Milliseconds } from './units.ts'

export interface Clock {
  now(): EpochMs
  /** Resolves after `duration`, or rejects with the signal's reason once it is aborted. */
  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void>
}

/**
 * Time as people and calendars wait for it: TTLs, soak, windows, hold timers, arrivals.
 *
 * The lab may run it fast, or let it jump; so nothing on a socket is ever timed by it.
 */
export interface WorldClock extends Clock {
  readonly kind: 'world'
  /**
   * Says that a person is awaited until the signal: whoever makes this clock jump must leave them their time.
   * A clock that can't jump need not be told.
   */
  readonly personAwaited?: (until: AbortSignal) => void
}

/** Time as a socket waits for it: protocol timers, request timeouts, round trips, leases. Never scaled. */
export interface WireClock extends Clock {
  readonly kind: 'wire'
}
