import type { Clock } from '../../kernel/clock.ts'
import { type EpochMs, epochMs, type Milliseconds, ms } from '../../kernel/units.ts'

const minute = 60_000
/** Of a minute's allowance, what may leave at once when nobody says how much is used; the rest is spread. */
const burstShare = 0.2
/** What is kept back of a window that the platform tells us of, and spread over its rest: a way back may need it. */
const reserveShare = 0.2

/** Keeps our own calls under what a platform allows per minute, and heeds what its answers say is left. */
export interface RateBudget {
  /** How long the next call has to wait; 0 when it may leave, and then it counts. */
  take(): Milliseconds
  /** The platform says how much of its window is used, and in how many seconds the next begins. */
  learn(used: { readonly count: number; readonly allowed: number; readonly resetIn: number }): void
  /** The platform refused; nothing leaves before this instant. */
  holdUntil(instant: EpochMs): void
}

interface Window {
  readonly allowed: number
  readonly ends: EpochMs
  left: number
  /** Once the reserve is reached: when the next call may leave. */
  nextAt: number
}

export function createRateBudget(clock: Clock, perMinute: number): RateBudget {
  const takeUntold = createBucket(clock, perMinute)
  let window: Window | undefined
  let closedUntil = epochMs(0)

  return {
    take() {
      const now = clock.now()
      if (now < closedUntil) return ms(closedUntil - now)
      if (window === undefined || now >= window.ends) return takeUntold()
      return takeFrom(window, now)
    },
    learn({ count, allowed, resetIn }) {
      const ends = epochMs(clock.now() + resetIn * 1000)
      window = { allowed, ends, left: allowed - count, nextAt: window?.nextAt ?? 0 }
    },
    holdUntil(instant) {
      closedUntil = epochMs(Math.max(closedUntil, instant))
    },
  }
}

function takeFrom(window: Window, now: EpochMs): Milliseconds {
  if (window.left < 1) return ms(window.ends - now)
  if (window.left <= window.allowed * reserveShare) {
    if (now < window.nextAt) return ms(window.nextAt - now)
    window.nextAt = now + (window.ends - now) / window.left
  }
  window.left -= 1
  return ms(0)
}

/** A token bucket so sized that no minute, whenever it begins, holds more than the allowance. */
function createBucket(clock: Clock, perMinute: number): () => Milliseconds {
  const burst = Math.max(1, Math.floor(perMinute * burstShare))
  const perMs = Math.max(perMinute - burst, 1) / minute
  let left = burst
  let filledAt = clock.now()
  return () => {
    const now = clock.now()
    left = Math.min(burst, left + (now - filledAt) * perMs)
    filledAt = now
    if (left < 1) return ms(Math.ceil((1 - left) / perMs))
    left -= 1
    return ms(0)
  }
}
