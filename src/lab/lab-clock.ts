import type { WireClock, WorldClock } from '../kernel/clock.ts'
import { type EpochMs, ms } from '../kernel/units.ts'
import { createVirtualTime, type VirtualTime } from '../kernel/virtual-clock.ts'
import { driveInProcess } from './lab-clock-in-process.ts'
import { driveLive, realWireClock } from './lab-clock-live.ts'
import { createSleepers } from './sleepers.ts'

export interface LabClockOptions {
  readonly start: EpochMs
  /**
   * `in-process`: both clocks are virtual and move on whenever everybody waits for them.
   * `live`: the world runs at `rate`, the wire is real.
   */
  readonly mode: 'live' | 'in-process'
  /** World time per wall time, of a live lab. */
  readonly rate?: number
  /** Look-ups and the like that the world waits for: time stands still meanwhile. */
  readonly pending?: () => number
}

/** The lab's time: what the product is given as its clocks, and what moves them. */
export interface LabClock {
  readonly time: VirtualTime
  readonly worldClock: WorldClock
  readonly wireClock: WireClock
  /** A socket is busy: the world runs at 1×, or stands still in process, until it is released. */
  busy(): () => void
  /** Lets time run; returns what stops it. */
  run(): () => void
}

/** A live lab jumps only when the product sleeps longer than this, and no person is awaited. */
export const longSleep = ms(20 * 60_000)

export function createLabClock(options: LabClockOptions): LabClock {
  const time = createVirtualTime(options.start)
  const sleepers = createSleepers(time)
  let busyCount = 0
  const busy = () => {
    busyCount += 1
    let isHeld = true
    return () => {
      if (isHeld) busyCount -= 1
      isHeld = false
    }
  }
  const isBusy = () => busyCount > 0 || (options.pending?.() ?? 0) > 0
  const { sleep, personAwaited } = sleepers
  const worldClock: WorldClock = { kind: 'world', now: time.now, sleep, personAwaited }
  const driven = { time, sleepers, isBusy }

  if (options.mode === 'in-process') {
    const wireClock: WireClock = { kind: 'wire', now: time.now, sleep }
    return { time, worldClock, wireClock, busy, run: () => driveInProcess(driven) }
  }
  const rate = options.rate ?? 1
  const run = () => driveLive({ ...driven, rate, longSleep })
  return { time, worldClock, wireClock: realWireClock, busy, run }
}
