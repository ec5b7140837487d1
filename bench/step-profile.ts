import type { RunStore } from '../src/engine/ports.ts'
import { quantile } from './figure.ts'

/** Where the time of a step goes: its calls to the store, and the processor time of this process. */
export interface StepProfile {
  watch(store: RunStore): RunStore
  /** One line: of each call how many a step needs, and how long one takes. */
  describe(steps: number): string
}

export function createStepProfile(): StepProfile {
  const taken = new Map<string, number[]>()
  const began = process.cpuUsage()
  const timed = async <Answer>(name: string, call: () => Promise<Answer>): Promise<Answer> => {
    const from = performance.now()
    try {
      return await call()
    } finally {
      const times = taken.get(name) ?? []
      taken.set(name, times)
      times.push(performance.now() - from)
    }
  }
  return {
    watch: (store) => ({
      ...store,
      claim: (...wish) => timed('claim', () => store.claim(...wish)),
      readJournal: (...wish) => timed('journal', () => store.readJournal(...wish)),
      append: (...wish) => timed('append', () => store.append(...wish)),
      pendingRequests: (run) => timed('look', () => store.pendingRequests(run)),
      confirm: (lease) => timed('confirm', () => store.confirm(lease)),
      release: (...wish) => timed('release', () => store.release(...wish)),
    }),
    describe(steps) {
      const { user, system } = process.cpuUsage(began)
      const calls = [...taken].map(
        ([name, times]) =>
          `${name} ${(times.length / steps).toFixed(2)} × ${quantile(times, 0.5).toFixed(1)} ms ` +
          `(p99 ${quantile(times, 0.99).toFixed(1)})`,
      )
      const processor = `processor time of this process ${((user + system) / 1000 / steps).toFixed(2)} ms`
      return [...calls, processor].join(', ')
    },
  }
}
