import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import type { RunStore } from '../src/engine/ports.ts'
import { createRunner } from '../src/engine/runner.ts'
import { startRun } from '../src/engine/start-run.ts'
import { defineStep, type StepContext } from '../src/engine/step.ts'
import { createStepList } from '../src/engine/step-list.ts'
import type { WireClock, WorldClock } from '../src/kernel/clock.ts'
import { type RunId, runId, stepKey } from '../src/kernel/ids.ts'
import { type EpochMs, epochMs, type Milliseconds, ms } from '../src/kernel/units.ts'
import { createStepProfile } from './step-profile.ts'

/** Entries that a change step journals on its way forward: observed, way-back, acting, acted, verified. */
export const entriesPerStep = 5

export interface Load {
  readonly store: RunStore
  /** Runs at work at the same time. */
  readonly runs: number
  readonly stepsPerRun: number
  /** Names this load's runs and nobody else's. */
  readonly name: string
  /** Each run begins one step per so many milliseconds; absent: as fast as it goes. */
  readonly paceMs?: number
}

export interface Loaded {
  readonly stepsPerSecond: number
  /** From when a step was due (paced) or the one before was durable, to its own last entry being durable. */
  readonly stepMs: readonly number[]
  /** Where a step's time went, for people. */
  readonly profile: string
}

type Cells = Map<string, number>
type Context = StepContext<{ readonly cells: Cells }>

const SetCell = z.object({ cell: z.string(), to: z.number() })
type SetCell = z.output<typeof SetCell>

/** A change to a map in memory: it costs nothing, so what is measured is the engine. It confirms its lease, as every real change does. */
const setCell = defineStep({
  kind: 'bench.set',
  type: 'change',
  reversibility: 'instant',
  input: SetCell,
  cost: () => 3,
  describe: ({ cell, to }: SetCell) => `${cell} becomes ${to}`,
  estimate: () => ms(1000),
  estimateUndo: () => ms(1000),
  observe: ({ cell }: SetCell, { ports }: Context) => Promise.resolve(ports.cells.get(cell) ?? 0),
  isDone: ({ to }, before) => before === to,
  effect: ({ to }, before) => `${before} → ${to}`,
  async act({ cell, to }, _before, { ports, confirmLease }) {
    await confirmLease()
    ports.cells.set(cell, to)
  },
  verify: ({ cell, to }, { ports }) =>
    Promise.resolve(
      ports.cells.get(cell) === to
        ? { kind: 'verified', seen: `${cell} is ${to}` }
        : { kind: 'failed', because: `${cell} is not ${to}` },
    ),
  wayBack: ({ cell }, before) =>
    Promise.resolve({ kind: 'open', inverse: `${cell} becomes ${before} again` }),
  undo({ cell }, before, { ports }) {
    ports.cells.set(cell, before)
    return Promise.resolve()
  },
  verifyUndone: ({ cell }, before) =>
    Promise.resolve({ kind: 'verified', seen: `${cell} is ${before} again` }),
})

const now = (): EpochMs => epochMs(Date.now())
const sleep = async (duration: Milliseconds, signal?: AbortSignal): Promise<void> => {
  await pause(duration, undefined, { signal })
}
const worldClock: WorldClock = { kind: 'world', now, sleep }
const wireClock: WireClock = { kind: 'wire', now, sleep }

/** Takes every run to its end, all at once, with the product's own runner. */
export async function takeRuns(load: Load): Promise<Loaded> {
  const runs = await createRuns(load)
  const stopwatch = createStopwatch(load)
  const profile = createStepProfile()
  const runner = createRunner({
    store: stopwatch.watch(profile.watch(load.store)),
    steps: createStepList([setCell]),
    portsOf: () => ({ cells: new Map<string, number>() }),
    worldClock,
    wireClock,
    holder: 'bench',
    leaseFor: ms(8000),
    longestRequest: ms(5000),
  })
  const { signal } = new AbortController()
  const began = performance.now()
  const visits = runs.map(async (run, index) => {
    await stopwatch.begin(run, index)
    const stop = await runner.advance(signal, run)
    if (stop?.kind !== 'ended') throw new Error(`run ${run} stopped: ${stop?.kind ?? 'not due'}`)
  })
  await Promise.all(visits)
  const seconds = (performance.now() - began) / 1000
  const steps = load.runs * load.stepsPerRun
  return {
    stepsPerSecond: steps / seconds,
    stepMs: stopwatch.taken,
    profile: profile.describe(steps),
  }
}

async function createRuns({ store, runs, stepsPerRun, name }: Load): Promise<readonly RunId[]> {
  const steps = Array.from({ length: stepsPerRun }, (_, index) => ({
    key: stepKey(`stage-${index}.set`),
    kind: 'bench.set',
    title: `stage ${index}`,
    input: { cell: `cell-${index}`, to: 1 },
    visited: 'forward' as const,
    restsAfter: true,
  }))
  const ids = Array.from({ length: runs }, (_, index) => runId(`${name}-${index}`))
  await Promise.all(
    ids.map((run) => {
      const plan = { name: run, digest: '0', file: 'bench.yaml', settings: null }
      const runbook = { kind: 'bench', name: run, plan, steps, guards: [], overrides: [] }
      return startRun({ store, worldClock }, { run, runbook, by: 'bench' })
    }),
  )
  return ids
}

/**
 * Times every step, and holds paced runs back until their next step is due.
 *
 * A run is held where the last entry of a step has just become durable: all that the runner does from there
 * to the next step's last entry is inside that step's time. A step that begins late, because the step
 * before took too long or because this process was busy when its timer was due, counts from when it was due.
 */
function createStopwatch({ paceMs, runs }: Load) {
  const taken: number[] = []
  const due = new Map<RunId, number>()

  const untilDue = async (run: RunId) => {
    const left = (due.get(run) ?? 0) - performance.now()
    if (left > 0) await pause(left)
  }
  const done = (run: RunId) => {
    const began = due.get(run) ?? 0
    const ended = performance.now()
    taken.push(ended - began)
    due.set(run, paceMs === undefined ? ended : began + paceMs)
  }
  return {
    taken,
    async begin(run: RunId, index: number) {
      // Paced runs are spread evenly over the pace, as if they had been started at different times.
      if (paceMs !== undefined) await pause((index / runs) * paceMs)
      due.set(run, performance.now())
    },
    watch: (store: RunStore): RunStore => ({
      ...store,
      async append(lease, entries, handled) {
        const waiting = await store.append(lease, entries, handled)
        if (entries.some(({ event }) => event.kind === 'verified')) {
          done(lease.run)
          if (paceMs !== undefined) await untilDue(lease.run)
        }
        return waiting
      },
    }),
  }
}
