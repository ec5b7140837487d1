import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/**
 * Runs, their journals, operators' requests, and the record of authority.
 *
 * Instants of world time are double precision milliseconds: the lab's clock ticks in fractions and may
 * say "never", and a journal's hash must survive the way through the database. Leases are timed by the
 * database's own clock. Events are `json`, not `jsonb`: their text stays as it was hashed, and a vendor's
 * message with a NUL in it, which jsonb refuses, must not stop a run.
 */
export async function up(db: Kysely<Schema>): Promise<void> {
  await createRuns(db)
  await createAuthority(db)
  await makeAppendOnly(db, 'journal_entries')
  await makeAppendOnly(db, 'authority_history')
}

async function createRuns(db: Kysely<Schema>) {
  await sql`
    create table runs (
      run text primary key,
      runbook text not null,
      created_at_ms double precision not null,
      outcome text check (outcome in ('done', 'back', 'cancelled')),
      wake_at_ms double precision not null,
      entries integer not null check (entries >= 1),
      lease_holder text,
      lease_fencing bigint not null default 0,
      lease_until timestamptz,
      check ((lease_holder is null) = (lease_until is null))
    )`.execute(db)
  await sql`create unique index runs_one_open_per_runbook on runs (runbook) where outcome is null`.execute(
    db,
  )
  await sql`create index runs_by_wake on runs (wake_at_ms) where outcome is null`.execute(db)
  await sql`
    create table journal_entries (
      run text not null references runs,
      seq integer not null check (seq >= 1),
      at_ms double precision not null,
      event json not null,
      previous_hash text not null,
      hash text not null,
      primary key (run, seq)
    )`.execute(db)
  await sql`
    create table run_requests (
      id bigint generated always as identity primary key,
      run text not null references runs,
      verb text not null,
      by text not null,
      reason text,
      second_person text,
      step text,
      requested_at timestamptz not null default clock_timestamp(),
      seen_at timestamptz
    )`.execute(db)
  await sql`create index run_requests_unseen on run_requests (run, id) where seen_at is null`.execute(
    db,
  )
}

async function createAuthority(db: Kysely<Schema>) {
  const columns = sql`
      subject text not null,
      policy_version integer not null,
      policy text not null,
      boundary integer not null check (boundary between 0 and 10000),
      selected text not null check (selected in ('source', 'target')),
      epoch integer not null check (epoch >= 1),
      since_ms double precision not null,
      by_run text not null`
  await sql`create table authority (${columns}, primary key (subject))`.execute(db)
  await sql`
    create table authority_history (${columns},
      recorded_at timestamptz not null default clock_timestamp(),
      primary key (subject, epoch)
    )`.execute(db)
}

/** What was recorded is never changed: not by us, not by hand, not by mistake (X15). */
async function makeAppendOnly(db: Kysely<Schema>, table: string) {
  await sql`
    create or replace function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
    end $$`.execute(db)
  await sql`
    create trigger append_only before update or delete on ${sql.table(table)}
      for each row execute function refuse_change()`.execute(db)
  await sql`
    create trigger append_only_whole before truncate on ${sql.table(table)}
      for each statement execute function refuse_change()`.execute(db)
}
