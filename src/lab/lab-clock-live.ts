import { setImmediate as nextTurn, setTimeout as realSleep } from 'node:timers/promises'
import type { WireClock } from '../kernel/clock.ts'
import { type EpochMs, epochMs, type Milliseconds } from '../kernel/units.ts'
import { type Driven, playEvents } from './sleepers.ts'

/** How often a live world is moved, wall time. */
const tickMs = 10
/** Ticks without a sign of work before a jump: what a woken product needs to come back to its next wait. */
const quietTicks = 5
/** After a person was awaited: the product looks again and again meanwhile, and does not say it while it looks. Wall time. */
const personLingersMs = 1000
/** World events per turn of a jump: well under a millisecond, so that sockets stay served. */
const eventsPerTurn = 100

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

/** Runs the world at `rate`, at 1× while a socket is busy, and event by event through the product's long waits, unless a person is awaited. */
export function driveLive(driven: LiveDriven): () => void {
  const { time, sleepers, isBusy, rate, longSleep } = driven
  const stop = new AbortController()
  let last = performance.now()
  let quiet = 0
  let seen = sleepers.changes()
  let jumping = false
  let personUntil = 0

  const isPersonNear = (now: number) => {
    if (sleepers.isPersonAwaited()) personUntil = now + personLingersMs
    return now < personUntil
  }
  const longWait = () => {
    const wake = sleepers.nextWake()
    return wake !== undefined && wake - time.now() > longSleep ? wake : undefined
  }
  const tick = () => {
    if (jumping) return
    const now = performance.now()
    const elapsed = now - last
    last = now
    const isQuiet = !isPersonNear(now) && !isBusy() && sleepers.changes() === seen
    seen = sleepers.changes()
    quiet = isQuiet ? quiet + 1 : 0
    const wake = quiet > quietTicks ? longWait() : undefined
    if (wake === undefined) {
      const until = epochMs(time.now() + elapsed * (isBusy() ? 1 : rate))
      playEvents(driven, until, Number.POSITIVE_INFINITY)
      return
    }
    jumping = true
    void jump(driven, wake, stop.signal).finally(() => {
      jumping = false
      last = performance.now()
    })
  }
  const interval = setInterval(tick, tickMs)
  return () => {
    stop.abort()
    clearInterval(interval)
  }
}

/**
 * Goes to the product's next wait at full speed, standing still whenever something is busy: a caller's
 * look-up, a sampled call on real sockets. Ends as soon as the product is at work again.
 */
async function jump(driven: Driven, wake: EpochMs, signal: AbortSignal): Promise<void> {
  const { sleepers, isBusy } = driven
  const seen = sleepers.changes()
  const isUndisturbed = () => !signal.aborted && sleepers.changes() === seen
  while (isUndisturbed()) {
    if (playEvents(driven, wake, eventsPerTurn) === 'arrived') return
    await nextTurn()
    while (isBusy() && isUndisturbed()) await nextTurn()
  }
}
