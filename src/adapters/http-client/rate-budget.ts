import type { Clock } from '../../kernel/clock.ts'
import { type EpochMs, epochMs, type Milliseconds, ms } from '../../kernel/units.ts'

const minute = 60_000
/** Of a minute's allowance, what may leave at once; the rest is spread, so that no minute exceeds it. */
const burstShare = 0.2

/** Keeps our own calls under what a platform allows per minute, and heeds what its answers say is left. */
export interface RateBudget {
  /** How long the next call has to wait; 0 when it may leave, and then it counts. */
  take(): Milliseconds
  /** The platform says how much of its window is used: once it is, nothing leaves until `resetIn`. */
  learn(used: { readonly count: number; readonly allowed: number; readonly resetIn: number }): void
  /** The platform refused; nothing leaves before this instant. */
  holdUntil(instant: EpochMs): void
}

export function createRateBudget(clock: Clock, perMinute: number): RateBudget {
  const burst = Math.max(1, Math.floor(perMinute * burstShare))
  const perMs = Math.max(perMinute - burst, 1) / minute
  let left = burst
  let filledAt = clock.now()
  let closedUntil = epochMs(0)

  return {
    take() {
      const now = clock.now()
      if (now < closedUntil) return ms(closedUntil - now)
      left = Math.min(burst, left + (now - filledAt) * perMs)
      filledAt = now
      if (left < 1) return ms(Math.ceil((1 - left) / perMs))
      left -= 1
      return ms(0)
    },
    learn({ count, allowed, resetIn }) {
      if (count >= allowed)
        closedUntil = epochMs(Math.max(closedUntil, clock.now() + resetIn * 1000))
    },
    holdUntil(instant) {
      closedUntil = epochMs(Math.max(closedUntil, instant))
    },
  }
}
