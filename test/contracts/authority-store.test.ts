import {
  createMemoryAuthorityStore,
  createPostgresAuthorityStore,
  openDatabase,
} from '../../src/store/index.ts'
import { cloneDatabase } from '../support/postgres.ts'
import { itKeepsTheAuthorityStoreContract } from './authority-store.ts'

itKeepsTheAuthorityStoreContract('memory', async () => {
  const store = createMemoryAuthorityStore()
  return { store, other: store, close: async () => undefined }
})

itKeepsTheAuthorityStoreContract('PostgreSQL', async () => {
  const { url, drop } = await cloneDatabase()
  const [mine, others] = [openDatabase(url), openDatabase(url)]
  return {
    store: createPostgresAuthorityStore(mine),
    other: createPostgresAuthorityStore(others),
    close: async () => {
      await Promise.all([mine.close(), others.close()])
      await drop()
    },
  }
})
