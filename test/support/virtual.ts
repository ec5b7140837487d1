import { setImmediate as nextTurn } from 'node:timers/promises'
import type { WireClock, WorldClock } from '../../src/kernel/clock.ts'
import { epochMs } from '../../src/kernel/units.ts'
import { createVirtualTime, type VirtualTime } from '../../src/kernel/virtual-clock.ts'

export const startOfTest = epochMs(Date.UTC(2026, 10, 20, 12))

export interface VirtualClocks {
  readonly time: VirtualTime
  readonly worldClock: WorldClock
  readonly wireClock: WireClock
}

/** Both clocks over one virtual time. */
export function virtualClocks(): VirtualClocks {
  const time = createVirtualTime(startOfTest)
  return {
    time,
    worldClock: { kind: 'world', now: time.now, sleep: time.sleep },
    wireClock: { kind: 'wire', now: time.now, sleep: time.sleep },
  }
}

/** Lets virtual time pass, timer by timer, until the promise settles. Refuses to go on for ever. */
export async function passTimeUntil<Value>(
  time: VirtualTime,
  work: Promise<Value>,
): Promise<Value> {
  let settled = false
  const noted = work.finally(() => {
    settled = true
  })
  noted.catch(() => {})
  for (let turn = 0; turn < 1_000_000 && !settled; turn += 1) {
    await nextTurn()
    const due = time.nextDue()
    if (!settled && due !== undefined) time.advanceTo(due)
  }
  return noted
}
