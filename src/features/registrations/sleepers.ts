import type { WireClock } from '../../kernel/clock.ts'
import type { Milliseconds } from '../../kernel/units.ts'

/**
 * A sleep for thousands at once that ends with one signal; it rejects then as `clock.sleep` does.
 *
 * A signal looks through all its listeners for each that comes or goes, so that each sleeper gets one of its own.
 */
export function createSleepers(
  clock: WireClock,
  over: AbortSignal,
): (duration: Milliseconds) => Promise<void> {
  const sleepers = new Set<AbortController>()
  const wakeAll = () => {
    for (const sleeper of sleepers) sleeper.abort(over.reason)
  }
  over.addEventListener('abort', wakeAll, { once: true })
  return async (duration) => {
    over.throwIfAborted()
    const sleeper = new AbortController()
    sleepers.add(sleeper)
    try {
      await clock.sleep(duration, sleeper.signal)
    } finally {
      sleepers.delete(sleeper)
    }
  }
}
