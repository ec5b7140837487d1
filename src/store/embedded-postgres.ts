import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { embeddedBinaries } from './postgres-binaries.ts'
import {
  type Cluster,
  openCluster,
  runningUrl,
  startCluster,
  stopCluster,
} from './postgres-cluster.ts'
import { enter, leave, withLock } from './process-registry.ts'

/** A share in a data directory's own PostgreSQL. */
export interface EmbeddedPostgres {
  /** With the password: not for logs. Stays the same while anybody uses the server. */
  readonly url: string
  /** Leaves; the last one to leave stops the server. */
  close(): Promise<void>
}

/** How soon a server that was killed is started again by those who use it. */
const lookEveryMs = 1000

/**
 * Attaches to the PostgreSQL of a data directory, starting it when it does not run.
 *
 * Any number of processes may do so at the same time. A server left over by a process that was killed
 * is found and used; one that was itself killed is started again, by this call or while it is used.
 *
 * @param options.binaries another PostgreSQL's programs, 15 or later; they must suit the files
 */
export async function openEmbeddedPostgres(
  dataDirectory: string,
  options: { readonly binaries?: string } = {},
): Promise<EmbeddedPostgres> {
  const home = resolve(dataDirectory)
  await mkdir(home, { recursive: true })
  const bin = options.binaries ?? (await embeddedBinaries())
  const cluster = await openCluster(bin, join(home, 'postgres'))
  const { url, note } = await withLock(cluster.directory, async () => ({
    url: (await runningUrl(cluster)) ?? (await startCluster(cluster)),
    note: await enter(cluster.directory),
  }))
  const endWatch = keepRunning(cluster)
  let closing: Promise<void> | undefined
  const close = async () => {
    await endWatch()
    await withLock(cluster.directory, async () => {
      if ((await leave(cluster.directory, note)) === 0) await stopCluster(cluster)
    })
  }
  return {
    url,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** Starts the server again when it dies under its users. The timer keeps no process alive. */
function keepRunning(cluster: Cluster): () => Promise<void> {
  let looking: Promise<unknown> | undefined
  const look = async () => {
    if ((await runningUrl(cluster)) !== undefined) return
    await withLock(cluster.directory, async () => {
      if ((await runningUrl(cluster)) === undefined) await startCluster(cluster)
    })
  }
  const timer = setInterval(() => {
    // What fails now is tried again in a second, and shows as store.unavailable until then.
    looking ??= look()
      .catch(() => undefined)
      .finally(() => {
        looking = undefined
      })
  }, lookEveryMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await looking
  }
}
