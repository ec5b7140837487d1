import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Database } from './database.ts'
import { StoreSchemaError } from './errors.ts'
import { up as runs } from './migrations/0001-runs.ts'
import { storeErrorOf } from './store-error-of.ts'

/** In the order they are made; a merged one is never edited. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-runs': { up: (db: Kysely<never>) => runs(db) },
}

/** Brings the database to this version's schema; does nothing when it is there. Safe from several processes at once. */
export async function migrate(database: Database): Promise<void> {
  const migrator = new Migrator({
    db: database.db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  })
  const { error, results } = await migrator.migrateToLatest()
  if (error === undefined) return
  const failed = results?.find((result) => result.status === 'Error')?.migrationName
  const known = storeErrorOf(error)
  throw known === error ? new StoreSchemaError(failed, error) : known
}
