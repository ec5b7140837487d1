import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunStore } from '../../src/engine/ports.ts'
import {
  createPostgresRunStore,
  type Database,
  type EmbeddedPostgres,
  migrate,
  openDatabase,
  openEmbeddedPostgres,
} from '../../src/store/index.ts'
import { entry, held, newRun, waiting } from '../contracts/run-store.ts'

const patience = 60_000

describe('the run store when PostgreSQL fails under it', { timeout: patience }, () => {
  let directory: string
  let server: EmbeddedPostgres
  let database: Database
  let store: RunStore
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'changeover-restart-'))
    await chmod(directory, 0o755)
    server = await openEmbeddedPostgres(directory)
    database = openDatabase(server.url)
    await migrate(database)
    store = createPostgresRunStore(database)
  }, patience)
  afterAll(async () => {
    await database?.close()
    await server?.close()
    await rm(directory, { recursive: true, force: true })
  }, patience)

  const killServer = async () => {
    const [pid] = (
      await readFile(join(directory, 'postgres/cluster/postmaster.pid'), 'utf8')
    ).split('\n')
    process.kill(Number(pid), 'SIGKILL')
  }
  const administrate = async (query: string) => {
    const client = new Client({ connectionString: server.url })
    await client.connect()
    await client.query(query)
    await client.end()
  }

  it('says store.unavailable, recovers by itself, and has kept every append that was acknowledged', async () => {
    const run = await newRun(store)
    const lease = await held(store, run)
    let interruptions = 0
    const appendUntilDurable = async (seq: number): Promise<void> => {
      try {
        await store.append(lease, [entry(run, seq, waiting(`${seq}`))])
      } catch (error) {
        expect(error).toMatchObject({ code: 'store.unavailable', remedy: 'retry' })
        interruptions += 1
        await pause(50)
        await appendUntilDurable(seq)
      }
    }

    for (let seq = 2; seq <= 20; seq += 1) await appendUntilDurable(seq)
    await killServer()
    // Its sessions live on for a moment after the server was killed.
    let last = 20
    while (interruptions === 0 || last < 40) {
      last += 1
      await appendUntilDurable(last)
      await pause(10)
    }

    expect((await store.readJournal(run)).map((each) => each.seq)).toEqual(
      Array.from({ length: last }, (_, index) => index + 1),
    )
  })

  it('still hears of requests after every connection was cut', async () => {
    const run = await newRun(store)
    const heard: string[] = []
    const end = await store.onRequest((each) => heard.push(each))
    await administrate(
      'select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null',
    )

    const ask = () => store.request({ run, verb: 'pause', by: 'ada' })
    await ask().catch(ask)

    await expect.poll(() => heard, { interval: 5, timeout: 20_000 }).toEqual([run])
    await end()
  })

  it('takes a run that somebody wrote to past the lease as lost, and commits the others', async () => {
    const runs = [await newRun(store), await newRun(store), await newRun(store)]
    const leases = await Promise.all(runs.map((run) => held(store, run)))
    const hurt = runs[1]
    await administrate(`insert into journal_entries values ('${hurt}', 2, 0, '{}', '0', '1')`)

    // All three share one commit, which the hurt one spoils: then each gets its own.
    const answers = await Promise.allSettled(
      leases.map((lease) => store.append(lease, [entry(lease.run, 2, waiting('x'))])),
    )

    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(answers[1]).toMatchObject({ reason: { code: 'engine.lease-lost' } })
  })

  it('lets 500 runs that write at once share their commits', async () => {
    const runs = await Promise.all(Array.from({ length: 500 }, () => newRun(store)))
    const leases = await Promise.all(runs.map((run) => held(store, run)))

    await Promise.all(
      leases.map((lease) => store.append(lease, [entry(lease.run, 2, waiting('x'))])),
    )

    const client = new Client({ connectionString: server.url })
    await client.connect()
    const { rows } = await client.query(
      `select count(distinct xmin::text)::integer as commits from journal_entries
        where seq = 2 and run = any($1)`,
      [runs],
    )
    await client.end()
    expect(rows[0].commits).toBeLessThan(10)
  })
})
