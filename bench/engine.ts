import { createPostgresRunStore } from '../src/store/index.ts'
import { openPeer } from './engine-peer.ts'
import { entriesPerStep, type Loaded, takeRuns } from './engine-runs.ts'
import { type BenchOptions, type Figure, quantile } from './figure.ts'
import { type BenchPostgres, postgresBench, settle } from './postgres.ts'

const runsAtOnce = 500
const stepsPerRun = 10
const jobsOfOne = 1000
const jobsOfMany = 3000
/** As many as our store and pg-boss each have connections. */
const manyWorkers = 10
const pacedStepsPerRun = 6

const stepMeans =
  `one change step = ${entriesPerStep} entries (observed, way-back, acting, acted, verified), each ` +
  'durable before the run goes on (up to 500 runs share a commit), so 4 commits in a row (way-back and ' +
  'acting share one), 1 look for requests and 1 confirmed lease; claim, reading the journal and release ' +
  'are inside the time. ' +
  'One pg-boss job = 1 fetch and 1 complete, so 2 commits in a row.'

interface Round {
  readonly full: Loaded
  readonly one: number
  readonly many: number
  readonly paced: Loaded
}

/** Journalled steps per second against a job queue in the same database. */
export const engineBench = postgresBench('engine.steps', measureIn)

async function measureIn(
  { url, database }: BenchPostgres,
  { runs, report }: BenchOptions,
): Promise<readonly Figure[]> {
  const peer = await openPeer(url)
  const store = createPostgresRunStore(database)
  const rounds: Round[] = []
  try {
    // Ours and theirs in turn, so that what else the machine does falls on both.
    for (let round = 0; round <= runs; round += 1) {
      await settle(url)
      const one = await peer.take({ jobs: jobsOfOne, workers: 1 })
      await settle(url)
      const full = await takeRuns({ store, runs: runsAtOnce, stepsPerRun, name: `full-${round}` })
      await settle(url)
      const many = await peer.take({ jobs: jobsOfMany, workers: manyWorkers })
      await settle(url)
      const paced = await takeRuns({
        store,
        runs: runsAtOnce,
        stepsPerRun: pacedStepsPerRun,
        name: `paced-${round}`,
        paceMs: (1000 * runsAtOnce) / one,
      })
      report(describeRound(round, { full, one, many, paced }))
      // The first warms up code, caches and the database's files.
      if (round > 0) rounds.push({ full, one, many, paced })
    }
  } finally {
    await peer.close()
  }
  return figuresOf(rounds)
}

function describeRound(round: number, { full, one, many, paced }: Round): string {
  return (
    `${round === 0 ? 'warm-up' : `run ${round}`}: ${full.stepsPerSecond.toFixed(0)} steps/s ` +
    `(p99 ${quantile(full.stepMs, 0.99).toFixed(1)} ms), pg-boss ${one.toFixed(0)} jobs/s alone, ` +
    `${many.toFixed(0)} by ${manyWorkers}; paced at ${paced.stepsPerSecond.toFixed(0)} steps/s: ` +
    `p50 ${quantile(paced.stepMs, 0.5).toFixed(1)} ms, p99 ${quantile(paced.stepMs, 0.99).toFixed(1)} ms\n` +
    `  a step at full load: ${full.profile}\n  a paced step: ${paced.profile}`
  )
}

function figuresOf(rounds: readonly Round[]): readonly Figure[] {
  const steps = rounds.map(({ full }) => full.stepsPerSecond)
  const p99 = (loads: readonly Loaded[]) => loads.map(({ stepMs }) => quantile(stepMs, 0.99))
  return [
    {
      bench: 'engine.steps',
      unit: 'steps/s',
      ours: steps,
      peer: {
        name: 'pg-boss, one worker, one job at a time',
        theirs: rounds.map(({ one }) => one),
      },
      target: { atLeast: 1 },
      means: `${runsAtOnce} runs at once, as fast as they go; ${stepMeans}`,
    },
    {
      bench: 'engine.steps.workers',
      unit: 'steps/s',
      ours: steps,
      peer: {
        name: `pg-boss, ${manyWorkers} workers, one job at a time each`,
        theirs: rounds.map(({ many }) => many),
      },
      means: 'the same steps, against a peer that works side by side too.',
    },
    {
      bench: 'engine.steps.p99-full',
      unit: 'ms',
      ours: p99(rounds.map(({ full }) => full)),
      target: { atMost: 20 },
      means:
        `p99 of a step in engine.steps. With ${runsAtOnce} steps always under way one takes ` +
        `${runsAtOnce} ÷ steps/s on average: 20 ms would take 25,000 steps/s.`,
    },
    {
      bench: 'engine.steps.p99-paced',
      unit: 'ms',
      ours: p99(rounds.map(({ paced }) => paced)),
      target: { atMost: 20 },
      means: `p99 of a step, ${runsAtOnce} runs at once that together begin as many steps per second as one pg-boss worker does jobs.`,
    },
  ]
}
