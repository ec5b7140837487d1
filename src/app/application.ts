import { hostname } from 'node:os'
import { RunNotFoundError } from '../engine/errors.ts'
import type { RunStore } from '../engine/ports.ts'
import type { JournalEntry } from '../engine/run-event.ts'
import { foldJournal, type RunState } from '../engine/run-state.ts'
import type { Runbook } from '../engine/runbook.ts'
import { createRunner, type Runner } from '../engine/runner.ts'
import { startRun } from '../engine/start-run.ts'
import { createStepList, type StepList } from '../engine/step-list.ts'
import { rememberLicences } from '../features/agents/index.ts'
import type { AuthorityStore } from '../features/authority/index.ts'
import type { Plan } from '../features/plan/index.ts'
import { compileWave, judgeWindow, WindowPastError, waveSteps } from '../features/waves/index.ts'
import type { WireClock, WorldClock } from '../kernel/clock.ts'
import { type RunId, runId, type WaveId } from '../kernel/ids.ts'
import { type EpochMs, type Milliseconds, ms } from '../kernel/units.ts'
import {
  type Connected,
  type ConnectMemory,
  connectPlan,
  createConnectMemory,
} from './connect-plan.ts'
import { readEarlierRuns, readOldTtls } from './earlier-runs.ts'
import { createJournalBell, type JournalBell } from './journal-bell.ts'
import { planOfRun } from './plan-files.ts'
import { usualClockTolerance } from './preflight-question.ts'
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
  /** Where the data is, for people. */
  readonly storedIn?: string
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
  /** Reads the records' TTLs, and what earlier runs left of them, and compiles the wave for a run of this name. Changes nothing. */
  compile(plan: Plan, wave: WaveId): Promise<{ readonly run: RunId; readonly runbook: Runbook }>
  /** Stores a new run of a wave. @throws {RunAlreadyOpenError | WindowPastError} */
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
  const clockTolerance = parts.clockTolerance ?? usualClockTolerance
  const steps = createStepList(waveSteps)
  const journalBell = createJournalBell()
  const holder = `${hostname()}/${process.pid}`
  const secretsOf = (plan: Plan) => createSecretReader(plan, parts.environment)
  const around = { worldClock, wireClock, transports, authority, secretsOf, clockTolerance }
  const memoryOf = rememberPlans(worldClock)
  const connect = (plan: Plan) => connectPlan(plan, { ...around, memory: memoryOf(plan) })
  const compile = async (plan: Plan, wave: WaveId) =>
    compileAfter(await readEarlierRuns(store), plan, {
      wave,
      run: await nextRunId(store, wave),
      dns: (await connect(plan)).dns,
    })

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
      refusePast(plan, wave, worldClock.now())
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
    findRun: (name) => findRun(parts, name),
    async readRun(run) {
      const journal = await store.readJournal(run)
      return { journal, state: foldJournal(journal) }
    },
  }
}

/** Else it would lower TTLs and wait for days, only to find the window closed, and take it all back. */
function refusePast(plan: Plan, wave: WaveId, now: EpochMs): void {
  const window = judgeWindow(plan, wave, now)
  if (window?.kind === 'past')
    throw new WindowPastError(`waves.${wave}.window: ${window.because}; nothing was begun`)
}

/** One memory per plan: a run is let go of and taken up again at each wait. */
function rememberPlans(worldClock: WorldClock): (plan: Plan) => ConnectMemory {
  const memories = new Map<string, ConnectMemory>()
  return ({ digest }) => {
    const memory = memories.get(digest) ?? createConnectMemory(worldClock)
    memories.set(digest, memory)
    return memory
  }
}

/** A wave goes on from what earlier runs have left: lowered TTLs, licences that are in force. */
async function compileAfter(
  earlier: Awaited<ReturnType<typeof readEarlierRuns>>,
  plan: Plan,
  {
    wave,
    run,
    dns,
  }: { readonly wave: WaveId; readonly run: RunId; readonly dns: Connected['dns'] },
) {
  const oldTtls = await readOldTtls(plan, wave, { dns, earlier })
  const licensedSince = rememberLicences(earlier)
  return { run, runbook: compileWave(plan, wave, { run, oldTtls, licensedSince }) }
}

/** `dallas-1`, `dallas-2` …: short enough to be said on a bridge. */
async function nextRunId(store: RunStore, wave: WaveId): Promise<RunId> {
  const runs = await store.list()
  const earlier = runs.filter(({ runbook }) => runbook === `wave ${wave}`)
  return runId(`${wave}-${earlier.length + 1}`)
}

async function findRun({ store, storedIn }: ApplicationParts, name: string): Promise<RunId> {
  const runs = await store.list()
  const exact = runs.find(({ run }) => run === name)
  const ofWave = runs
    .filter(({ runbook }) => runbook === `wave ${name}`)
    .sort((a, b) => b.createdAt - a.createdAt)[0]
  const found = exact ?? ofWave
  if (found === undefined) {
    const place = storedIn === undefined ? {} : { place: storedIn }
    throw new RunNotFoundError(name, { ...place, runs: runs.map(({ run }) => run) })
  }
  return found.run
}
