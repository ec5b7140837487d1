import { createDeskClient, type DeskClient } from '../http/desk-client.ts'
import { ChangeoverError } from '../kernel/errors.ts'
import { databaseName } from './database-name.ts'
import { readServerFile, removeServerFile } from './server-file.ts'

/** What became of looking for the server of a data directory. */
export type FoundServer =
  | {
      readonly kind: 'up'
      readonly url: string
      readonly version: string
      readonly desk: DeskClient
    }
  | { readonly kind: 'none' }
  /** It has the port and says nothing: frozen, or much too busy. */
  | { readonly kind: 'silent'; readonly url: string; readonly pid: number }
  /** It works on another database than a command with this environment would. */
  | { readonly kind: 'elsewhere'; readonly url: string; readonly database: string }

/** A server on this machine answers in a millisecond. */
const answerWithinMs = 2000

/**
 * Finds the server of a data directory by its `server.json`.
 *
 * A file that a killed server left is passed over, and taken away once its process is gone too.
 */
export async function findServer(
  dataDirectory: string,
  environment: NodeJS.ProcessEnv,
): Promise<FoundServer> {
  const file = readServerFile(dataDirectory)
  if (file === undefined) return { kind: 'none' }
  const { url, pid, token } = file
  const desk = createDeskClient({ url, token })
  try {
    const { database, version } = await desk.facts(AbortSignal.timeout(answerWithinMs))
    const ours = databaseName(environment)
    return database === ours
      ? { kind: 'up', url, version, desk }
      : { kind: 'elsewhere', url, database }
  } catch (thrown) {
    // Refused, or answered by somebody else who has the port now: the server is gone.
    if (!(thrown instanceof ChangeoverError)) return { kind: 'silent', url, pid }
    if (!isRunning(pid)) await removeServerFile(dataDirectory, token)
    return { kind: 'none' }
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'
  }
}
