import type { Clock } from './clock.ts'
import { type EpochMs, epochMs } from './units.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly fire: () => void
}

/** A clock that stands still until it is told to go: the lab and the tests own time. */
export interface VirtualTime extends Clock {
  /** Calls `fire` at the instant, once; returns what cancels it. */
  schedule(at: EpochMs, fire: () => void): () => void
  /** When the next timer is due; undefined when nothing waits. */
  nextDue(): EpochMs | undefined
  /** Moves to the instant and fires, in order of time, every timer that is due by then. Never goes back. */
  advanceTo(instant: EpochMs): void
}

/** A virtual clock over a binary heap: millions of timers, fired in order of time, then of request. */
export function createVirtualTime(start: EpochMs): VirtualTime {
  const heap = createTimerHeap()
  let current: number = start
  let order = 0

  const schedule = (at: EpochMs, fire: () => void) => {
    let live = true
    order += 1
    heap.push({ at: Math.max(at, current), order, fire: () => live && fire() })
    return () => {
      live = false
    }
  }

  return {
    now: () => epochMs(current),
    schedule,
    nextDue: () => {
      const first = heap.peek()
      return first === undefined ? undefined : epochMs(first.at)
    },
    advanceTo(instant) {
      for (
        let first = heap.peek();
        first !== undefined && first.at <= instant;
        first = heap.peek()
      ) {
        heap.pop()
        current = Math.max(current, first.at)
        first.fire()
      }
      current = Math.max(current, instant)
    },
    sleep: (duration, signal) => sleepUntil(schedule, epochMs(current + duration), signal),
  }
}

function sleepUntil(
  schedule: VirtualTime['schedule'],
  at: EpochMs,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const abort = () => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = schedule(at, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    signal?.addEventListener('abort', abort, { once: true })
  })
}

function createTimerHeap() {
  const items: Timer[] = []
  const before = (a: Timer, b: Timer) => a.at < b.at || (a.at === b.at && a.order < b.order)

  const swap = (a: number, b: number) => {
    const first = items[a]
    const second = items[b]
    if (first === undefined || second === undefined) return
    items[a] = second
    items[b] = first
  }
  const isBefore = (a: number, b: number) => {
    const first = items[a]
    const second = items[b]
    return first !== undefined && second !== undefined && before(first, second)
  }
  const rise = (start: number) => {
    let index = start
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(index, parent)) return
      swap(index, parent)
      index = parent
    }
  }
  const sink = () => {
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const smaller = isBefore(left + 1, left) ? left + 1 : left
      if (!isBefore(smaller, index)) return
      swap(smaller, index)
      index = smaller
    }
  }

  return {
    peek: (): Timer | undefined => items[0],
    push(timer: Timer) {
      items.push(timer)
      rise(items.length - 1)
    },
    pop() {
      const last = items.pop()
      if (items.length === 0 || last === undefined) return
      items[0] = last
      sink()
    },
  }
}
