import type { RunStore } from '../../src/engine/ports.ts'
import { foldJournal, type RunState } from '../../src/engine/run-state.ts'
import type { Runbook } from '../../src/engine/runbook.ts'
import { createRunner, type Runner } from '../../src/engine/runner.ts'
import { startRun } from '../../src/engine/start-run.ts'
import type { AnyStep } from '../../src/engine/step.ts'
import { createStepList } from '../../src/engine/step-list.ts'
import { type RunId, runId } from '../../src/kernel/ids.ts'
import { later, ms } from '../../src/kernel/units.ts'
import { createMemoryRunStore } from '../../src/store/memory-run-store.ts'
import { promotedStore } from './promoted-store.ts'
import { passTimeUntil, type VirtualClocks, virtualClocks } from './virtual.ts'

export const run: RunId = runId('toy-1')
const leaseFor = ms(8000)
const longestRequest = ms(5000)

export interface Harness {
  readonly clocks: VirtualClocks
  readonly store: RunStore
  runner(holder?: string, store?: RunStore): Runner
  /** Advances the run, through all its waits, until it has ended, waits for somebody, was visited so often, or a week is over. */
  goOn(runner?: Runner, visits?: number): Promise<RunState>
  state(): Promise<RunState>
  /** The same world and clocks on a promoted database that has only so many entries of the journal. */
  failOver(keep: number): Promise<Harness>
}

interface HarnessParts {
  readonly steps: readonly AnyStep[]
  readonly runbook: Runbook
  readonly ports: unknown
}

/** An engine in memory over virtual time. */
export async function startHarness(parts: HarnessParts): Promise<Harness> {
  const clocks = virtualClocks()
  const store = createMemoryRunStore({ wireClock: clocks.wireClock })
  await startRun(
    { store, worldClock: clocks.worldClock },
    { run, runbook: parts.runbook, by: 'anna' },
  )
  return harnessOn(parts, clocks, store)
}

function harnessOn(parts: HarnessParts, clocks: VirtualClocks, store: RunStore): Harness {
  const steps = createStepList(parts.steps)
  const runner = (holder = 'first', over: RunStore = store) =>
    createRunner({
      store: over,
      steps,
      portsOf: () => parts.ports,
      ...clocks,
      holder,
      leaseFor,
      longestRequest,
    })
  const state = async () => foldJournal(await store.readJournal(run))

  return {
    clocks,
    store,
    runner,
    state,
    goOn: (over = runner(), visits = 100_000) =>
      passTimeUntil(clocks.time, drive(over, { clocks, store }, visits)),
    failOver: async (keep) =>
      harnessOn(parts, clocks, await promotedStore(store, run, keep, clocks)),
  }
}

async function drive(
  runner: Runner,
  { clocks, store }: Pick<Harness, 'clocks' | 'store'>,
  visits: number,
): Promise<RunState> {
  const { worldClock, wireClock } = clocks
  const { signal } = new AbortController()
  const state = async () => foldJournal(await store.readJournal(run))
  const aWeekOn = later(worldClock.now(), ms(7 * 86_400_000))
  for (let visit = 0; visit < visits; visit += 1) {
    const stop = await runner.advance(signal, run)
    if (stop === undefined || stop.kind === 'lease-lost') {
      if ((await state()).outcome !== undefined) break
      // The lease of a holder that died has not ended yet.
      await wireClock.sleep(ms(1000))
      continue
    }
    if (stop.kind !== 'waiting' || stop.until === undefined) return stop.state
    if (stop.until > aWeekOn) return stop.state
    await worldClock.sleep(ms(Math.max(0, stop.until - worldClock.now())))
  }
  return state()
}
