export {
  type AuthorityRecord,
  createMemoryAuthorityStore,
  createPostgresAuthorityStore,
} from './authority-store.ts'
export { type Database, openDatabase } from './database.ts'
export { EmbeddedPostgresError, StoreSchemaError, StoreUnavailableError } from './errors.ts'
export { createMemoryRunStore } from './memory-run-store.ts'
export { migrate } from './migrate.ts'
export { createPostgresRunStore } from './postgres-run-store.ts'
