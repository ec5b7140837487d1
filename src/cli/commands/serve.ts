import { serveRuns } from '../../app/serve-runs.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { describeError } from '../output/print.ts'
import { type Shell, withApplication } from '../shell.ts'

/** `serve`: takes up every open run of this database and carries it on, until Ctrl-C. */
export function serve(shell: Shell): Promise<ExitCode> {
  return withApplication(shell, async (application) => {
    const { printer, interrupted } = shell
    printer.line(`serving the runs in ${application.storedIn}; Ctrl-C leaves them at a safe point`)
    await serveRuns(application, interrupted, (thrown) => printer.problem(describeError(thrown)))
    return exitCodes.go
  })
}
