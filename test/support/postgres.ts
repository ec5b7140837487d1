import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { migrate, openDatabase, openEmbeddedPostgres } from '../../src/store/index.ts'

/** A database of one test file's own, with every table. */
export interface TestDatabase {
  readonly url: string
  /** Drops it, and stops the server when no other test uses it. */
  drop(): Promise<void>
}

const store = new URL('../../src/store/', import.meta.url)

/** The template is made anew whenever a migration changes. */
const template = `template_${createHash('sha256')
  .update(
    readdirSync(new URL('migrations/', store)).map(readMigration).join() +
      readFileSync(new URL('migrate.ts', store), 'utf8'),
  )
  .digest('hex')
  .slice(0, 12)}`

function readMigration(name: string): string {
  return readFileSync(new URL(`migrations/${name}`, store), 'utf8')
}

/** Shared by every test file of every run on this machine: attached to, started by whoever is first. */
export async function cloneDatabase(): Promise<TestDatabase> {
  const server = await openEmbeddedPostgres(join(tmpdir(), `changeover-tests-${userInfo().uid}`))
  const name = `test_${process.pid}_${randomUUID().slice(0, 8)}`
  await asAdministrator(server.url, async (ask) => {
    await ask(`select pg_advisory_lock(hashtext('changeover-template'))`)
    await dropAbandoned(ask)
    const [made] = await ask(`select 1 from pg_database where datname = '${template}'`)
    if (made === undefined) await makeTemplate(server.url, ask)
    await ask(`create database ${name} template ${template}`)
  })
  return {
    url: withName(server.url, name),
    drop: async () => {
      await asAdministrator(server.url, (ask) => ask(`drop database ${name} with (force)`))
      await server.close()
    },
  }
}

type Ask = (query: string) => Promise<readonly Readonly<Record<string, unknown>>[]>

async function makeTemplate(url: string, ask: Ask) {
  // Renamed when whole: a killed test leaves no half-made template behind.
  const making = `${template}_making`
  await ask(`drop database if exists ${making} with (force)`)
  await ask(`create database ${making}`)
  const database = openDatabase(withName(url, making), { connections: 1 })
  await migrate(database)
  await database.close()
  await ask(`alter database ${making} rename to ${template}`)
}

/** Databases of test processes that are gone. */
async function dropAbandoned(ask: Ask) {
  const found = await ask(`select datname as name from pg_database where datname like 'test\\_%'`)
  for (const { name } of found) {
    const pid = Number(String(name).split('_')[1])
    if (!isRunning(pid)) await ask(`drop database if exists ${String(name)} with (force)`)
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function asAdministrator<Answer>(url: string, work: (ask: Ask) => Promise<Answer>) {
  const client = new Client({ connectionString: withName(url, 'postgres') })
  await client.connect()
  try {
    return await work(async (query) => (await client.query(query)).rows)
  } finally {
    await client.end()
  }
}

export function withName(url: string, database: string): string {
  return url.replace(/[^/]+$/, database)
}
