import { type FoundServer, findServer } from '../app/find-server.ts'
import { createRunDesk } from '../app/run-desk.ts'
import { programVersion } from '../app/version.ts'
import type { RunDesk } from '../http/ports.ts'
import type { ExitCode } from './exit-codes.ts'
import { type Shell, withApplication } from './shell.ts'

export type ServerUp = Extract<FoundServer, { kind: 'up' }>

/** The server of the data directory, if one is up; why one that is there is not used is said. */
export async function serverOf(shell: Shell): Promise<ServerUp | undefined> {
  const found = await findServer(shell.dataDirectory, shell.environment)
  if (found.kind === 'up') {
    const ours = programVersion()
    if (found.version !== ours) {
      shell.printer.problem(
        `the server at ${found.url} is version ${found.version}, this is ${ours}`,
      )
    }
    return found
  }
  const because = whyNot(found)
  if (because !== undefined) {
    shell.printer.problem(`${because}; this command uses the database itself`)
  }
  return undefined
}

function whyNot(found: FoundServer): string | undefined {
  switch (found.kind) {
    case 'silent':
      return `the server at ${found.url} (process ${found.pid}) does not answer`
    case 'elsewhere':
      return `the server at ${found.url} works on another database (${found.database})`
    case 'up':
    case 'none':
      return undefined
  }
}

/** For commands that only look: the server's desk if one is up, else one on the database. */
export async function withDesk(
  shell: Shell,
  work: (desk: RunDesk, server?: ServerUp) => Promise<ExitCode>,
): Promise<ExitCode> {
  const server = await serverOf(shell)
  if (server !== undefined) return work(server.desk, server)
  return withApplication(shell, (application) => work(createRunDesk(application)))
}
