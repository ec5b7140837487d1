import { userInfo } from 'node:os'
import {
  type OpenedApplication,
  type OpenOptions,
  openApplication,
} from '../app/open-application.ts'
import type { ExitCode } from './exit-codes.ts'
import type { Printer } from './output/print.ts'

/** What every command is given: the world outside the program. */
export interface Shell {
  readonly printer: Printer
  readonly environment: NodeJS.ProcessEnv
  readonly dataDirectory: string
  /** Aborted by the first Ctrl-C. */
  readonly interrupted: AbortSignal
}

/** Who asks: the operating system's user, until sign-in exists. */
export function whoAsks(): string {
  return userInfo().username
}

/** Opens the product for one command and closes it after, whatever happens. */
export async function withApplication(
  shell: Shell,
  work: (application: OpenedApplication) => Promise<ExitCode>,
  clocks: Pick<OpenOptions, 'worldClock' | 'wireClock' | 'transports'> = {},
): Promise<ExitCode> {
  const { environment, dataDirectory } = shell
  const application = await openApplication({ environment, dataDirectory, ...clocks })
  try {
    return await work(application)
  } finally {
    await application.close()
  }
}
