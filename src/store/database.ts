import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import type { Schema } from './schema.ts'

/** An open database: a pool that recovers by itself when PostgreSQL is restarted. */
export interface Database {
  readonly db: Kysely<Schema>
  /** For connections that must be their own, such as the one that listens. */
  readonly url: string
  close(): Promise<void>
}

/** A lease renewal or a confirm that takes longer than this has failed, whatever the reason. */
const answerWithinMs = 15_000
const connectWithinMs = 5000

/** Opens a pool over `postgres://…`. Connects with the first query, so a wrong URL shows up there. */
export function openDatabase(url: string, options: { connections?: number } = {}): Database {
  const pool = new Pool({
    connectionString: url,
    max: options.connections ?? 10,
    connectionTimeoutMillis: connectWithinMs,
    query_timeout: answerWithinMs,
    keepAlive: true,
    application_name: 'changeover',
    // A commit that is reported is on disk (promise 5), whatever the server's default; a stronger
    // setting, such as remote_apply, is left as it is.
    onConnect: async (client) => {
      await client.query(
        `select set_config('synchronous_commit', 'on', false)
          where current_setting('synchronous_commit') in ('off', 'local')`,
      )
    },
  })
  // An idle connection that breaks is dropped by the pool; the next query makes a new one or says why not.
  pool.on('error', () => undefined)
  // The same for one that is in use: its query is rejected, the event alone would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  return { db, url, close: () => db.destroy() }
}
