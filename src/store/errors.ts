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
 * The database's tables could not be brought to this version's schema; nothing of the failed step stays.
 *
 * To do: read the cause. A database of a newer Changeover needs that version; else the role lacks rights.
 */
export class StoreSchemaError extends ChangeoverError {
  readonly code = 'store.schema'
  readonly remedy = 'operator'

  constructor(migration: string | undefined, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`the database's schema could not be brought up to date: ${reason}`, {
      details: migration === undefined ? {} : { migration },
      cause,
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
