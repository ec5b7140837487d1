import { Kysely, PostgresDialect, type RawBuilder } from 'kysely'
import { Pool, type QueryConfig } from 'pg'
import type { Schema } from './schema.ts'
import { sqlCodeOf } from './store-error-of.ts'

/** An open database: a pool that recovers by itself when PostgreSQL is restarted. */
export interface Database {
  readonly db: Kysely<Schema>
  /** For connections that must be their own, such as the one that listens. */
  readonly url: string
  /**
   * Runs a statement that is sent again and again: PostgreSQL parses and plans it once per connection.
   *
   * @param name one name, one statement
   */
  often<Row extends object>(name: string, statement: RawBuilder<Row>): Promise<readonly Row[]>
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
  return {
    db,
    url,
    often: createOften(pool, db),
    close: () => db.destroy(),
  }
}

/**
 * A pooler between us and the server may give each statement another connection, one that does not know
 * the name (26000) or has it already (42P05). Said before anything is done, so it is asked again without.
 */
const namesAreOfNoUse = ['26000', '42P05']
/** The plan is of a table that another version has altered since. Said before anything is done, too. */
const planIsOfNoUse = '0A000'

function createOften(pool: Pool, db: Kysely<Schema>): Database['often'] {
  let useNames = true
  return async <Row extends object>(name: string, statement: RawBuilder<Row>) => {
    const { sql: text, parameters } = statement.compile(db)
    const values = [...parameters]
    const ask = async (query: QueryConfig) => (await pool.query<Row>(query)).rows
    if (!useNames) return ask({ text, values })
    try {
      return await ask({ name, text, values })
    } catch (error) {
      const code = sqlCodeOf(error) ?? ''
      if (namesAreOfNoUse.includes(code)) useNames = false
      else if (code !== planIsOfNoUse) throw error
      return ask({ text, values })
    }
  }
}
