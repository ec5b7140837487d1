import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { embeddedBinaries } from '../../src/store/postgres-binaries.ts'
import { findServerAccount, runAsServer } from '../../src/store/server-account.ts'

/** A primary and a standby that streams from it, both real. */
export interface ReplicatedPostgres {
  /** Of whichever server answers at the primary's port: a failover moves no client. */
  readonly url: string
  ask(query: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Waits until the standby has everything that is committed now. */
  catchUp(): Promise<void>
  /** From here on the standby receives nothing. */
  cutStreaming(): Promise<void>
  /** `kill -9`, then the standby is promoted, and answers at the primary's port. @returns what it said before its first checkpoint */
  failOver(): Promise<unknown>
  close(): Promise<void>
}

const user = 'changeover'

export async function startReplicatedPostgres(binaries?: string): Promise<ReplicatedPostgres> {
  const bin = binaries ?? (await embeddedBinaries())
  const home = await mkdtemp(join(tmpdir(), 'changeover-replicated-'))
  await chmod(home, 0o777)
  const account = await findServerAccount()
  const run = async (program: string, ...args: string[]) => {
    const command = [join(bin, program), ...args] as const
    const { ok, said } = await runAsServer(account, command, [home, command[0]])
    if (!ok) throw new Error(`${program}: ${said}`)
  }
  const start = (data: string, port: number) =>
    run(
      'pg_ctl',
      'start',
      '--wait',
      `--pgdata=${data}`,
      `--log=${data}.log`,
      `--options=-p ${port} -h 127.0.0.1 -c unix_socket_directories='' -c fsync=off -c shared_buffers=16MB`,
    )
  const [primary, standby] = [join(home, 'primary'), join(home, 'standby')]
  const [port, other] = [await freePort(), await freePort()]
  const urlOf = (at: number) => `postgres://${user}@127.0.0.1:${at}/postgres`
  const end = (data: string) =>
    run('pg_ctl', 'stop', '--mode=immediate', `--pgdata=${data}`).catch(() => undefined)

  await run('initdb', `--pgdata=${primary}`, `--username=${user}`, '--auth=trust', '--no-sync')
  await start(primary, port)
  await copyServer(urlOf(port), primary, standby, async () => {
    // Who started it owns the copy, if that is not ourselves.
    if (account !== undefined)
      await runAsServer(undefined, ['chown', '-R', `${account.uid}:${account.gid}`, standby], [])
  })
  await start(standby, other)

  return {
    url: urlOf(port),
    ask: (query) => ask(urlOf(port), query),
    async catchUp() {
      const [row] = await ask(urlOf(port), 'select pg_current_wal_lsn() as lsn')
      await until(async () => {
        const query = `select pg_last_wal_replay_lsn() >= '${row?.['lsn']}' as there`
        return (await ask(urlOf(other), query))[0]?.['there'] === true
      })
    },
    async cutStreaming() {
      await ask(urlOf(other), "alter system set primary_conninfo = ''")
      await ask(urlOf(other), 'select pg_reload_conf()')
      await until(
        async () => (await ask(urlOf(other), 'select 1 from pg_stat_wal_receiver')).length === 0,
      )
    },
    async failOver() {
      process.kill(await postmaster(primary), 'SIGKILL')
      await run('pg_ctl', 'promote', '--wait', `--pgdata=${standby}`)
      const [row] = await ask(urlOf(other), 'select database_timeline() as timeline')
      await run('pg_ctl', 'stop', '--wait', '--mode=fast', `--pgdata=${standby}`)
      await until(async () => (await freePort(port)) === port)
      await start(standby, port)
      return row?.['timeline']
    },
    async close() {
      await Promise.all([end(primary), end(standby)])
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** A base backup, by hand: the embedded server comes without the program for it. */
async function copyServer(
  url: string,
  from: string,
  to: string,
  own: () => Promise<void>,
): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query("select pg_backup_start('standby', true)")
    const skipped = ['postmaster.pid', 'postmaster.opts']
    await cp(from, to, {
      recursive: true,
      filter: (path) => !skipped.some((name) => path.endsWith(name)),
    })
    const { rows } = await client.query('select labelfile from pg_backup_stop(false)')
    await writeFile(join(to, 'backup_label'), rows[0].labelfile)
  } finally {
    await client.end()
  }
  const { port } = new URL(url)
  await writeFile(join(to, 'standby.signal'), '')
  await writeFile(
    join(to, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${port} user=${user}'\n`,
  )
  await chmod(to, 0o700)
  await own()
}

async function postmaster(data: string): Promise<number> {
  const [line] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')
  return Number(line)
}

async function ask(url: string, query: string) {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(query)).rows
  } finally {
    await client.end()
  }
}

function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(-1))
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : -1),
      )
    })
  })
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()); await pause(50))
    if (Date.now() > end) throw new Error('not within 30 s')
}
