import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  createPostgresAuthorityStore,
  createPostgresRunStore,
  migrate,
  openDatabase,
  openEmbeddedPostgres,
} from '../../src/store/index.ts'
import { itKeepsTheAuthorityStoreContract } from '../contracts/authority-store.ts'
import { itKeepsTheRunStoreContract } from '../contracts/run-store.ts'
import { describeSchema } from '../support/describe-schema.ts'
import { pretendTimeline } from '../support/pretend-timeline.ts'

/** The oldest version that users may run, as Debian 12 installs it. */
const binaries = '/usr/lib/postgresql/15/bin'

async function open() {
  const directory = await mkdtemp(join(tmpdir(), 'changeover-postgres-15-'))
  await chmod(directory, 0o755)
  const server = await openEmbeddedPostgres(directory, { binaries })
  const [mine, others] = [openDatabase(server.url), openDatabase(server.url)]
  await migrate(mine)
  return {
    url: server.url,
    mine,
    others,
    close: async () => {
      await Promise.all([mine.close(), others.close()])
      await server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

describe.runIf(existsSync(binaries))('on PostgreSQL 15', () => {
  itKeepsTheRunStoreContract('PostgreSQL 15', async () => {
    const { url, mine, others, close } = await open()
    return {
      store: createPostgresRunStore(mine),
      other: createPostgresRunStore(others),
      passTime: (durationMs) => pause(durationMs),
      promote: (to) => pretendTimeline(url, to),
      close,
    }
  })

  itKeepsTheAuthorityStoreContract('PostgreSQL 15', async () => {
    const { url, mine, others, close } = await open()
    return {
      store: createPostgresAuthorityStore(mine),
      other: createPostgresAuthorityStore(others),
      promote: (to) => pretendTimeline(url, to),
      close,
    }
  })

  it('the schema is the same', { timeout: 60_000 }, async () => {
    const { url, close } = await open()

    const schema = await describeSchema(url).finally(close)

    await expect(schema).toMatchFileSnapshot('../../src/store/schema.sql')
  })
})
