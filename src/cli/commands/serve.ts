import { type OpenedApi, openApi } from '../../app/open-api.ts'
import { serveRuns } from '../../app/serve-runs.ts'
import { timeToSafe } from '../../engine/time-to-safe.ts'
import type { ListenAt } from '../../http/server.ts'
import { UsageError } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { describeError } from '../output/describe-error.ts'
import { printRunLine } from '../output/print-run-line.ts'
import { lineOf } from '../output/run-lines.ts'
import { sayDurability } from '../output/say-durability.ts'
import { type Shell, withApplication } from '../shell.ts'

export interface ServeOptions {
  /** A free port on loopback where it is not given. */
  readonly listen?: string
  readonly expose?: true
}

/**
 * `serve`: takes up every open run of this database and carries it on, and answers the commands of this data
 * directory over HTTP, until Ctrl-C.
 */
export function serve(shell: Shell, options: ServeOptions): Promise<ExitCode> {
  const { listen = '127.0.0.1:0', expose } = options
  const at = { ...addressIn(listen), exposed: expose === true }
  return withApplication(shell, async (application) => {
    const { printer, interrupted, dataDirectory, environment } = shell
    const report = (thrown: unknown) => printer.problem(describeError(thrown))
    const api = await openApi(application, { dataDirectory, environment, listen: at, report })
    if (api.kind === 'joined') refuseAddress(api.url, options)
    const close = () => (api.kind === 'open' ? api.close() : Promise.resolve())
    // Whoever watches is told at once, not when the last step under way has been finished.
    interrupted.addEventListener('abort', () => void close(), { once: true })
    try {
      printer.line(introduction(api, application.storedIn))
      await sayDurability(printer, application)
      await serveRuns(application, interrupted, {
        report,
        onEntry(entry, state) {
          const line = lineOf(entry, state, timeToSafe(state, application.steps))
          if (line !== undefined)
            printRunLine(printer, { ...line, text: `${entry.run} ${line.text}` })
        },
      })
    } finally {
      await close()
    }
    return exitCodes.go
  })
}

function introduction(api: OpenedApi, storedIn: string): string {
  const who =
    api.kind === 'open'
      ? `answering at ${api.url}`
      : `as one more runner: the server at ${api.url} answers for this data directory`
  return `serving the runs in ${storedIn}, ${who}; Ctrl-C leaves them at a safe point`
}

/** One more runner has no API: what was asked for would be dropped without a word. @throws {UsageError} */
function refuseAddress(url: string, { listen, expose }: ServeOptions): void {
  const asked = listen === undefined ? '--expose' : '--listen'
  if (listen === undefined && expose !== true) return
  throw new UsageError(
    `the server at ${url} answers for this data directory already: end it first, or leave out ${asked} to be one more runner beside it`,
  )
}

/** `127.0.0.1:8080`, `[::1]:0`. @throws {UsageError} */
function addressIn(listen: string): Pick<ListenAt, 'host' | 'port'> {
  const found = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(listen)
  const host = found?.[1] ?? found?.[2]
  const port = Number(found?.[3])
  if (host === undefined || port > 65_535) {
    throw new UsageError(`--listen takes host:port, not ${listen}`)
  }
  return { host, port }
}
