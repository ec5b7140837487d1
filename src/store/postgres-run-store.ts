import { type Kysely, sql } from 'kysely'
import { LeaseLostError, RunAlreadyOpenError, RunNotFoundError } from '../engine/errors.ts'
import type { Lease, RunRequest, RunStore } from '../engine/ports.ts'
import type { JournalEntry } from '../engine/run-event.ts'
import { type RunId, runId } from '../kernel/ids.ts'
import { type EpochMs, epochMs, type Milliseconds, ms } from '../kernel/units.ts'
import { type Append, appendBatch } from './append-batch.ts'
import type { Database } from './database.ts'
import { createGroupCommit } from './group-commit.ts'
import { createGroupRead, type GroupRead } from './group-read.ts'
import { pendingRequests } from './pending-requests.ts'
import {
  entryColumns,
  entryOf,
  outcomeIn,
  type StoredEntry,
  type StoredSummary,
  summaryOf,
} from './run-rows.ts'
import type { Schema } from './schema.ts'
import { asked } from './store-error-of.ts'
import {
  committedForGood,
  fencingPerSecond,
  firstNumber,
  here,
  isOfHere,
  numberAfter,
} from './timeline.ts'
import { requestChannel, watchRequests } from './watch-requests.ts'

/** Keeps one statement's parameters, and the wait behind it, small. */
const largestGroup = 500

/** Runs in PostgreSQL: leases by the database's clock, appends and looks of many runs in shared queries. */
export function createPostgresRunStore(database: Database): RunStore {
  const { db } = database
  const commits = createGroupCommit<Append, readonly RunRequest[]>(
    (append) => append.lease.run,
    (appends) => appendBatch(database, appends),
    largestGroup,
  )
  const holds = createGroupRead<Lease, boolean>((leases) => areHeld(database, leases), largestGroup)
  const looks = createGroupRead<RunId, readonly RunRequest[]>(
    (runs) => pendingRequests(database, runs),
    largestGroup,
  )
  return {
    create: (first, runbookName) => asked(() => createRun(db, first, runbookName)),
    readJournal: (run, after = 0) => asked(() => readJournal(database, run, after)),
    list: () => asked(() => listRuns(db)),
    claim: (holder, leaseFor, now, only) =>
      asked(() => claim(database, { holder, leaseFor, now, only })),
    renew: (lease, leaseFor) => asked(() => renew(db, lease, leaseFor)),
    confirm: (lease) => asked(() => confirm(holds, lease)),
    release: (lease, wakeAt) => asked(() => release(database, lease, wakeAt)),
    append: (lease, entries, handled = []) => asked(() => commits.add({ lease, entries, handled })),
    request: (request) => asked(() => makeRequest(db, request)),
    pendingRequests: (run) => asked(() => looks.ask(run)),
    onRequest: (listener) => asked(() => watchRequests(database, listener)),
  }
}

async function createRun(db: Kysely<Schema>, first: JournalEntry, runbook: string): Promise<void> {
  const { runs, seqs, ats, events, previousHashes, hashes } = entryColumns([first])
  const { rows } = await sql<{ run: string }>`
    with created as (
      insert into runs
        (run, runbook, created_at_ms, wake_at_ms, entries, outcome, timeline, lease_fencing)
      select ${first.run}, ${runbook}, ${first.at}::double precision, ${first.at}::double precision,
        1, ${outcomeIn([first]) ?? null}, here.timeline, ${firstNumber(0, fencingPerSecond)}
      from ${here}
      on conflict do nothing
      returning run
    ), written as (
      insert into journal_entries (run, seq, at_ms, event, previous_hash, hash)
      select created.run, ${seqs[0]}::integer, ${ats[0]}::double precision, ${events[0]}::json,
        ${previousHashes[0]}, ${hashes[0]}
      from created
    )
    select run, ${committedForGood} from created`.execute(db)
  if (rows.length === 0) await refuseSecondRun(db, runbook, runId(runs[0] ?? first.run))
}

async function refuseSecondRun(db: Kysely<Schema>, runbook: string, run: RunId): Promise<never> {
  const { rows } = await sql<{ run: string }>`
    select run from runs where runbook = ${runbook} and outcome is null`.execute(db)
  throw new RunAlreadyOpenError(runbook, runId(rows[0]?.run ?? run))
}

async function readJournal(
  database: Database,
  run: RunId,
  after: number,
): Promise<readonly JournalEntry[]> {
  const rows = await database.often(
    'journal',
    sql<StoredEntry>`
      select run, seq, at_ms, event, previous_hash, hash
      from journal_entries where run = ${run} and seq > ${after} order by seq`,
  )
  return rows.map(entryOf)
}

async function listRuns(db: Kysely<Schema>) {
  const { rows } = await sql<StoredSummary>`
    select run, runbook, created_at_ms, outcome, wake_at_ms, entries,
      case when lease_until > clock_timestamp() then lease_holder end as holder
    from runs order by created_at_ms, run`.execute(db)
  return rows.map(summaryOf)
}

interface Claim {
  readonly holder: string
  readonly leaseFor: Milliseconds
  readonly now: EpochMs
  readonly only: RunId | undefined
}

/**
 * A lease that ran out without being released left its run in the middle, so the claim makes a run due
 * for good until its holder says otherwise: it is looked at again even when the request that woke it has
 * been handled in between.
 */
async function claim(database: Database, wish: Claim): Promise<Lease | undefined> {
  // Two statements, because one plan for both would look at every run for the sake of the one that is named.
  const named = wish.only === undefined ? sql`true` : sql`r.run = ${wish.only}`
  const [row] = await database.often(
    wish.only === undefined ? 'claim-any' : 'claim',
    sql<{
      run: string
      fencing: string
      until_ms: number
      taken_over: boolean
      due_since_ms: number
      timeline: string | null
      written_under: string | null
    }>`
    with here as (select * from ${here}), candidate as (
      select r.run, r.lease_holder is not null as taken_over, r.wake_at_ms as due_since_ms,
        r.timeline as written_under
      from runs r, here
      where r.outcome is null
        and ${named}
        and (r.lease_until is null or r.lease_until <= clock_timestamp())
        and (r.wake_at_ms <= ${wish.now}::double precision or r.timeline <> here.timeline or exists (
          select from run_requests q where q.run = r.run and q.seen_at is null))
      order by r.wake_at_ms, r.run
      limit 1
      for update of r skip locked
    )
    update runs r set lease_holder = ${wish.holder}, lease_fencing = ${numberAfter(sql`r.lease_fencing`, sql`r.timeline`, fencingPerSecond)},
      lease_until = clock_timestamp() + ${wish.leaseFor}::double precision * interval '1 ms',
      wake_at_ms = least(r.wake_at_ms, ${wish.now}::double precision)
    from candidate, here where r.run = candidate.run
    returning r.run, r.lease_fencing as fencing, candidate.taken_over, candidate.due_since_ms,
      here.timeline, candidate.written_under, ${committedForGood},
      (extract(epoch from r.lease_until) * 1000)::double precision as until_ms`,
  )
  if (row === undefined) return undefined
  const { timeline, written_under: before } = row
  return {
    ...(timeline === null ? {} : { timeline }),
    ...(timeline === null || before === null || before === timeline
      ? {}
      : { promotedFrom: before }),
    run: runId(row.run),
    holder: wish.holder,
    fencing: Number(row.fencing),
    until: epochMs(row.until_ms),
    takenOver: row.taken_over,
    dueSince: epochMs(row.due_since_ms),
    quarantine: ms(0),
  }
}

const isHeldBy = (lease: Lease) => sql`
  run = ${lease.run} and lease_holder = ${lease.holder} and lease_fencing = ${lease.fencing}
  and lease_until > clock_timestamp() and ${isOfHere(sql`${lease.timeline ?? null}::text`)}`

async function renew(db: Kysely<Schema>, lease: Lease, leaseFor: Milliseconds): Promise<Lease> {
  const { rows } = await sql<{ until_ms: number }>`
    update runs
    set lease_until = clock_timestamp() + ${leaseFor}::double precision * interval '1 ms'
    from ${here}
    where ${isHeldBy(lease)}
    returning (extract(epoch from lease_until) * 1000)::double precision as until_ms`.execute(db)
  const row = rows[0]
  if (row === undefined) throw new LeaseLostError(lease.run, lease.holder)
  return { ...lease, until: epochMs(row.until_ms) }
}

async function confirm(holds: GroupRead<Lease, boolean>, lease: Lease): Promise<void> {
  if (!(await holds.ask(lease))) throw new LeaseLostError(lease.run, lease.holder)
}

/** Of each lease, whether it is in force now, by the database's clock. */
async function areHeld(database: Database, leases: readonly Lease[]): Promise<readonly boolean[]> {
  const rows = await database.often(
    'confirm',
    sql<{ held: boolean }>`
      select r.run is not null as held
      from unnest(
        ${leases.map((lease) => lease.run)}::text[],
        ${leases.map((lease) => lease.holder)}::text[],
        ${leases.map((lease) => lease.fencing)}::bigint[],
        ${leases.map((lease) => lease.timeline ?? null)}::text[]
      ) with ordinality as lease (run, holder, fencing, timeline, place)
      cross join ${here}
      left join runs r on r.run = lease.run and r.lease_holder = lease.holder
        and r.lease_fencing = lease.fencing and r.lease_until > clock_timestamp()
        and ${isOfHere(sql`lease.timeline`)}
      order by lease.place`,
  )
  return rows.map((row) => row.held)
}

async function release(database: Database, lease: Lease, wakeAt: EpochMs): Promise<void> {
  await database.often(
    'release',
    sql<object>`
      update runs set lease_holder = null, lease_until = null, wake_at_ms = ${wakeAt}::double precision
      from ${here}
      where ${isHeldBy(lease)}`,
  )
}

/** One statement, so the notification leaves with the commit: whoever is called finds the row. */
async function makeRequest(db: Kysely<Schema>, request: Omit<RunRequest, 'id'>): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    with made as (
      insert into run_requests (run, verb, by, reason, second_person, step, typed, as_of)
      select run, ${request.verb}, ${request.by}, ${request.reason ?? null},
        ${request.secondPerson ?? null}, ${request.step ?? null}, ${request.typed ?? null},
        ${request.asOf ?? null}::integer
      from runs where run = ${request.run}
      returning id, run
    )
    select id, pg_notify(${requestChannel}, id || ' ' || run) from made`.execute(db)
  const made = rows[0]
  if (made === undefined) throw new RunNotFoundError(request.run)
  return made.id
}
