import type { RunDesk } from '../../http/ports.ts'
import type { ExitCode } from '../exit-codes.ts'
import { withDesk } from '../open-desk.ts'
import { carriedBy, doingOf } from '../output/carried-by.ts'
import { leftLines } from '../output/left-lines.ts'
import { type Printer, table } from '../output/print.ts'
import { printRunLine } from '../output/print-run-line.ts'
import { promotionLines } from '../output/promotion-lines.ts'
import { runTable } from '../output/run-table.ts'
import { statusHead } from '../output/status-lines.ts'
import type { ReadRun } from '../read-run.ts'
import type { Shell } from '../shell.ts'

/** Where it is asked, and the server there, if it is one. */
export interface Place {
  readonly desk: RunDesk
  readonly url?: string
}

export function withPlace(shell: Shell, work: (at: Place) => Promise<ExitCode>): Promise<ExitCode> {
  return withDesk(shell, (desk, server) =>
    work({ desk, ...(server === undefined ? {} : { url: server.url }) }),
  )
}

/** One line per run: what it does, and who carries it on. */
export async function listLines({ desk, url }: Place): Promise<readonly string[]> {
  const runs = await desk.list()
  const rows = await Promise.all(
    runs.map(async ({ run, runbook, outcome, holder }) => {
      if (outcome !== undefined) return [run, runbook, `ended ${outcome}`, '']
      const shown = await desk.show(run)
      return [run, runbook, doingOf(shown), carriedBy(shown, { holder, url })]
    }),
  )
  return table(rows)
}

/** Who carries it on; empty when it has ended. */
export async function carriedText({ desk, url }: Place, { shown }: ReadRun): Promise<string> {
  if (shown.outcome !== undefined) return ''
  const holder = (await desk.list()).find(({ run }) => run === shown.run)?.holder
  return carriedBy(shown, { holder, url })
}

/** A run with every step. */
export async function printRun(printer: Printer, at: Place, read: ReadRun): Promise<void> {
  const { state, now } = read
  const carried = await carriedText(at, read)
  for (const line of statusHead(read)) printer.line(line)
  if (carried !== '') printer.line(carried)
  for (const line of promotionLines(state)) printer.line(line)
  for (const override of state.runbook.overrides) printer.line(`override  ${override}`)
  for (const line of leftLines(state)) printer.line(line)
  for (const line of runTable(state, now)) printRunLine(printer, line)
}
