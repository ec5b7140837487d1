import { setTimeout as realSleep } from 'node:timers/promises'
import type { WireClock } from '../kernel/clock.ts'
import { epochMs, type Milliseconds } from '../kernel/units.ts'
import { type Driven, playEvents } from './sleepers.ts'

/** How often a live world is moved, wall time. */
const tickMs = 10
/** Ticks without a sign of work before a jump: what a woken product needs to come back to its next wait. */
const quietTicks = 5
/** World events per tick of a jump: a few milliseconds, so that sockets stay served. */
const eventsPerTick = 1000

/** The system's own time: nothing on a socket is ever scaled. */
export const realWireClock: WireClock = {
  kind: 'wire',
  now: () => epochMs(Date.now()),
  async sleep(duration, signal) {
    signal?.throwIfAborted()
    try {
      await realSleep(duration, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      // Clocks reject with the signal's reason, not with Node's AbortError around it.
      signal?.throwIfAborted()
      throw error
    }
  },
}

interface LiveDriven extends Driven {
  readonly rate: number
  readonly longSleep: Milliseconds
}

/** Runs the world at `rate`, at 1× while a socket is busy, and event by event through the product's long waits. */
export function driveLive(driven: LiveDriven): () => void {
  const { time, sleepers, isBusy, rate, longSleep } = driven
  let last = performance.now()
  let quiet = 0
  let seen = sleepers.changes()

  const tick = () => {
    const now = performance.now()
    const elapsed = now - last
    last = now
    const isQuiet = !isBusy() && sleepers.changes() === seen
    seen = sleepers.changes()
    quiet = isQuiet ? quiet + 1 : 0
    const wake = sleepers.nextWake()
    if (quiet > quietTicks && wake !== undefined && wake - time.now() > longSleep) {
      playEvents(driven, wake, eventsPerTick)
      return
    }
    const until = epochMs(time.now() + elapsed * (isBusy() ? 1 : rate))
    playEvents(driven, until, Number.POSITIVE_INFINITY)
  }
  const interval = setInterval(tick, tickMs)
  return () => clearInterval(interval)
}
