import { setTimeout as delay } from 'node:timers/promises'
import { foldJournal } from '../../engine/run-state.ts'
import { ServerUnreachableError } from '../../http/errors.ts'
import type { RunDesk } from '../../http/ports.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { epochMs, ms, since } from '../../kernel/units.ts'
import { entryOf } from '../entry-of.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { withDesk } from '../open-desk.ts'
import { leftLines } from '../output/left-lines.ts'
import { table } from '../output/print.ts'
import { promotionLines } from '../output/promotion-lines.ts'
import { runTable } from '../output/run-lines.ts'
import type { Shell } from '../shell.ts'

interface StatusOptions {
  readonly watch?: true
  readonly json?: true
}

/** `status`: all runs, or one with every step; `--watch` shows it again every second. */
export async function showStatus(
  shell: Shell,
  name: string | undefined,
  options: StatusOptions,
): Promise<ExitCode> {
  for (;;) {
    try {
      return await withDesk(shell, (desk) => watch(shell, desk, name, options))
    } catch (thrown) {
      // A server that ends is no reason to stop watching: there is another by now, or none.
      if (options.watch !== true || !(thrown instanceof ServerUnreachableError)) throw thrown
    }
  }
}

async function watch(
  shell: Shell,
  desk: RunDesk,
  name: string | undefined,
  options: StatusOptions,
): Promise<ExitCode> {
  for (;;) {
    await (name === undefined
      ? showRuns(shell, desk, options)
      : showRun(shell, desk, { name, options }))
    if (options.watch !== true || shell.interrupted.aborted) return exitCodes.go
    await delay(1000, undefined, { signal: shell.interrupted }).catch(() => undefined)
  }
}

async function showRuns({ printer }: Shell, desk: RunDesk, { json }: StatusOptions) {
  const runs = await desk.list()
  if (json === true) return printer.line(JSON.stringify(runs, null, 2))
  if (runs.length === 0) return printer.line('no runs yet: changeover run <plan> --wave <name>')
  const rows = runs.map(({ run, runbook, outcome, holder, entries }) => [
    run,
    runbook,
    outcome ?? 'open',
    holder === undefined ? 'waits, leased by nobody' : `run by ${holder}`,
    `${entries} entries`,
  ])
  for (const line of table(rows)) printer.line(line)
}

async function showRun(
  { printer }: Shell,
  desk: RunDesk,
  { name, options }: { readonly name: string; readonly options: StatusOptions },
) {
  const { run, now, timeToSafeMs } = await desk.show(name)
  const state = foldJournal((await desk.journal(run)).map(entryOf))
  if (options.json === true)
    return printer.line(JSON.stringify({ ...state, timeToSafeMs }, null, 2))
  const doing = state.outcome ?? (state.direction === 'back' ? 'going back' : 'going forward')
  const paused = state.paused === undefined ? '' : ` · paused by ${state.paused.by}`
  printer.line(
    `${run} · wave ${state.runbook.name} · ${doing}${paused} · ${formatDuration(since(state.createdAt, epochMs(now)))} elapsed · abort now → safe in ${formatDuration(ms(timeToSafeMs))}`,
  )
  for (const line of promotionLines(state)) printer.line(line)
  for (const override of state.runbook.overrides) printer.line(`override  ${override}`)
  for (const line of leftLines(state)) printer.line(line)
  for (const line of runTable(state, epochMs(now))) printer.line(line)
}
