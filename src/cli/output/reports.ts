import { CommanderError } from 'commander'
import { errorFacts } from '../../kernel/errors.ts'
import { UsageError } from '../errors.ts'
import { type ExitCode, exitCodeOf, exitCodes } from '../exit-codes.ts'
import { describeError } from './describe-error.ts'
import type { Printer } from './print.ts'

/** How a command that goes wrong says so: for people beside its answers; with `--json` as its answer, as the API does. */
export function createReports(printer: Printer, json: boolean) {
  const report = (thrown: unknown) => {
    if (json) printer.line(JSON.stringify({ error: errorFacts(thrown) }, null, 2))
    else printer.problem(describeError(thrown))
  }
  return {
    /** Commander says itself what is wrong with the arguments, and shows the help that was asked for. */
    output: {
      writeOut: (text: string) => printer.line(text.trimEnd()),
      writeErr: (text: string) => {
        if (!json) printer.problem(text.trimEnd())
      },
    },
    ended(thrown: unknown): ExitCode {
      if (!(thrown instanceof CommanderError)) {
        report(thrown)
        return exitCodeOf(thrown)
      }
      if (thrown.exitCode === 0) return exitCodes.go
      if (json) report(new UsageError(thrown.message, { cause: thrown }))
      return exitCodes.badInput
    },
  }
}
