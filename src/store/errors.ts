import { ChangeoverError } from '../kernel/errors.ts'

/**
 * The database did not answer: it is restarting, unreachable or overloaded. Whether what was asked is
 * done is not known; every call of the store may be repeated.
 *
 * To do: nothing if it lasts seconds, the run goes on by itself; else look whether PostgreSQL is up.
 */
export class StoreUnavailableError extends ChangeoverError {
  readonly code = 'store.unavailable'
  readonly remedy = 'retry'

  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`the database did not answer: ${reason}`, { cause })
  }
}

/**
 * The database was made by a newer version, whose tables this one does not know; nothing was changed.
 *
 * To do: run the newer version, or give another database URL or data directory.
 */
export class StoreSchemaError extends ChangeoverError {
  readonly code = 'store.schema'
  readonly remedy = 'operator'

  constructor(migration: string) {
    super(`the database has the migration ${migration}, which this version does not know`, {
      details: { migration },
    })
  }
}

/**
 * The PostgreSQL that belongs to a data directory could not be started.
 *
 * To do: read the server log that the message names; or give a database URL of your own.
 */
export class EmbeddedPostgresError extends ChangeoverError {
  readonly code = 'store.embedded-postgres'
  readonly remedy = 'operator'

  constructor(what: string, options: { readonly directory: string; readonly cause?: unknown }) {
    const { directory, cause } = options
    super(`the PostgreSQL of ${directory} ${what}`, { details: { directory }, cause })
  }
}
