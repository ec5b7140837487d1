import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  createPostgresAuthorityStore,
  createPostgresRunStore,
  type Durability,
  migrate,
  openDatabase,
  openEmbeddedPostgres,
  readDurability,
} from '../store/index.ts'
import { type Application, type ApplicationParts, createApplication } from './application.ts'

export interface OpenedApplication extends Application {
  /** Where the data is, for people. */
  readonly storedIn: string
  /** How the database keeps commits when it fails over. */
  durability(): Promise<Durability>
  close(): Promise<void>
}

export type OpenOptions = Pick<
  ApplicationParts,
  'environment' | 'worldClock' | 'wireClock' | 'transports' | 'clockTolerance'
> & {
  /** Folder of the embedded database; used when `DATABASE_URL` is not set. */
  readonly dataDirectory: string
}

/**
 * Opens the product on its database: the one that `DATABASE_URL` names, else an embedded PostgreSQL in
 * the data directory, which is started if no other command has it running, and attached to if one has.
 */
export async function openApplication(options: OpenOptions): Promise<OpenedApplication> {
  const server = await openServer(options)
  const database = openDatabase(server.url)
  try {
    await migrate(database)
  } catch (thrown) {
    await database.close()
    await server.close()
    throw thrown
  }
  const application = createApplication({
    ...options,
    store: createPostgresRunStore(database),
    authority: createPostgresAuthorityStore(database),
    storedIn: server.storedIn,
  })
  return {
    ...application,
    storedIn: server.storedIn,
    durability: () => readDurability(database),
    async close() {
      await database.close()
      await server.close()
    },
  }
}

interface Server {
  readonly url: string
  readonly storedIn: string
  close(): Promise<void>
}

async function openServer({ environment, dataDirectory }: OpenOptions): Promise<Server> {
  const url = environment['DATABASE_URL']
  if (url !== undefined && url !== '') {
    return { url, storedIn: 'the database of DATABASE_URL', close: () => Promise.resolve() }
  }
  const directory = resolve(dataDirectory)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const embedded = await openEmbeddedPostgres(join(directory, 'postgres'))
  return { url: embedded.url, storedIn: directory, close: () => embedded.close() }
}
