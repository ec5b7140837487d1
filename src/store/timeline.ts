import { type RawBuilder, sql } from 'kysely'
import type { Database } from './database.ts'
import { asked } from './store-error-of.ts'

/** A table expression of one row: the history that this database is on now; null when it does not tell. */
export const here = sql`(select database_timeline() as timeline) here`

/** Whether a lease that was granted under `granted` is of the history that `here` is. */
export const isOfHere = (granted: RawBuilder<unknown>) =>
  sql`${granted} is not distinct from here.timeline`

/** Lost commits can't have granted more than this in the time by which the database's clock may be behind. */
const atLeast = 1000

/**
 * The number after `last`, which was granted under the timeline `under`: one more, while that is known to be
 * the timeline now.
 *
 * On another timeline the lost commits may have granted any number of the next ones, to a holder whose last
 * request is still on its way. So it jumps to the clock: `perSecond` for each second since 2020. Nobody is
 * granted numbers faster than that, so it is past every number granted anywhere before now, also by a
 * standby that was promoted and died, of which this one never heard, and whose number was a jump of its own.
 * A clock that is behind by less than the last promotion is old does no harm. Where the database
 * does not tell its timeline, every number is the clock's.
 */
export function numberAfter(
  last: RawBuilder<unknown>,
  under: RawBuilder<unknown>,
  perSecond: number,
  now: RawBuilder<unknown> = sql`here.timeline`,
): RawBuilder<unknown> {
  return sql`case
    when ${under} = ${now} then ${last} + 1
    when ${now} is null then greatest(${last} + 1, ${clockNumber(perSecond)})
    else greatest(${last} + ${sql.lit(atLeast)}, ${clockNumber(perSecond)}) end`
}

/** Whether this data was written to under another timeline, ever. */
const hasLivedElsewhere = sql`exists (select from timelines t where t.timeline <> here.timeline)`

/** The first number of something new: its name may have been in use, in commits that are lost. */
export function firstNumber(ordinary: number, perSecond: number): RawBuilder<unknown> {
  return sql`case
    when here.timeline is not null and not ${hasLivedElsewhere} then ${sql.lit(ordinary)} else ${clockNumber(perSecond)} end`
}

/** Versions have no clock in them, people say them; those that were granted after a lost one differ in epoch, too. */
const versionsSkipped = 1000

export const versionAfter = (
  last: RawBuilder<unknown>,
  under: RawBuilder<unknown>,
  now: RawBuilder<unknown>,
) => sql`${last} + case when ${under} <> ${now} then ${sql.lit(versionsSkipped)} else 1 end`

export const firstVersion = sql`1 + case when ${hasLivedElsewhere} then ${sql.lit(versionsSkipped)} else 0 end`

/** Fits an `integer` for 68 years at one per second: platforms keep epochs in columns of that type. */
const clockNumber = (perSecond: number) => sql`floor(
  extract(epoch from clock_timestamp() - timestamptz '2020-01-01 00:00:00+00') * ${sql.lit(perSecond)})::bigint`

/** Fencing numbers: a run is claimed far less than a thousand times in a second. */
export const fencingPerSecond = 1000
/** Epochs: each takes a step of a run, with its writes and read-backs; and they are kept as `integer`. */
export const epochsPerSecond = 1

/**
 * Of each row that is returned, sees that its commit waits for the disk (and a standby that is to be waited
 * for) whatever the role, the database or a pooler's session before has set; what is stronger stays.
 */
export const committedForGood = sql`set_config('synchronous_commit',
  case when current_setting('synchronous_commit') in ('off', 'local') then 'on'
    else current_setting('synchronous_commit') end, true)`

/** What can be known of the database's way to keep commits when it fails over. */
export interface Durability {
  /** Undefined when it does not tell: then a promotion can't be noticed. */
  readonly timeline?: string
  /** Standbys that receive what is written; commits wait for one of them only if `isWaitedFor`. */
  readonly standbys: number
  readonly isWaitedFor: boolean
}

export async function readDurability({ db }: Database): Promise<Durability> {
  const { rows } = await asked(() =>
    sql<{ timeline: string | null; standbys: number; waited_for: boolean }>`
      select here.timeline, (select count(*)::integer from pg_stat_replication) as standbys,
        current_setting('synchronous_standby_names') <> '' as waited_for
      from ${here}`.execute(db),
  )
  const [row] = rows
  return {
    ...(typeof row?.timeline === 'string' ? { timeline: row.timeline } : {}),
    standbys: row?.standbys ?? 0,
    isWaitedFor: row?.waited_for ?? false,
  }
}

/** The timeline that a migrated database is on is one under which it has lived. */
export const noteTimeline = sql`
  insert into timelines (timeline)
  select timeline from ${here} where timeline is not null on conflict do nothing`
