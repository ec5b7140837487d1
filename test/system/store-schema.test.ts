import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate, openDatabase } from '../../src/store/index.ts'
import { describeSchema } from '../support/describe-schema.ts'
import { cloneDatabase, type TestDatabase } from '../support/postgres.ts'

describe('the database schema', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await cloneDatabase()
  }, 60_000)
  afterAll(() => database?.drop())

  const ask = async (query: string) => {
    const client = new Client({ connectionString: database.url })
    await client.connect()
    try {
      return (await client.query(query)).rows
    } finally {
      await client.end()
    }
  }

  it('is the one in src/store/schema.sql (`vitest run <this file> --update` writes it anew)', async () => {
    await expect(await describeSchema(database.url)).toMatchFileSnapshot(
      '../../src/store/schema.sql',
    )
  })

  it('is not changed by migrating again, nor by two at once', async () => {
    const opened = openDatabase(database.url)
    const before = await describeSchema(database.url)

    await Promise.all([migrate(opened), migrate(opened)])

    expect(await describeSchema(database.url)).toBe(before)
    await opened.close()
  })

  it('brings requests that were made before 0002 along', async () => {
    const opened = openDatabase(database.url)
    await ask(`alter table run_requests drop column typed`)
    await ask(`delete from migrations where name = '0002-typed-requests'`)
    await ask(`insert into runs (run, runbook, created_at_ms, wake_at_ms, entries)
      values ('old-1', 'wave old', 0, 0, 1)`)
    await ask(`insert into run_requests (run, verb, by) values ('old-1', 'pause', 'ada')`)

    await migrate(opened)

    expect(await ask(`select verb, typed from run_requests where run = 'old-1'`)).toEqual([
      { verb: 'pause', typed: null },
    ])
    await ask(`delete from run_requests where run = 'old-1'`)
    await ask(`delete from runs where run = 'old-1'`)
    await opened.close()
  })

  it('refuses a database of a newer version', async () => {
    const opened = openDatabase(database.url)
    await ask(`insert into migrations values ('9999-later', now())`)

    await expect(migrate(opened)).rejects.toMatchObject({
      code: 'store.schema',
      remedy: 'operator',
    })

    await ask(`delete from migrations where name = '9999-later'`)
    await opened.close()
  })

  it.each(['journal_entries', 'authority_history'])('X15 lets nobody change %s', async (table) => {
    await ask(`insert into runs (run, runbook, created_at_ms, wake_at_ms, entries)
      values ('r', 'b', 0, 0, 1) on conflict do nothing`)
    await ask(
      table === 'journal_entries'
        ? `insert into journal_entries values ('r', 1, 0, '{}', '0', '1')`
        : `insert into authority_history values ('s', 1, 'p', 0, 'source', 1, 0, 'r')`,
    )

    const column = table === 'journal_entries' ? 'at_ms' : 'since_ms'
    for (const change of [
      `update ${table} set ${column} = 1`,
      `delete from ${table}`,
      `truncate ${table}`,
    ]) {
      await expect(ask(change)).rejects.toThrow(`${table} is append-only`)
    }

    expect(await ask(`select 1 from ${table}`)).toHaveLength(1)
  })
})
