import { randomBytes } from 'node:crypto'
import { verbs } from '../engine/run-event.ts'
import type { ServerFacts } from '../http/contract/server.ts'
import { type Api, type ListenAt, serveApi } from '../http/server.ts'
import { ms } from '../kernel/units.ts'
import type { Application } from './application.ts'
import { databaseName } from './database-name.ts'
import { findServer } from './find-server.ts'
import { createRunDesk } from './run-desk.ts'
import {
  publishServerFile,
  readServerFile,
  removeServerFile,
  type ServerFile,
} from './server-file.ts'
import { programVersion } from './version.ts'

export interface OpenApiOptions {
  readonly dataDirectory: string
  readonly environment: NodeJS.ProcessEnv
  readonly listen: ListenAt
  readonly report: (thrown: unknown) => void
}

export type OpenedApi =
  /** Ours: commands of this data directory find it. */
  | { readonly kind: 'open'; readonly url: string; close(): Promise<void> }
  /** Another server is the data directory's; this process has no API and leaves that one's file alone. */
  | { readonly kind: 'joined'; readonly url: string }

/** A server that does not know within this whether its database answers says that it does not. Wire time. */
const readyWithin = ms(2000)

/**
 * Opens the API of a data directory and leaves `server.json` there, until it is closed.
 *
 * @throws {NotLoopbackError | CannotListenError}
 */
export async function openApi(
  application: Application,
  options: OpenApiOptions,
): Promise<OpenedApi> {
  const { dataDirectory, environment } = options
  const other = await findServer(dataDirectory, environment)
  if (other.kind !== 'none') return { kind: 'joined', url: other.url }

  const token = randomBytes(32).toString('base64url')
  const facts = factsOf(application, environment)
  const api = await serveApi(
    {
      desk: createRunDesk(application),
      verbs,
      token,
      facts,
      isReady: () => isReady(application),
      report: options.report,
    },
    options.listen,
  )
  const { version, pid, startedAt } = facts
  const winner = await claimFile(options, { url: api.url, pid, token, version, startedAt })
  if (winner === undefined)
    return { kind: 'open', url: api.url, close: () => end(api, options, token) }
  await api.close()
  return { kind: 'joined', url: winner }
}

function factsOf({ wireClock }: Application, environment: NodeJS.ProcessEnv): ServerFacts {
  const { pid } = process
  const database = databaseName(environment)
  return { version: programVersion(), pid, startedAt: wireClock.now(), database }
}

/** Takes the place of a dead server's file; of a living one's never. @returns the URL of a living one */
async function claimFile(
  { dataDirectory, environment }: OpenApiOptions,
  file: ServerFile,
): Promise<string | undefined> {
  while (!(await publishServerFile(dataDirectory, file))) {
    const stale = readServerFile(dataDirectory)
    const other = await findServer(dataDirectory, environment)
    if (other.kind !== 'none') return other.url
    await removeServerFile(dataDirectory, stale?.token)
  }
  return undefined
}

/** The file goes first: nobody is to be sent to a server that is closing. */
async function end(api: Api, { dataDirectory }: OpenApiOptions, token: string): Promise<void> {
  if (readServerFile(dataDirectory)?.token === token) await removeServerFile(dataDirectory, token)
  await api.close()
}

async function isReady({ store, wireClock }: Application): Promise<boolean> {
  const over = new AbortController()
  const tooLate = wireClock.sleep(readyWithin, over.signal).then(
    () => false,
    () => false,
  )
  const answers = store.list().then(
    () => true,
    () => false,
  )
  try {
    return await Promise.race([answers, tooLate])
  } finally {
    over.abort()
  }
}
