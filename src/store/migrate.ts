import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { StoreSchemaError } from './errors.ts'
import { up as runs } from './migrations/0001-runs.ts'
import { up as typedRequests } from './migrations/0002-typed-requests.ts'
import { up as requestsAsOf } from './migrations/0003-requests-as-of.ts'
import { up as timelines } from './migrations/0004-timelines.ts'
import type { Schema } from './schema.ts'
import { asked } from './store-error-of.ts'
import { noteTimeline } from './timeline.ts'

type Migration = (db: Kysely<Schema>) => Promise<void>

/** In the order they are made; a merged one is never edited. */
const migrations: ReadonlyMap<string, Migration> = new Map([
  ['0001-runs', runs],
  ['0002-typed-requests', typedRequests],
  ['0003-requests-as-of', requestsAsOf],
  ['0004-timelines', timelines],
])

/**
 * Brings the database to this version's schema; does nothing when it is there. All of it is one
 * transaction under one lock, so several processes may start at once and none sees half a schema.
 *
 * @throws {StoreSchemaError} when it is of a newer version
 */
export async function migrate(database: Database): Promise<void> {
  await asked(() => database.db.transaction().execute(migrateLocked))
}

async function migrateLocked(db: Kysely<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('changeover.migrate'))`.execute(db)
  await sql`
    create table if not exists migrations (
      name text primary key,
      applied_at timestamptz not null default clock_timestamp()
    )`.execute(db)
  const { rows } = await sql<{ name: string }>`select name from migrations`.execute(db)
  const applied = new Set(rows.map((row) => row.name))
  const newer = [...applied].find((name) => !migrations.has(name))
  if (newer !== undefined) throw new StoreSchemaError(newer)
  for (const [name, up] of migrations) {
    if (applied.has(name)) continue
    await up(db)
    await sql`insert into migrations (name) values (${name})`.execute(db)
  }
  await noteTimeline.execute(db)
}
