import { hostname } from 'node:os'
import { RunNotFoundError } from '../engine/errors.ts'
import type { RunStore } from '../engine/ports.ts'
import type { JournalEntry } from '../engine/run-event.ts'
import { foldJournal, type RunState } from '../engine/run-state.ts'
import type { Runbook } from '../engine/runbook.ts'
import { createRunner, type Runner } from '../engine/runner.ts'
import { startRun } from '../engine/start-run.ts'
import { createStepList, type StepList } from '../engine/step-list.ts'
import type { AuthorityStore } from '../features/authority/index.ts'
import type { Plan } from '../features/plan/index.ts'
import { compileWave, waveSteps } from '../features/waves/index.ts'
import type { WireClock, WorldClock } from '../kernel/clock.ts'
import { type RunId, runId, type WaveId } from '../kernel/ids.ts'
import { type Milliseconds, ms, type Seconds } from '../kernel/units.ts'
import {
  type Connected,
  type ConnectMemory,
  connectPlan,
  createConnectMemory,
} from './connect-plan.ts'
import { createJournalBell, type JournalBell } from './journal-bell.ts'
import { planOfRun } from './plan-files.ts'
import { createSecretReader } from './secrets.ts'
import { systemWireClock, systemWorldClock } from './system-clock.ts'
import { socketTransports, type Transports } from './transports.ts'

/** A dead runner's run is looked at again within 10 s (design, "Engine"). Wire time. */
const leaseFor = ms(8000)
/** Longest that a request to a vendor may be on its way; inside the lease. Wire time. */
const longestRequest = ms(5000)

export interface ApplicationParts {
  readonly store: RunStore
  readonly authority: AuthorityStore
  readonly environment: NodeJS.ProcessEnv
  /** The system's, unless a lab brings its own. */
  readonly worldClock?: WorldClock
  readonly wireClock?: WireClock
  readonly transports?: Transports
  /** Most that a platform's clock may differ. 2 s; a lab whose clock is followed from afar needs more. */
  readonly clockTolerance?: Milliseconds
}

/** The product, put together: the one place where its parts meet. */
export interface Application {
  readonly store: RunStore
  readonly steps: StepList
  readonly worldClock: WorldClock
  readonly wireClock: WireClock
  readonly clockTolerance: Milliseconds
  /** Names this process in leases and in the journal. */
  readonly holder: string
  /** Rung whenever a runner of this process has written to a journal. */
  readonly journalBell: JournalBell
  connect(plan: Plan): Promise<Connected>
  /** Reads the records' present TTLs, and compiles the wave for a run of this name. Changes nothing. */
  compile(plan: Plan, wave: WaveId): Promise<{ readonly run: RunId; readonly runbook: Runbook }>
  /** Stores a new run of a wave. @throws {RunAlreadyOpenError} */
  startWave(plan: Plan, wave: WaveId, by: string): Promise<RunId>
  createRunner(onEntry?: (entry: JournalEntry, state: RunState) => void): Runner
  /** The latest run with this id, or of the wave with this name. @throws {RunNotFoundError} */
  findRun(name: string): Promise<RunId>
  readRun(
    run: RunId,
  ): Promise<{ readonly journal: readonly JournalEntry[]; readonly state: RunState }>
}

export function createApplication(parts: ApplicationParts): Application {
  const { store, authority } = parts
  const worldClock = parts.worldClock ?? systemWorldClock
  const wireClock = parts.wireClock ?? systemWireClock
  const transports = parts.transports ?? socketTransports()
  const clockTolerance = parts.clockTolerance ?? ms(2000)
  const steps = createStepList(waveSteps)
  const journalBell = createJournalBell()
  const holder = `${hostname()}/${process.pid}`
  const secretsOf = (planFile: string) => createSecretReader(planFile, parts.environment)
  const around = { worldClock, wireClock, transports, authority, secretsOf, clockTolerance }
  // One per plan: a run is let go of and taken up again at each wait.
  const memories = new Map<string, ConnectMemory>()
  const connect = (plan: Plan) => {
    const memory = memories.get(plan.digest) ?? createConnectMemory(worldClock)
    memories.set(plan.digest, memory)
    return connectPlan(plan, { ...around, memory })
  }

  const compile = async (plan: Plan, wave: WaveId) => {
    const run = await nextRunId(store, wave)
    const oldTtls = await readTtls(plan, wave, await connect(plan))
    return { run, runbook: compileWave(plan, wave, { run, oldTtls }) }
  }

  return {
    store,
    steps,
    worldClock,
    wireClock,
    clockTolerance,
    holder,
    journalBell,
    connect,
    compile,
    async startWave(plan, wave, by) {
      const { run, runbook } = await compile(plan, wave)
      await startRun({ store, worldClock }, { run, runbook, by })
      return run
    },
    createRunner: (onEntry) =>
      createRunner({
        store,
        steps,
        portsOf: ({ plan }) => connect(planOfRun(plan)),
        worldClock,
        wireClock,
        holder,
        leaseFor,
        longestRequest,
        onEntry(entry, state) {
          onEntry?.(entry, state)
          journalBell.ring(entry.run)
        },
      }),
    findRun: (name) => findRun(store, name),
    async readRun(run) {
      const journal = await store.readJournal(run)
      return { journal, state: foldJournal(journal) }
    },
  }
}

/** TTLs before the wave: waited out, and put back at its end (W1.1). A record that is not there has none. */
async function readTtls(
  plan: Plan,
  wave: WaveId,
  { dns }: Connected,
): Promise<Record<string, Seconds>> {
  const records = (plan.waves[wave]?.sites ?? []).flatMap((site) => plan.sites[site]?.records ?? [])
  const { signal } = new AbortController()
  const read = records.map(async ({ name, type }): Promise<readonly [string, Seconds][]> => {
    const record = await dns.provider(name).readRecord(name, type, signal)
    return record === undefined ? [] : [[name, record.ttl]]
  })
  return Object.fromEntries((await Promise.all(read)).flat())
}

/** `dallas-1`, `dallas-2` …: short enough to be said on a bridge. */
async function nextRunId(store: RunStore, wave: WaveId): Promise<RunId> {
  const runs = await store.list()
  const earlier = runs.filter(({ runbook }) => runbook === `wave ${wave}`)
  return runId(`${wave}-${earlier.length + 1}`)
}

async function findRun(store: RunStore, name: string): Promise<RunId> {
  const runs = await store.list()
  const exact = runs.find(({ run }) => run === name)
  const ofWave = runs
    .filter(({ runbook }) => runbook === `wave ${name}`)
    .sort((a, b) => b.createdAt - a.createdAt)[0]
  const found = exact ?? ofWave
  if (found === undefined) throw new RunNotFoundError(name)
  return found.run
}
