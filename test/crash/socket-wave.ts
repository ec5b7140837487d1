import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { type HostedLab, hostLab } from '../../src/cli/lab-host.ts'
import { verifyJournal } from '../../src/engine/journal.ts'
import type { JournalEntry } from '../../src/engine/run-event.ts'
import { foldJournal } from '../../src/engine/run-state.ts'
import { runId } from '../../src/kernel/ids.ts'
import {
  createPostgresAuthorityStore,
  createPostgresRunStore,
  migrate,
  openDatabase,
  openEmbeddedPostgres,
} from '../../src/store/index.ts'
import { describeWorld } from '../support/describe-world.ts'
import { hurried } from '../support/given.ts'
import { overriding } from '../support/override-plan.ts'
import { cloneDatabase } from '../support/postgres.ts'

/** World time per wall time: a hurried wave takes some fifteen seconds. */
const rate = 400

/** One process of `changeover`, as a user starts it. */
export interface Process {
  readonly pid: number
  /** Exit code, or the signal that ended it; everything is said then. */
  readonly ended: Promise<number | NodeJS.Signals | null>
  signal(name: NodeJS.Signals): void
  said(): string
}

/** A lab on sockets in this process, a database, and the real command line beside it. */
export interface SocketWave {
  readonly lab: HostedLab['lab']
  readonly planFile: string
  readonly dataDirectory: string
  readonly databaseUrl: string
  changeover(...args: readonly string[]): Process
  /** The same, with other settings. */
  changeoverWith(settings: NodeJS.ProcessEnv, ...args: readonly string[]): Process
  /** The same, frozen in the instruction before the first bytes leave that contain this. */
  changeoverFrozenAt(mark: string, ...args: readonly string[]): Process
  journal(): Promise<readonly JournalEntry[]>
  /** Waits for the entry with this number, or for the first that is like this; the run's end is the latest. */
  reaches(place: number | ((entry: JournalEntry) => boolean)): Promise<void>
  /** Waits until the run has ended. */
  ends(): Promise<void>
  /** What has to be the same however often a process died. */
  end(): Promise<object>
  close(): Promise<void>
}

export interface SocketWaveOptions {
  readonly wave?: 'dallas' | 'reno'
  readonly faults?: readonly string[]
  /** `own`: a server in the data directory, started by the first process; else a database of the shared one. */
  readonly database?: 'shared' | 'own'
}

export async function startSocketWave(options: SocketWaveOptions = {}): Promise<SocketWave> {
  const { wave = 'dallas', faults = [], database: which = 'shared' } = options
  const dataDirectory = await mkdtemp(join(tmpdir(), 'changeover-crash-'))
  // A server that is started for root runs as somebody else, who has to reach its files.
  await chmod(dataDirectory, 0o755)
  const server = await openServer(which, dataDirectory)
  const database = openDatabase(server.url, { connections: 2 })
  await migrate(database)
  const store = createPostgresRunStore(database)
  const hosted = await hostLab({ dataDirectory, rate, seed: 7, faults })
  const plan = hurried.edit(await readFile(hosted.planFile, 'utf8'))
  await writeFile(hosted.planFile, overriding(plan, hurried.policies))

  const children: Process[] = []
  const environment = {
    ...process.env,
    CHANGEOVER_LAB: hosted.control,
    CHANGEOVER_DATA: dataDirectory,
    DATABASE_URL: which === 'shared' ? server.url : '',
  }
  const start = (args: readonly string[], given: NodeJS.ProcessEnv) => {
    const child = startChangeover(args, given)
    children.push(child)
    return child
  }
  const run = runId(`${wave}-1`)
  const journal = () => store.readJournal(run)
  const outcome = async () => {
    const entries = await journal()
    return entries.length === 0 ? undefined : foldJournal(entries).outcome
  }
  return {
    lab: hosted.lab,
    planFile: hosted.planFile,
    dataDirectory,
    databaseUrl: server.url,
    changeover: (...args) => start(args, environment),
    changeoverWith: (settings, ...args) => start(args, { ...environment, ...settings }),
    changeoverFrozenAt: (mark, ...args) =>
      start(args, { ...environment, FREEZE_AT: mark, NODE_OPTIONS: `--import=${freezeAtSend}` }),
    journal,
    reaches: (place) => reaches(server.url, place, journal),
    ends: () => until(`${run} has ended`, async () => (await outcome()) !== undefined),
    async end() {
      const subject = hosted.lab.estate.sites.find(({ id }) => id === wave)?.record.name ?? ''
      const versions = await createPostgresAuthorityStore(database).history(subject)
      return {
        outcome: await outcome(),
        world: withoutPorts(describeWorld(hosted.lab), hosted.lab),
        versions: versions.map(({ epoch, selected, boundary }) => ({ epoch, selected, boundary })),
        journal: verifyJournal(await journal()).kind,
      }
    },
    async close() {
      await Promise.all(children.map(endChild))
      await hosted.close()
      await database.close()
      await server.close()
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}

async function openServer(which: 'shared' | 'own', dataDirectory: string) {
  if (which === 'shared') {
    const { url, drop } = await cloneDatabase()
    return { url, close: drop }
  }
  return openEmbeddedPostgres(join(dataDirectory, 'postgres'))
}

const root = resolve(import.meta.dirname, '../..')
const freezeAtSend = join(import.meta.dirname, 'freeze-at-send.ts')

/** The one that the project pins, where it is installed: it runs TypeScript as it stands. */
function nodeProgram(): string {
  const pinned = join(root, 'node_modules/.bin/node')
  return existsSync(pinned) ? pinned : process.execPath
}

function startChangeover(args: readonly string[], environment: NodeJS.ProcessEnv): Process {
  const child = spawn(nodeProgram(), ['src/cli/main.ts', ...args], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk
    })
  }
  // A test that times out is not waited for: its processes must not outlive it.
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  // Its end is not yet the end of what it said.
  const ended = once(child, 'close').then(([code, signal]) => {
    process.off('exit', kill)
    return signal ?? code
  })
  return {
    pid: child.pid ?? 0,
    ended,
    signal: (name) => void child.kill(name),
    said: () => said,
  }
}

/** A stopped process takes no other signal but this one. */
async function endChild({ signal, ended }: Process): Promise<void> {
  signal('SIGKILL')
  await ended
}

/** Waits until a process is stopped, as `ps` has it. */
export function isStopped({ pid }: Process): Promise<void> {
  return until(`process ${pid} is stopped`, () => {
    const { stdout } = spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' })
    return Promise.resolve(stdout.trim().startsWith('T'))
  })
}

const entriesThere =
  "select max(seq) as last, bool_or(event->>'kind' = 'ended') as over from journal_entries"

/** Looks every few milliseconds, so that whoever is killed then is killed in the middle of what comes next. */
async function reaches(
  url: string,
  place: number | ((entry: JournalEntry) => boolean),
  journal: SocketWave['journal'],
): Promise<void> {
  if (typeof place !== 'number') {
    await until('the entry is there', async () => (await journal()).some(place), 5)
    return
  }
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await until(
      `entry ${place} is there`,
      async () => {
        const { rows } = await client.query(entriesThere)
        return Number(rows[0]?.last ?? 0) >= place || rows[0]?.over === true
      },
      2,
    )
  } finally {
    await client.end()
  }
}

const patience = 160_000

export async function until(
  what: string,
  holds: () => Promise<boolean>,
  everyMs = 50,
): Promise<void> {
  const end = Date.now() + patience
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${what}`)
    await pause(everyMs)
  }
}

/** Each lab listens where it finds room; the same place in two labs has two ports. */
function withoutPorts(world: object, { estate }: HostedLab['lab']): object {
  const ports = Object.values(estate.gateways).map(({ port }) => String(port))
  const text = ports.reduce((all, port) => all.replaceAll(port, 'PORT'), JSON.stringify(world))
  return JSON.parse(text)
}
