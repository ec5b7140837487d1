import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/** How much of the journal whoever asks had seen; requests that were made before don't say. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await sql`alter table run_requests add column as_of integer`.execute(db)
}
