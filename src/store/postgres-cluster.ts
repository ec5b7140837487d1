import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { EmbeddedPostgresError } from './errors.ts'
import { isAlive } from './process-registry.ts'
import { findServerAccount, runAsServer, type ServerAccount } from './server-account.ts'

/** One PostgreSQL server and its files: `cluster/` (the data), `password` and `port`. */
export interface Cluster {
  readonly bin: string
  readonly directory: string
  readonly data: string
  readonly account: ServerAccount | undefined
}

const user = 'changeover'
const largestLogBytes = 10_000_000
const startAttempts = 6
const ownerOnly = 0o600
/** Others may pass, so that the server's account reaches its data; they cannot list or read. */
const passable = 0o711

export async function openCluster(bin: string, directory: string): Promise<Cluster> {
  await mkdir(directory, { recursive: true, mode: passable })
  return { bin, directory, data: join(directory, 'cluster'), account: await findServerAccount() }
}

/** The URL of the running server, once it answers; undefined when it is not running. */
export async function runningUrl(cluster: Cluster): Promise<string | undefined> {
  if (!(await isRunning(cluster)) || !existsSync(join(cluster.directory, 'port'))) return undefined
  const url = await urlOf(cluster)
  return (await answers(url)) ? url : undefined
}

/** Starts the server, making its files the first time. On the port it had before, when that is free. */
export async function startCluster(cluster: Cluster): Promise<string> {
  if (!existsSync(cluster.data)) await createCluster(cluster)
  const log = join(cluster.data, 'server.log')
  if ((await sizeOf(log)) > largestLogBytes) await truncate(log)
  let said = ''
  for (let attempt = 0; attempt < startAttempts; attempt += 1) {
    await disownDeadPostmaster(cluster)
    // One that runs and was too busy to answer in time is waited for: a second can't be started beside it,
    // and whoever wrote down another port would hide it from everybody.
    if (await isRunning(cluster)) {
      const url = await urlOf(cluster)
      if (await answers(url)) return createDatabase(url)
      said = 'a server runs there and does not answer'
      await pause(1000)
      continue
    }
    const port = await choosePort(cluster)
    await writeFile(join(cluster.directory, 'port'), String(port), { mode: ownerOnly })
    const started = await pgCtl(cluster, [
      'start',
      '--wait',
      `--log=${log}`,
      // Commits wait for the disk; nobody but this machine can connect.
      `--options=-p ${port} -h 127.0.0.1 -c unix_socket_directories='' -c synchronous_commit=on -c max_connections=200`,
    ])
    const url = await urlOf(cluster)
    if (started.ok || (await answers(url))) return createDatabase(url)
    said = started.said
    // A killed postmaster's children need a moment to notice and let go of its memory.
    await pause(300)
  }
  throw new EmbeddedPostgresError(`did not start: ${said}; see ${log}`, cluster)
}

export async function stopCluster(cluster: Cluster): Promise<void> {
  const pid = await postmasterPid(cluster)
  if (pid === undefined || !isAlive(pid)) return
  const stopped = await pgCtl(cluster, ['stop', '--wait', '--mode=fast'])
  if (!stopped.ok && isAlive(pid)) {
    throw new EmbeddedPostgresError(`did not stop: ${stopped.said}`, cluster)
  }
}

function pgCtl(cluster: Cluster, args: readonly string[]) {
  const command = [join(cluster.bin, 'pg_ctl'), `--pgdata=${cluster.data}`, ...args] as const
  return runAsServer(cluster.account, command, [cluster.data, command[0]])
}

/** Made beside its place and moved there when whole: an interrupted first start leaves nothing half-done. */
async function createCluster(cluster: Cluster): Promise<void> {
  const { account, directory } = cluster
  const making = join(directory, 'cluster.making')
  const given = join(directory, 'password.making')
  await rm(making, { recursive: true, force: true })
  await mkdir(making, { mode: 0o700 })
  const password = randomBytes(24).toString('hex')
  await writeFile(join(directory, 'password'), password, { mode: ownerOnly })
  await writeFile(given, password, { mode: ownerOnly })
  if (account !== undefined) {
    await Promise.all([making, given].map((path) => chown(path, account.uid, account.gid)))
  }
  const initdb = join(cluster.bin, 'initdb')
  const made = await runAsServer(
    account,
    [
      initdb,
      `--pgdata=${making}`,
      `--username=${user}`,
      `--pwfile=${given}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-locale',
    ],
    [making, initdb],
  )
  await rm(given)
  if (!made.ok) throw new EmbeddedPostgresError(`could not be made: ${made.said}`, cluster)
  await rename(making, cluster.data)
}

/** The first line of PostgreSQL's own lock file. */
async function postmasterPid(cluster: Cluster): Promise<number | undefined> {
  try {
    const [line] = (await readFile(join(cluster.data, 'postmaster.pid'), 'utf8')).split('\n')
    const pid = Number(line)
    return Number.isInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** More than any system's largest process number (Linux: 2^22). */
const nobodysPid = 4_194_305

/**
 * A postmaster that was killed stays in the process table until somebody collects it, in a container
 * perhaps never, and PostgreSQL takes that for a running one. Only the number is replaced: the rest of
 * the file lets PostgreSQL find sessions that still use the data, and refuse to start beside them.
 */
async function disownDeadPostmaster(cluster: Cluster): Promise<void> {
  const pid = await postmasterPid(cluster)
  if (pid === undefined || isAlive(pid)) return
  const file = join(cluster.data, 'postmaster.pid')
  const [, ...rest] = (await readFile(file, 'utf8')).split('\n')
  await writeFile(file, [nobodysPid, ...rest].join('\n'))
}

async function isRunning(cluster: Cluster): Promise<boolean> {
  const pid = await postmasterPid(cluster)
  return pid !== undefined && isAlive(pid)
}

/** Where the running server listens, by its own word; else where the last one did. */
async function portOf(cluster: Cluster): Promise<string> {
  const noted = await readFile(join(cluster.directory, 'port'), 'utf8')
  if (!(await isRunning(cluster))) return noted
  // PostgreSQL's lock file: process, data directory, start, port.
  const lines = (await readFile(join(cluster.data, 'postmaster.pid'), 'utf8')).split('\n')
  const port = lines[3]?.trim() ?? ''
  return port === '' ? noted : port
}

async function urlOf(cluster: Cluster): Promise<string> {
  const password = await readFile(join(cluster.directory, 'password'), 'utf8')
  const port = await portOf(cluster)
  return `postgres://${user}:${password}@127.0.0.1:${port}/${user}`
}

const missingDatabase = '3D000'

async function answers(url: string): Promise<boolean> {
  try {
    await ask(url, 'select 1')
    return true
  } catch (error) {
    // It answers that our database is missing: a server that was killed between start and create.
    return typeof error === 'object' && error !== null && 'code' in error
      ? error.code === missingDatabase
      : false
  }
}

/** Makes our database in a new server; returns the URL. */
async function createDatabase(url: string): Promise<string> {
  const maintenance = url.replace(/[^/]+$/, 'postgres')
  const [found] = await ask(maintenance, `select 1 from pg_database where datname = '${user}'`)
  if (found === undefined) await ask(maintenance, `create database ${user}`)
  return url
}

async function ask(url: string, query: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query(query)).rows
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The port of before, so that a URL given out stays right, unless somebody else has it now. */
async function choosePort(cluster: Cluster): Promise<number> {
  const file = join(cluster.directory, 'port')
  const old = existsSync(file) ? Number(await readFile(file, 'utf8')) : 0
  return (await freePort(old)) ?? (await freePort(0)) ?? 0
}

/** The port if it is free; any free one for 0. */
function freePort(wanted: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(undefined))
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : undefined
      probe.close(() => resolve(port))
    })
  })
}

async function sizeOf(path: string): Promise<number> {
  return existsSync(path) ? (await stat(path)).size : 0
}
