import {
  createMemoryAuthorityStore,
  createPostgresAuthorityStore,
  openDatabase,
} from '../../src/store/index.ts'
import { cloneDatabase } from '../support/postgres.ts'
import { pretendTimeline } from '../support/pretend-timeline.ts'
import { itKeepsTheAuthorityStoreContract } from './authority-store.ts'

itKeepsTheAuthorityStoreContract('memory', async () => {
  let timeline = 'memory/1'
  const store = createMemoryAuthorityStore(() => timeline)
  const promote = async (to: string) => {
    timeline = to
  }
  return { store, other: store, promote, close: async () => undefined }
})

itKeepsTheAuthorityStoreContract('PostgreSQL', async () => {
  const { url, drop } = await cloneDatabase()
  const [mine, others] = [openDatabase(url), openDatabase(url)]
  return {
    store: createPostgresAuthorityStore(mine),
    other: createPostgresAuthorityStore(others),
    promote: (to) => pretendTimeline(url, to),
    close: async () => {
      await Promise.all([mine.close(), others.close()])
      await drop()
    },
  }
})
