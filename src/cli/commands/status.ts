import { setTimeout as delay } from 'node:timers/promises'
import type { OpenedApplication } from '../../app/open-application.ts'
import { timeToSafe } from '../../engine/time-to-safe.ts'
import { formatDuration } from '../../kernel/duration.ts'
import type { RunId } from '../../kernel/ids.ts'
import { since } from '../../kernel/units.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { table } from '../output/print.ts'
import { leftLines, runTable } from '../output/run-lines.ts'
import { type Shell, withApplication } from '../shell.ts'

interface StatusOptions {
  readonly watch?: true
  readonly json?: true
}

/** `status`: all runs, or one with every step; `--watch` shows it again every second. */
export function showStatus(
  shell: Shell,
  name: string | undefined,
  options: StatusOptions,
): Promise<ExitCode> {
  return withApplication(shell, async (application) => {
    for (;;) {
      await (name === undefined
        ? showRuns(shell, application, options)
        : showRun(shell, application, { run: await application.findRun(name), options }))
      if (options.watch !== true || shell.interrupted.aborted) return exitCodes.go
      await delay(1000, undefined, { signal: shell.interrupted }).catch(() => undefined)
    }
  })
}

async function showRuns({ printer }: Shell, { store }: OpenedApplication, { json }: StatusOptions) {
  const runs = await store.list()
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
  { readRun, steps, worldClock }: OpenedApplication,
  { run, options }: { readonly run: RunId; readonly options: StatusOptions },
) {
  const { state } = await readRun(run)
  const toSafe = timeToSafe(state, steps)
  if (options.json === true)
    return printer.line(JSON.stringify({ ...state, timeToSafeMs: toSafe }, null, 2))
  const doing = state.outcome ?? (state.direction === 'back' ? 'going back' : 'going forward')
  const paused = state.paused === undefined ? '' : ` · paused by ${state.paused.by}`
  printer.line(
    `${run} · wave ${state.runbook.name} · ${doing}${paused} · ${formatDuration(since(state.createdAt, worldClock.now()))} elapsed · abort now → safe in ${formatDuration(toSafe)}`,
  )
  for (const override of state.runbook.overrides) printer.line(`override  ${override}`)
  for (const line of leftLines(state)) printer.line(line)
  for (const line of runTable(state)) printer.line(line)
}
