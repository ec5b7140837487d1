import { serveRuns } from '../../app/serve-runs.ts'
import { timeToSafe } from '../../engine/time-to-safe.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { describeError } from '../output/print.ts'
import { printRunLine } from '../output/print-run-line.ts'
import { lineOf } from '../output/run-lines.ts'
import { type Shell, withApplication } from '../shell.ts'

/** `serve`: takes up every open run of this database and carries it on, until Ctrl-C. */
export function serve(shell: Shell): Promise<ExitCode> {
  return withApplication(shell, async (application) => {
    const { printer, interrupted } = shell
    printer.line(`serving the runs in ${application.storedIn}; Ctrl-C leaves them at a safe point`)
    await serveRuns(application, interrupted, {
      report: (thrown) => printer.problem(describeError(thrown)),
      onEntry(entry, state) {
        const line = lineOf(entry, state, timeToSafe(state, application.steps))
        if (line !== undefined)
          printRunLine(printer, { ...line, text: `${entry.run} ${line.text}` })
      },
    })
    return exitCodes.go
  })
}
