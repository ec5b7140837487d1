import { sql } from 'kysely'
import { LeaseLostError } from '../engine/errors.ts'
import type { Lease, RunRequest } from '../engine/ports.ts'
import type { JournalEntry } from '../engine/run-event.ts'
import type { RunId } from '../kernel/ids.ts'
import type { Database } from './database.ts'
import { pendingRequests } from './pending-requests.ts'
import { entryColumns, outcomeIn, requestOf, type StoredRequest } from './run-rows.ts'
import { sqlCodeOf } from './store-error-of.ts'
import { committedForGood, here, isOfHere } from './timeline.ts'

/** Entries of one run, to be added under one lease. */
export interface Append {
  readonly lease: Lease
  readonly entries: readonly JournalEntry[]
  readonly handled: readonly string[]
}

const uniqueViolation = '23505'

/**
 * Adds what several runs have to say in one statement, which is one commit. Each is checked by itself: a
 * lost lease refuses that run's entries and no other's.
 *
 * @returns per append, in order: when it is durable the requests that wait for its run, else why it is not
 */
export async function appendBatch(
  database: Database,
  appends: readonly Append[],
): Promise<readonly Answer[]> {
  const written = await writeAll(database, appends)
  return Promise.all(
    appends.map(async (append) => {
      const { run, holder } = append.lease
      const waiting = written.get(run)
      if (waiting !== undefined) return waiting
      if (!(await isAlreadyWritten(database, append))) return new LeaseLostError(run, holder)
      const [found = []] = await pendingRequests(database, [run])
      return found
    }),
  )
}

type Answer = readonly RunRequest[] | Error

/** The runs whose entries were written, each with the requests that wait for it. */
type Written = ReadonlyMap<RunId, readonly RunRequest[]>

async function writeAll(database: Database, appends: readonly Append[]): Promise<Written> {
  try {
    return await writeTogether(database, appends)
  } catch (error) {
    // Somebody wrote past the lease. Only one run can be hurt, so the others are written without it.
    if (sqlCodeOf(error) !== uniqueViolation) throw error
    if (appends.length === 1) return new Map()
    const each = await Promise.all(appends.map((append) => writeAll(database, [append])))
    return new Map(each.flatMap((written) => [...written]))
  }
}

/**
 * `held` locks the rows in order of run, so that two processes never wait for each other in a circle,
 * and keeps them until the commit: nobody can claim a run while its holder writes. The answer names the
 * requests that were made before it, so that nobody has to look for them after each entry.
 */
async function writeTogether(database: Database, appends: readonly Append[]): Promise<Written> {
  const entries = entryColumns(appends.flatMap((append) => append.entries))
  const handled = appends.flatMap((append) => append.handled)
  const rows = await database.often(
    'append',
    sql<{ run: RunId; waiting: readonly StoredRequest[] | null }>`
    with item as (
      select * from unnest(
        ${appends.map((append) => append.lease.run)}::text[],
        ${appends.map((append) => append.lease.holder)}::text[],
        ${appends.map((append) => append.lease.fencing)}::bigint[],
        ${appends.map((append) => append.entries[0]?.seq ?? null)}::integer[],
        ${appends.map((append) => append.entries.length)}::integer[],
        ${appends.map((append) => outcomeIn(append.entries) ?? null)}::text[],
        ${appends.map((append) => append.lease.timeline ?? null)}::text[]
      ) as item (run, holder, fencing, first_seq, added, outcome, timeline)
    ), held as (
      select r.run from ${here}, runs r join item i on i.run = r.run
      where r.lease_holder = i.holder and r.lease_fencing = i.fencing
        and r.lease_until > clock_timestamp()
        and r.entries = coalesce(i.first_seq - 1, r.entries)
        and ${isOfHere(sql`i.timeline`)}
      order by r.run
      for update of r
    ), written as (
      insert into journal_entries (run, seq, at_ms, event, previous_hash, hash)
      select e.run, e.seq, e.at_ms, e.event::json, e.previous_hash, e.hash
      from unnest(
        ${entries.runs}::text[], ${entries.seqs}::integer[], ${entries.ats}::double precision[],
        ${entries.events}::text[], ${entries.previousHashes}::text[], ${entries.hashes}::text[]
      ) as e (run, seq, at_ms, event, previous_hash, hash)
      join held on held.run = e.run
      order by e.run, e.seq
    ), seen as (
      update run_requests q set seen_at = clock_timestamp()
      from held
      where q.run = held.run and q.seen_at is null
        and q.id = any(${handled}::bigint[])
    ), counted as (
      update runs r set entries = r.entries + i.added, outcome = coalesce(i.outcome, r.outcome),
        timeline = coalesce(i.timeline, r.timeline)
      from item i join held on held.run = i.run
      where r.run = i.run
    )
    select held.run, (
      select json_agg(json_build_object('id', q.id::text, 'run', q.run, 'verb', q.verb, 'by', q.by,
        'reason', q.reason, 'second_person', q.second_person, 'step', q.step, 'typed', q.typed,
        'as_of', q.as_of)
        order by q.id)
      from run_requests q
      where q.run = held.run and q.seen_at is null and q.id <> all(${handled}::bigint[])
    ) as waiting, ${committedForGood}
    from held`,
  )
  return new Map(rows.map(({ run, waiting }) => [run, (waiting ?? []).map(requestOf)]))
}

/**
 * An append whose answer was lost with the connection is repeated by its caller: when exactly these
 * entries are the journal's end, under this lease, it has been done.
 */
async function isAlreadyWritten({ db }: Database, append: Append): Promise<boolean> {
  const last = append.entries.at(-1)
  if (last === undefined) return false
  const { rows } = await sql`
    select 1 from ${here}, runs r join journal_entries j on j.run = r.run and j.seq = r.entries
    where r.run = ${append.lease.run} and r.lease_holder = ${append.lease.holder}
      and r.lease_fencing = ${append.lease.fencing} and r.lease_until > clock_timestamp()
      and j.seq = ${last.seq} and j.hash = ${last.hash}
      and ${isOfHere(sql`${append.lease.timeline ?? null}::text`)}`.execute(db)
  return rows.length > 0
}
