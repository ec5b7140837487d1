import { type Kysely, sql } from 'kysely'
import {
  type Authority,
  AuthorityMovedError,
  type AuthorityStore,
} from '../features/authority/index.ts'
import { epoch } from '../kernel/authority.ts'
import { runId } from '../kernel/ids.ts'
import { invariant } from '../kernel/invariant.ts'
import { epochMs } from '../kernel/units.ts'
import type { Database } from './database.ts'
import type { AuthorityRow, Schema } from './schema.ts'
import { asked } from './store-error-of.ts'

/** Authority in PostgreSQL: the change and its record are one commit. */
export function createPostgresAuthorityStore(database: Database): AuthorityStore {
  const { db } = database
  return {
    read: (subject) => asked(() => readAuthority(db, subject)),
    history: (subject) => asked(() => readHistory(db, subject)),
    compareAndSet: (expectedEpoch, next) => asked(() => compareAndSet(db, expectedEpoch, next)),
  }
}

/** Authority in this process's memory, for simulations and tests. */
export function createMemoryAuthorityStore(): AuthorityStore {
  const histories = new Map<string, readonly Authority[]>()
  const historyOf = (subject: string) => histories.get(subject) ?? []
  return {
    read: (subject) => Promise.resolve(historyOf(subject).at(-1)),
    history: (subject) => Promise.resolve(historyOf(subject)),
    // Thrown inside a promise's executor: a refusal is a rejection, as it is in PostgreSQL.
    compareAndSet: (expectedEpoch, next) =>
      new Promise((resolve) => {
        mustBeNext(expectedEpoch, next)
        const history = historyOf(next.subject)
        const found = history.at(-1)?.epoch ?? 0
        if (found !== expectedEpoch) {
          throw new AuthorityMovedError(next.subject, expectedEpoch, found)
        }
        histories.set(next.subject, [...history, { ...next }])
        resolve()
      }),
  }
}

function mustBeNext(expectedEpoch: number, next: Authority) {
  invariant(
    next.epoch === expectedEpoch + 1,
    `epoch ${next.epoch} of ${next.subject} does not follow ${expectedEpoch}`,
  )
}

async function readAuthority(db: Kysely<Schema>, subject: string): Promise<Authority | undefined> {
  const row = await db
    .selectFrom('authority')
    .selectAll()
    .where('subject', '=', subject)
    .executeTakeFirst()
  return row === undefined ? undefined : authorityOf(row)
}

async function readHistory(db: Kysely<Schema>, subject: string): Promise<readonly Authority[]> {
  const rows = await db
    .selectFrom('authority_history')
    .selectAll()
    .where('subject', '=', subject)
    .orderBy('epoch')
    .execute()
  return rows.map(authorityOf)
}

/**
 * The first epoch is an insert, every later one an update of the epoch expected; both are one statement,
 * and the row's lock makes two at once one after the other.
 */
async function compareAndSet(
  db: Kysely<Schema>,
  expectedEpoch: number,
  next: Authority,
): Promise<void> {
  mustBeNext(expectedEpoch, next)
  const row = rowOf(next)
  const { rows } = await sql`
    with changed as (
      insert into authority (subject, policy_version, policy, boundary, selected, epoch, since_ms, by_run)
      select ${row.subject}, ${row.policy_version}::integer, ${row.policy}, ${row.boundary}::integer,
        ${row.selected}, ${row.epoch}::integer, ${row.since_ms}::double precision, ${row.by_run}
      where ${expectedEpoch}::integer = 0
        or exists (select from authority where subject = ${row.subject})
      on conflict (subject) do update set
        policy_version = excluded.policy_version, policy = excluded.policy,
        boundary = excluded.boundary, selected = excluded.selected, epoch = excluded.epoch,
        since_ms = excluded.since_ms, by_run = excluded.by_run
      where authority.epoch = ${expectedEpoch}::integer
      returning *
    ), recorded as (
      insert into authority_history
        (subject, policy_version, policy, boundary, selected, epoch, since_ms, by_run)
      select subject, policy_version, policy, boundary, selected, epoch, since_ms, by_run
      from changed
    )
    select 1 from changed`.execute(db)
  if (rows.length > 0) return
  const found = (await readAuthority(db, next.subject))?.epoch ?? 0
  throw new AuthorityMovedError(next.subject, expectedEpoch, found)
}

function rowOf(authority: Authority): AuthorityRow {
  return {
    subject: authority.subject,
    policy_version: authority.policyVersion,
    policy: authority.policy,
    boundary: authority.boundary,
    selected: authority.selected,
    epoch: authority.epoch,
    since_ms: authority.since,
    by_run: authority.byRun,
  }
}

function authorityOf(row: AuthorityRow): Authority {
  return {
    subject: row.subject,
    policyVersion: row.policy_version,
    policy: row.policy,
    boundary: row.boundary,
    selected: row.selected,
    epoch: epoch(row.epoch),
    since: epochMs(row.since_ms),
    byRun: runId(row.by_run),
  }
}
