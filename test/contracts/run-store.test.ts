import { setTimeout as pause } from 'node:timers/promises'
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
import { itKeepsTheRunStoreContract } from './run-store.ts'

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
