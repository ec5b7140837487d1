import { type Kysely, sql } from 'kysely'
import {
  type Authority,
  type AuthorityChange,
  AuthorityMovedError,
  type AuthorityStore,
} from '../features/authority/index.ts'
import { epoch } from '../kernel/authority.ts'
import { runId } from '../kernel/ids.ts'
import { epochMs } from '../kernel/units.ts'
import type { Database } from './database.ts'
import type { AuthorityRow, Schema } from './schema.ts'
import { asked } from './store-error-of.ts'
import {
  committedForGood,
  epochsPerSecond,
  firstNumber,
  firstVersion,
  here,
  numberAfter,
  versionAfter,
} from './timeline.ts'

/** Authority in PostgreSQL: the change and its record are one commit. */
export function createPostgresAuthorityStore(database: Database): AuthorityStore {
  const { db } = database
  return {
    read: (subject) => asked(() => readAuthority(db, subject)),
    history: (subject) => asked(() => readHistory(db, subject)),
    compareAndSet: (expectedEpoch, next) => asked(() => compareAndSet(db, expectedEpoch, next)),
  }
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
  next: AuthorityChange,
): Promise<Authority> {
  const { rows } = await sql<AuthorityRow>`
    with changed as (
      insert into authority
        (subject, policy_version, policy, boundary, selected, epoch, since_ms, by_run, timeline)
      select ${next.subject}, ${firstVersion}, ${next.policy}, ${next.boundary}::integer, ${next.selected},
        ${firstNumber(1, epochsPerSecond)}, ${next.since}::double precision, ${next.byRun}, here.timeline
      from ${here}
      where ${expectedEpoch}::integer = 0
        or exists (select from authority where subject = ${next.subject})
      on conflict (subject) do update set
        policy_version = ${versionAfter(sql`authority.policy_version`, sql`authority.timeline`, sql`excluded.timeline`)}, policy = excluded.policy,
        boundary = excluded.boundary, selected = excluded.selected, epoch = ${numberAfter(sql`authority.epoch`, sql`authority.timeline`, epochsPerSecond, sql`excluded.timeline`)},
        since_ms = excluded.since_ms, by_run = excluded.by_run, timeline = excluded.timeline
      where authority.epoch = ${expectedEpoch}::integer
      returning *
    ), recorded as (
      insert into authority_history
        (subject, policy_version, policy, boundary, selected, epoch, since_ms, by_run)
      select subject, policy_version, policy, boundary, selected, epoch, since_ms, by_run
      from changed
    )
    select *, ${committedForGood} from changed`.execute(db)
  const [made] = rows
  if (made !== undefined) return authorityOf(made)
  const found = (await readAuthority(db, next.subject))?.epoch ?? 0
  throw new AuthorityMovedError(next.subject, expectedEpoch, found)
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
