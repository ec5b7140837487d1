import { userInfo } from 'node:os'
import {
  type OpenedApplication,
  type OpenOptions,
  openApplication,
} from '../app/open-application.ts'
import { socketTransports } from '../app/transports.ts'
import { ms } from '../kernel/units.ts'
import type { ExitCode } from './exit-codes.ts'
import { joinLab } from './lab-client.ts'
import { withNames } from './lab-host.ts'
import type { Printer } from './output/print.ts'

/** What every command is given: the world outside the program. */
export interface Shell {
  readonly printer: Printer
  readonly environment: NodeJS.ProcessEnv
  readonly dataDirectory: string
  /** Aborted by the first Ctrl-C. */
  readonly interrupted: AbortSignal
  /** Asks the person at the terminal for one line; undefined when it is left. Absent where there is no terminal. */
  readonly ask?: (question: string) => Promise<string | undefined>
  /** Aborted by the second one. */
  readonly hurried?: AbortSignal
}

/** Who asks: the operating system's user, until sign-in exists. */
export function whoAsks(): string {
  return userInfo().username
}

/** Opens the product for one command and closes it after, whatever happens. */
export async function withApplication(
  shell: Shell,
  work: (application: OpenedApplication) => Promise<ExitCode>,
): Promise<ExitCode> {
  const application = await openApplication({
    environment: shell.environment,
    dataDirectory: shell.dataDirectory,
    ...(await labOptions(shell)),
  })
  try {
    return await work(application)
  } finally {
    await application.close()
  }
}

/** With `CHANGEOVER_LAB` the product works in a lab: on its clock, with its names and its secrets. */
async function labOptions({ environment }: Shell): Promise<Partial<OpenOptions>> {
  const url = environment['CHANGEOVER_LAB']
  if (url === undefined || url === '') return {}
  const { worldClock, hosts, secrets } = await joinLab(url)
  return {
    worldClock,
    // Its clock runs fast and is followed over HTTP: some hundredths of a second are a minute there.
    clockTolerance: ms(120_000),
    transports: withNames(socketTransports(), hosts),
    environment: { ...environment, ...secrets },
  }
}
