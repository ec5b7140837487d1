export {
  createMemoryAuthorityStore,
  createPostgresAuthorityStore,
} from './authority-store.ts'
export { type Database, openDatabase } from './database.ts'
export { type EmbeddedPostgres, openEmbeddedPostgres } from './embedded-postgres.ts'
export { EmbeddedPostgresError, StoreSchemaError, StoreUnavailableError } from './errors.ts'
export { createMemoryRunStore } from './memory-run-store.ts'
export { migrate } from './migrate.ts'
export { createPostgresRunStore } from './postgres-run-store.ts'
