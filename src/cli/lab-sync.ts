import type { WorldClock } from '../kernel/clock.ts'
import { epochMs } from '../kernel/units.ts'

/** A clock that follows a lab's. */
export interface Sync {
  now(): ReturnType<WorldClock['now']>
  /** The lab's clock shows this now. */
  set(world: number): void
}

interface SyncOptions {
  /** What the lab's clock showed first. */
  readonly world: number
  /** The fastest that the lab runs without a jump; a jump is no rate. */
  readonly highestRate: number
  /** Wall time in milliseconds. */
  readonly wall: () => number
}

/**
 * Runs on between two answers at the rate that was last seen, and is set right at each. It never goes back: where it
 * ran ahead of the lab, it stands still until the lab is there.
 */
export function createSync({ world, highestRate, wall }: SyncOptions): Sync {
  let last = { world, wall: wall() }
  let rate = 1
  let shown = world
  return {
    now() {
      // An instant is a whole number of milliseconds, whatever the wall clock's fractions are.
      shown = Math.max(shown, Math.floor(last.world + (wall() - last.wall) * rate))
      return epochMs(shown)
    },
    set(next) {
      // An answer that was overtaken by a later one.
      if (next < last.world) return
      const now = wall()
      const seen = (next - last.world) / Math.max(1, now - last.wall)
      rate = Math.min(seen, highestRate)
      last = { world: next, wall: now }
    },
  }
}
