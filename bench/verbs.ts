import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import type { Application } from '../src/app/application.ts'
import { serveRuns } from '../src/app/serve-runs.ts'
import { systemWireClock, systemWorldClock } from '../src/app/system-clock.ts'
import type { RunStore } from '../src/engine/ports.ts'
import type { JournalEntry, Verb } from '../src/engine/run-event.ts'
import { createRunner } from '../src/engine/runner.ts'
import { startRun } from '../src/engine/start-run.ts'
import { defineCheck } from '../src/engine/step.ts'
import { createStepList } from '../src/engine/step-list.ts'
import { type RunId, runId, stepKey } from '../src/kernel/ids.ts'
import { later, ms } from '../src/kernel/units.ts'
import { createPostgresRunStore, openDatabase } from '../src/store/index.ts'
import { type BenchOptions, type Figure, quantile } from './figure.ts'
import { type BenchPostgres, postgresBench } from './postgres.ts'

const waitingRuns = 50
const verbsPerRound = 200
/** Between an answer and the next request: people and scripts ask now and then, not in a row. */
const pauseMs = 20
/** Each waiting run looks again this often: the server has something to do beside the verbs. */
const lookAgainAfter = ms(5000)

/** From `request` being called in one process to its answer being durable in the journal, by the product's own server loop. */
export const verbBench = postgresBench('engine.verb', measureIn)

const neverYet = defineCheck({
  kind: 'bench.wait',
  type: 'check',
  input: z.object({}),
  describe: () => 'waits',
  estimate: () => ms(1000),
  patience: () => ({ longest: ms(86_400_000), owner: 'bench', then: 'stay' }),
  verify: (_input: object, { clock }) =>
    Promise.resolve({
      kind: 'not-yet',
      because: 'nobody is there',
      lookAgainAt: later(clock.now(), lookAgainAfter),
    }),
})

async function measureIn(
  { url, database }: BenchPostgres,
  { runs: rounds, report }: BenchOptions,
): Promise<readonly Figure[]> {
  const store = createPostgresRunStore(database)
  // As another process would ask: over connections of its own.
  const asking = openDatabase(url, { connections: 2 })
  const ids = await createWaiting(store)
  const stop = new AbortController()
  const answers = createAnswers()
  const served = serve(store, stop.signal, answers.note)
  const measured: (readonly number[])[] = []
  try {
    await answers.waiting(waitingRuns)
    const asker = createPostgresRunStore(asking)
    for (let round = 0; round <= rounds; round += 1) {
      const tookMs = await askAll(asker, ids, answers)
      const [p50, p99] = [quantile(tookMs, 0.5), quantile(tookMs, 0.99)]
      const name = round === 0 ? 'warm-up' : `run ${round}`
      report(`${name}: a verb is answered in ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`)
      if (round > 0) measured.push(tookMs)
    }
  } finally {
    stop.abort()
    await served
    await asking.close()
  }
  return figuresOf(measured)
}

/** The server's own loop over runs, so that what wakes it and what claims them is measured too. */
function serve(store: RunStore, signal: AbortSignal, onEntry: (entry: JournalEntry) => void) {
  const clocks = { worldClock: systemWorldClock, wireClock: systemWireClock }
  const createServed: Application['createRunner'] = (note = () => {}) =>
    createRunner({
      ...clocks,
      store,
      steps: createStepList([neverYet]),
      portsOf: () => ({}),
      holder: 'bench',
      leaseFor: ms(8000),
      longestRequest: ms(5000),
      onEntry: note,
    })
  const report = (thrown: unknown) => {
    throw thrown
  }
  const application = { ...clocks, store, createRunner: createServed }
  return serveRuns(application, signal, { report, onEntry })
}

async function createWaiting(store: RunStore): Promise<readonly RunId[]> {
  const ids = Array.from({ length: waitingRuns }, (_, index) => runId(`waiting-${index}`))
  const step = {
    key: stepKey('soak'),
    kind: 'bench.wait',
    title: 'soak',
    input: {},
    visited: 'forward',
    restsAfter: true,
  } as const
  for (const run of ids) {
    const plan = { name: run, digest: '0', file: 'bench.yaml', settings: null }
    const runbook = { kind: 'bench', name: run, plan, steps: [step], guards: [], overrides: [] }
    await startRun({ store, worldClock: systemWorldClock }, { run, runbook, by: 'bench' })
  }
  return ids
}

/** Each run is asked in turn, to pause and the next time to resume. */
async function askAll(
  store: RunStore,
  ids: readonly RunId[],
  answers: ReturnType<typeof createAnswers>,
): Promise<readonly number[]> {
  const taken: number[] = []
  for (let asked = 0; asked < verbsPerRound; asked += 1) {
    const run = ids[asked % ids.length] ?? runId('none')
    const verb: Verb = Math.floor(asked / ids.length) % 2 === 0 ? 'pause' : 'resume'
    const answered = answers.next(run)
    const began = performance.now()
    await store.request({ run, verb, by: 'bench' })
    taken.push((await answered) - began)
    await pause(pauseMs)
  }
  return taken
}

/** When a run's next answer was durable, by this process's clock; and how many runs have begun to wait. */
function createAnswers() {
  const hoped = new Map<RunId, (at: number) => void>()
  const resting = new Set<RunId>()
  return {
    note({ run, event }: JournalEntry) {
      if (event.kind === 'waiting') resting.add(run)
      if (event.kind !== 'requested') return
      hoped.get(run)?.(performance.now())
      hoped.delete(run)
    },
    next: (run: RunId) => new Promise<number>((resolve) => hoped.set(run, resolve)),
    async waiting(count: number) {
      while (resting.size < count) await pause(10)
    },
  }
}

function figuresOf(measured: readonly (readonly number[])[]): readonly Figure[] {
  const means =
    `from a request being made, on connections of its own, to the answer being durable in the journal, ` +
    `while ${waitingRuns} runs wait and look again every ${lookAgainAfter / 1000} s.`
  const shares = [
    ['engine.verb.p50', 0.5],
    ['engine.verb.p99', 0.99],
  ] as const
  return shares.map(([bench, share]) => ({
    bench,
    unit: 'ms',
    ours: measured.map((tookMs) => quantile(tookMs, share)),
    target: { atMost: 200 },
    means,
  }))
}
