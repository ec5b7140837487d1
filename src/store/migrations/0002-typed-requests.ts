import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/** What a person typed to confirm a step by hand; requests that were made before have none. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await sql`alter table run_requests add column typed text`.execute(db)
}
