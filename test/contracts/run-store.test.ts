import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import type { WireClock } from '../../src/kernel/clock.ts'
import { epochMs } from '../../src/kernel/units.ts'
import { createVirtualTime } from '../../src/kernel/virtual-clock.ts'
import {
  createMemoryRunStore,
  createPostgresRunStore,
  openDatabase,
} from '../../src/store/index.ts'
import { cloneDatabase } from '../support/postgres.ts'
import { pretendTimeline } from '../support/pretend-timeline.ts'
import { entry, held, itKeepsTheRunStoreContract, newRun, waiting } from './run-store.ts'

itKeepsTheRunStoreContract('memory', async () => {
  const time = createVirtualTime(epochMs(0))
  const wireClock: WireClock = { kind: 'wire', now: time.now, sleep: time.sleep }
  let timeline = 'memory/1'
  const store = createMemoryRunStore({ wireClock, timeline: () => timeline })
  return {
    store,
    other: store,
    passTime: async (durationMs) => time.advanceTo(epochMs(time.now() + durationMs)),
    async promote(to) {
      timeline = to
    },
    close: async () => undefined,
  }
})

itKeepsTheRunStoreContract('PostgreSQL', async () => {
  const { url, drop } = await cloneDatabase()
  const [mine, others] = [openDatabase(url), openDatabase(url)]
  return {
    store: createPostgresRunStore(mine),
    other: createPostgresRunStore(others),
    passTime: (durationMs) => pause(durationMs),
    promote: (to) => pretendTimeline(url, to),
    close: async () => {
      await Promise.all([mine.close(), others.close()])
      await drop()
    },
  }
})

it('goes on where a pooler gives each statement another connection, which has not planned it', async () => {
  const { url, drop } = await cloneDatabase()
  const database = openDatabase(url, { connections: 1 })
  const store = createPostgresRunStore(database)
  const run = await newRun(store)
  const lease = await held(store, run)
  for (const seq of [2, 3, 4]) {
    await sql`deallocate all`.execute(database.db)
    await store.append(lease, [entry(run, seq, waiting(`${seq}`))])
    await store.confirm(lease)
  }

  expect(await store.readJournal(run)).toHaveLength(4)
  await database.close()
  await drop()
})
