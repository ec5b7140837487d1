import { setTimeout as delay } from 'node:timers/promises'
import type { WireClock, WorldClock } from '../kernel/clock.ts'
import { epochMs, type Milliseconds } from '../kernel/units.ts'

const now = () => epochMs(Date.now())

/** Longest that one timer of the runtime can wait; longer sleeps are several of them. */
const longestTimer = 2_147_483_647

async function sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void> {
  const until = Date.now() + duration
  for (let left = duration as number; left > 0; left = until - Date.now()) {
    // Clocks reject with the signal's reason, not with Node's AbortError around it.
    await delay(Math.min(left, longestTimer), undefined, { signal }).catch((error: unknown) => {
      signal?.throwIfAborted()
      throw error
    })
  }
  signal?.throwIfAborted()
}

/** The system's time, as calendars and people wait for it. */
export const systemWorldClock: WorldClock = { kind: 'world', now, sleep }

/** The system's time, as sockets wait for it. */
export const systemWireClock: WireClock = { kind: 'wire', now, sleep }
