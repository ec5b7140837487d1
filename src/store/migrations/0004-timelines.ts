import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/**
 * Which history of which database this is, and under which one each run and authority was last written to:
 * a promoted standby, or a backup that was restored, may lack the last commits (promise 5).
 *
 * `<system identifier>/<timeline>`. The last checkpoint's record alone would say the old timeline for some
 * time after a promotion; until then the end of recovery has the new one. Everybody may call these functions
 * unless somebody took the right away; hosts that have no such thing answer in one of the ways caught here.
 * Asked with every claim, renewal, confirmation and append: a tenth of a millisecond, written so for that.
 */
export async function up(db: Kysely<Schema>): Promise<void> {
  await sql`
    create or replace function database_timeline() returns text language plpgsql stable as $$
    begin
      return (pg_control_system()).system_identifier || '/' || greatest(
        (pg_control_checkpoint()).timeline_id, (pg_control_recovery()).min_recovery_end_timeline);
    exception when insufficient_privilege or undefined_function or feature_not_supported then
      return null;
    end $$`.execute(db)
  await sql`alter table runs add column timeline text`.execute(db)
  await sql`alter table authority add column timeline text`.execute(db)
  await sql`update runs set timeline = database_timeline()`.execute(db)
  await sql`update authority set timeline = database_timeline()`.execute(db)
  await sql`
    create table timelines (
      timeline text primary key,
      since timestamptz not null default clock_timestamp()
    )`.execute(db)
}
