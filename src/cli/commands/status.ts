import { setTimeout as delay } from 'node:timers/promises'
import { ServerUnreachableError } from '../../http/errors.ts'
import type { RunDesk } from '../../http/ports.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { withDesk } from '../open-desk.ts'
import { carriedBy, doingOf } from '../output/carried-by.ts'
import { leftLines } from '../output/left-lines.ts'
import { table } from '../output/print.ts'
import { printRunLine } from '../output/print-run-line.ts'
import { promotionLines } from '../output/promotion-lines.ts'
import { runTable } from '../output/run-table.ts'
import { statusHead } from '../output/status-lines.ts'
import { readRun } from '../read-run.ts'
import type { Shell } from '../shell.ts'

interface StatusOptions {
  readonly watch?: true
  readonly json?: true
}

/** Where it is asked, and the server there, if it is one. */
interface Place {
  readonly desk: RunDesk
  readonly url?: string
}

/** `status`: all runs, or one with every step; `--watch` shows it again every second. */
export async function showStatus(
  shell: Shell,
  name: string | undefined,
  options: StatusOptions,
): Promise<ExitCode> {
  for (;;) {
    try {
      return await withDesk(shell, (desk, server) =>
        watch(shell, { desk, ...(server === undefined ? {} : { url: server.url }) }, name, options),
      )
    } catch (thrown) {
      // A server that ends is no reason to stop watching: there is another by now, or none.
      if (options.watch !== true || !(thrown instanceof ServerUnreachableError)) throw thrown
    }
  }
}

async function watch(
  shell: Shell,
  at: Place,
  name: string | undefined,
  options: StatusOptions,
): Promise<ExitCode> {
  for (;;) {
    await (name === undefined
      ? showRuns(shell, at, options)
      : showRun(shell, at, { name, options }))
    if (options.watch !== true || shell.interrupted.aborted) return exitCodes.go
    await delay(1000, undefined, { signal: shell.interrupted }).catch(() => undefined)
  }
}

async function showRuns({ printer }: Shell, { desk, url }: Place, { json }: StatusOptions) {
  const runs = await desk.list()
  if (json === true) return printer.line(JSON.stringify(runs, null, 2))
  if (runs.length === 0) return printer.line('no runs yet: changeover run <plan> --wave <name>')
  const rows = await Promise.all(
    runs.map(async ({ run, runbook, outcome, holder }) => {
      if (outcome !== undefined) return [run, runbook, `ended ${outcome}`, '']
      const shown = await desk.show(run)
      return [run, runbook, doingOf(shown), carriedBy(shown, { holder, url })]
    }),
  )
  for (const line of table(rows)) printer.line(line)
}

async function showRun(
  { printer }: Shell,
  { desk, url }: Place,
  { name, options }: { readonly name: string; readonly options: StatusOptions },
) {
  const { shown, ...status } = await readRun(desk, name)
  const { state, now } = status
  const { run } = shown
  if (options.json === true)
    return printer.line(JSON.stringify({ ...state, timeToSafeMs: shown.timeToSafeMs }, null, 2))
  for (const line of statusHead(status)) printer.line(line)
  if (state.outcome === undefined) {
    const holder = (await desk.list()).find((summary) => summary.run === run)?.holder
    printer.line(carriedBy(shown, { holder, url }))
  }
  for (const line of promotionLines(state)) printer.line(line)
  for (const override of state.runbook.overrides) printer.line(`override  ${override}`)
  for (const line of leftLines(state)) printer.line(line)
  for (const line of runTable(state, now)) printRunLine(printer, line)
}
