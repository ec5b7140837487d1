import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { type Database, migrate, openDatabase, openEmbeddedPostgres } from '../src/store/index.ts'
import type { Bench, BenchOptions, Figure } from './figure.ts'
import { flushMs } from './machine.ts'

/** A PostgreSQL of the benchmark's own: what others do to theirs costs us processor time only. */
export interface BenchPostgres {
  readonly url: string
  readonly database: Database
  /** Version and the settings that decide what a commit costs. */
  readonly facts: string
  close(): Promise<void>
}

/** A benchmark that has such a server for as long as it measures. */
export function postgresBench(
  name: string,
  measureIn: (postgres: BenchPostgres, options: BenchOptions) => Promise<readonly Figure[]>,
): Bench {
  return {
    name,
    async measure(options) {
      const postgres = await openBenchPostgres()
      try {
        options.report(postgres.facts)
        return await measureIn(postgres, options)
      } finally {
        await postgres.close()
      }
    },
  }
}

async function openBenchPostgres(): Promise<BenchPostgres> {
  const home = await mkdtemp(join(tmpdir(), 'changeover-bench-'))
  const flush = await flushMs(home)
  const server = await openEmbeddedPostgres(home)
  const database = openDatabase(server.url)
  await migrate(database)
  return {
    url: server.url,
    database,
    facts: `${await describe(server.url)}, one flush of 8 kB takes ${flush.toFixed(2)} ms`,
    async close() {
      await database.close()
      await server.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function describe(url: string): Promise<string> {
  const [version, ...settings] = await Promise.all(
    ['server_version', 'synchronous_commit', 'fsync', 'wal_sync_method'].map(async (name) => {
      const value = await askOne(url, `show ${name}`)
      return name === 'server_version' ? `PostgreSQL ${value}` : `${name} ${value}`
    }),
  )
  return [version, ...settings].join(', ')
}

/** Empties the write-ahead log's backlog, so that no run pays for the one before. */
export async function settle(url: string): Promise<void> {
  await askOne(url, 'vacuum analyze')
  await askOne(url, 'checkpoint')
}

async function askOne(url: string, query: string): Promise<unknown> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(query)
    return Object.values(rows[0] ?? {})[0]
  } finally {
    await client.end()
  }
}
