import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { epochMs } from '../../src/kernel/units.ts'
import {
  createPostgresAuthorityStore,
  createPostgresRunStore,
  type Database,
  migrate,
  openDatabase,
  readDurability,
} from '../../src/store/index.ts'
import { entry, held, newRun, waiting } from '../contracts/run-store.ts'
import { cloneDatabase, type TestDatabase } from '../support/postgres.ts'
import { pretendTimeline } from '../support/pretend-timeline.ts'

const opened: Database[] = []
const open = (url: string) => {
  const database = openDatabase(url, { connections: 1 })
  opened.push(database)
  return database
}

describe('how commits are kept', () => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await cloneDatabase()
  }, 60_000)
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()))
    await test?.drop()
  })

  const administrate = async (...queries: readonly string[]) => {
    const client = new Client({ connectionString: test.url })
    await client.connect()
    try {
      let rows: readonly Record<string, unknown>[] = []
      for (const query of queries) rows = (await client.query(query)).rows
      return rows
    } finally {
      await client.end()
    }
  }
  const nameOf = (url: string) => new URL(url).pathname.slice(1)
  const byDefault = (setting: string) =>
    administrate(`alter database ${nameOf(test.url)} set synchronous_commit = ${setting}`)

  it.each([
    ['off', 'on'],
    ['local', 'on'],
    ['on', 'on'],
    ['remote_write', 'remote_write'],
    ['remote_apply', 'remote_apply'],
  ])('X7 a default of %s becomes %s', async (setting, found) => {
    await byDefault(setting)

    const rows = await open(test.url)
      .db.selectNoFrom((eb) =>
        eb.fn<string>('current_setting', [eb.val('synchronous_commit')]).as('found'),
      )
      .execute()

    expect(rows).toEqual([{ found }])
  })

  it('X7 journal, lease and authority wait for the disk also on a session that a pooler has left at off', async () => {
    await byDefault('off')
    // What the setting is as each of these commits.
    await administrate(
      'create table commits (what text, setting text)',
      `create function note_commit() returns trigger language plpgsql as $$
        begin
          insert into commits values (tg_table_name, current_setting('synchronous_commit'));
          return null;
        end $$`,
      ...['runs', 'journal_entries', 'authority_history'].map(
        (table) => `create constraint trigger noted after insert or update on ${table}
          deferrable initially deferred for each row execute function note_commit()`,
      ),
    )
    const database = open(test.url)
    const store = createPostgresRunStore(database)
    const leaveOff = () =>
      database.db
        .selectNoFrom((eb) =>
          eb.fn('set_config', [eb.val('synchronous_commit'), eb.val('off'), eb.lit(false)]).as('o'),
        )
        .execute()

    await leaveOff()
    const run = await newRun(store)
    await store.append(await held(store, run), [entry(run, 2, waiting('x'))])
    await createPostgresAuthorityStore(database).compareAndSet(0, {
      subject: 'dallas.example',
      policy: 'p',
      boundary: 0,
      selected: 'source',
      since: epochMs(0),
      byRun: run,
    })
    const noted = await administrate('select distinct what, setting from commits order by what')
    await administrate('drop function note_commit cascade')

    expect(noted).toEqual([
      { what: 'authority_history', setting: 'on' },
      { what: 'journal_entries', setting: 'on' },
      { what: 'runs', setting: 'on' },
    ])
  })

  it('X7 an ordinary user without any right can tell the timeline', async () => {
    await administrate(
      'drop role if exists changeover_plain',
      `create role changeover_plain login password 'plain'`,
    )
    const url = new URL(test.url)
    url.username = 'changeover_plain'
    url.password = 'plain'
    const database = open(url.href)

    const durability = await readDurability(database)

    expect(durability).toEqual({
      timeline: expect.stringMatching(/^\d+\/1$/),
      standbys: 0,
      isWaitedFor: false,
    })
    await database.close()
    opened.splice(opened.indexOf(database), 1)
    await administrate('drop role changeover_plain')
  })

  it('X7 where the right is taken away it is unknown, and numbers are the clock’s', async () => {
    await administrate(
      'drop role if exists changeover_bare',
      `create role changeover_bare login password 'bare'`,
      'revoke execute on function pg_control_checkpoint() from public',
      'grant all on all tables in schema public to changeover_bare',
    )
    const url = new URL(test.url)
    url.username = 'changeover_bare'
    url.password = 'bare'
    const database = open(url.href)
    const store = createPostgresRunStore(database)

    const durability = await readDurability(database)
    const run = await newRun(store)
    const lease = await held(store, run)
    await store.append(lease, [entry(run, 2, waiting('x'))])
    await store.confirm(lease)

    expect(durability.timeline).toBeUndefined()
    expect(lease.timeline).toBeUndefined()
    expect(lease.promotedFrom).toBeUndefined()
    expect(lease.fencing).toBeGreaterThan(1_000_000)
    await database.close()
    opened.splice(opened.indexOf(database), 1)
    await administrate(
      'grant execute on function pg_control_checkpoint() to public',
      'drop owned by changeover_bare',
      'drop role changeover_bare',
    )
  })

  it('X7 runs and authority of before 0004 count as written to in the history of then', async () => {
    await administrate(
      `delete from migrations where name = '0004-timelines'`,
      'alter table runs drop column timeline',
      'alter table authority drop column timeline',
      'drop table timelines',
      'drop function database_timeline',
      `insert into runs (run, runbook, created_at_ms, wake_at_ms, entries)
        values ('old-1', 'wave old', 0, 0, 1)`,
      `insert into authority values ('old.example', 3, 'p', 0, 'source', 7, 0, 'old-1')`,
    )
    const database = open(test.url)
    await migrate(database)
    const authority = createPostgresAuthorityStore(database)
    const change = {
      subject: 'old.example',
      policy: 'q',
      boundary: 0,
      selected: 'source' as const,
      since: epochMs(0),
      byRun: held.name as never,
    }

    const [row] = await administrate(`select timeline from runs where run = 'old-1'`)
    const next = await authority.compareAndSet(7, change)
    await pretendTimeline(test.url, 'other/2')
    const promoted = await authority.compareAndSet(8, change)

    expect(row).toEqual({ timeline: expect.stringMatching(/\/1$/) })
    expect(next).toMatchObject({ epoch: 8, policyVersion: 4 })
    expect(promoted.epoch).toBeGreaterThan(1_000_000)
  })
})
