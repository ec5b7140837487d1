import type { ApiCallCount, ApiCalls } from '../../features/platform/index.ts'
import type { Clock } from '../../kernel/clock.ts'

/** How one request went: `limited` is a 429 that says when to come again. */
export type CallFate = 'ok' | 'failed' | 'limited'
/** Is told of every request that left. */
export type CountCall = (fate: CallFate) => void

export interface CallMeter extends ApiCalls {
  /** What counts the requests to one far side. */
  countFor(name: string): CountCall
}

/** Requests are counted in slots of this length, and a look back is as exact as that. */
const slotMs = 10_000
/** No gate looks back further. */
const keptMs = 24 * 3_600_000

interface Slot {
  readonly at: number
  readonly counts: Record<CallFate, number>
}

/** Counts requests by far side and time, in memory. */
export function createCallMeter(clock: Clock): CallMeter {
  const slots = new Map<string, Slot[]>()
  return {
    since: clock.now(),
    countFor: (name) => (fate) => {
      const now = clock.now()
      const at = now - (now % slotMs)
      const last = slots.get(name)?.at(-1)
      if (last?.at === at) {
        last.counts[fate] += 1
        return
      }
      const young = (slots.get(name) ?? []).filter((slot) => now - slot.at < keptMs)
      const counts = { ok: 0, failed: 0, limited: 0, [fate]: 1 }
      slots.set(name, [...young, { at, counts }])
    },
    count: (name, from, to) =>
      sum((slots.get(name) ?? []).filter(({ at }) => at + slotMs > from && at < to)),
  }
}

function sum(slots: readonly Slot[]): ApiCallCount {
  const of = (fate: CallFate) => slots.reduce((total, { counts }) => total + counts[fate], 0)
  return { total: of('ok') + of('failed'), failed: of('failed'), limited: of('limited') }
}
