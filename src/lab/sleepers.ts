import { type EpochMs, epochMs, type Milliseconds } from '../kernel/units.ts'
import type { VirtualTime } from '../kernel/virtual-clock.ts'

/** The product's waits, told apart from the world's own events. */
export interface Sleepers {
  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void>
  /** When the first of the product's waits is over; undefined when it waits for nothing. */
  nextWake(): EpochMs | undefined
  /** Says that the product waits for a person, until the signal. */
  personAwaited(until: AbortSignal): void
  isPersonAwaited(): boolean
  /** Grows with every wait that begins or ends: how a driver sees that the product is at work. */
  changes(): number
}

export function createSleepers(time: VirtualTime): Sleepers {
  const wakes = new Set<{ readonly at: number }>()
  let changes = 0
  let persons = 0
  return {
    personAwaited(until) {
      if (until.aborted) return
      const add = (one: 1 | -1) => {
        persons += one
        changes += 1
      }
      add(1)
      until.addEventListener('abort', () => add(-1), { once: true })
    },
    isPersonAwaited: () => persons > 0,
    async sleep(duration, signal) {
      const wake = { at: time.now() + duration }
      wakes.add(wake)
      changes += 1
      try {
        await time.sleep(duration, signal)
      } finally {
        wakes.delete(wake)
        changes += 1
      }
    },
    nextWake() {
      let first = Number.POSITIVE_INFINITY
      for (const { at } of wakes) first = Math.min(first, at)
      return Number.isFinite(first) ? epochMs(first) : undefined
    },
    changes: () => changes,
  }
}

/** What a driver moves, and what it has to look at. */
export interface Driven {
  readonly time: VirtualTime
  readonly sleepers: Sleepers
  readonly isBusy: () => boolean
}

/** Fires world events one by one up to `until`; stops early when an event made something busy, or after `most` events. */
export function playEvents(
  { time, isBusy }: Driven,
  until: EpochMs,
  most: number,
): 'arrived' | 'busy' | 'more' {
  const wasBusy = isBusy()
  for (let count = 0; count < most; count += 1) {
    const due = time.nextDue()
    if (due === undefined || due > until) {
      time.advanceTo(until)
      return 'arrived'
    }
    time.advanceTo(due)
    if (!wasBusy && isBusy()) return 'busy'
  }
  return 'more'
}
