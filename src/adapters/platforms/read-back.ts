import { NotTakenError } from '../../features/platform/index.ts'
import type { WriteLimits } from '../../kernel/authority.ts'
import type { WireClock } from '../../kernel/clock.ts'
import { ms } from '../../kernel/units.ts'

/** Platforms that answer a write at once may show it seconds later; 10 looks span about 12 s. */
const looks = 10
const firstWait = 50
const longestWait = 3000
const growth = 2

/**
 * Looks until what was written is seen (D10). The first look is at once.
 *
 * @param what names the change in the message
 * @throws {NotTakenError} when it is not seen within the bounded looks, or by the write's deadline
 */
export async function readBack<Seen>(
  what: string,
  options: {
    readonly read: () => Promise<Seen>
    readonly agrees: (seen: Seen) => boolean
    readonly wireClock: WireClock
    readonly limits: WriteLimits
  },
): Promise<Seen> {
  const { read, agrees, wireClock, limits } = options
  let wait = firstWait
  for (let look = 1; ; look += 1) {
    const seen = await read()
    if (agrees(seen)) return seen
    if (look === looks || wireClock.now() + wait >= limits.deadline)
      throw new NotTakenError(what, { details: { looks: look } })
    await wireClock.sleep(ms(wait), limits.signal)
    wait = Math.min(wait * growth, longestWait)
  }
}
