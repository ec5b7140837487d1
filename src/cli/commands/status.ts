import { resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { readRun } from '../read-run.ts'
import type { Shell } from '../shell.ts'
import { listLines, type Place, printRun, withPlace } from './show-run.ts'
import { watchList, watchOne } from './watch-status.ts'

interface StatusOptions {
  readonly watch?: true
  readonly json?: true
}

/** `status`: all runs, or one with every step; `--watch` keeps it in view. `--json`: as the API shows it. */
export function showStatus(
  shell: Shell,
  name: string | undefined,
  { watch, json }: StatusOptions,
): Promise<ExitCode> {
  if (watch === true && json === true)
    throw new UsageError('--watch is for people: without it --json prints how things are now')
  if (watch === true) return name === undefined ? watchList(shell) : watchOne(shell, name)
  const { printer } = shell
  return withPlace(shell, async (at) => {
    if (json === true) printer.line(JSON.stringify(await shownBy(at, name), null, 2))
    else if (name === undefined) await printList(shell, at)
    else await printRun(printer, at, await readRun(at.desk, name))
    return exitCodes.go
  })
}

function shownBy({ desk }: Place, name: string | undefined): Promise<unknown> {
  return name === undefined ? desk.list() : desk.show(name)
}

async function printList(shell: Shell, at: Place): Promise<void> {
  const lines = await listLines(at)
  for (const line of lines.length === 0 ? [noRuns(shell)] : lines) shell.printer.line(line)
}

/** In the wrong folder this must not read like an invitation to begin a run a second time. */
function noRuns({ environment, dataDirectory }: Shell): string {
  if ((environment['DATABASE_URL'] ?? '') !== '') return noRunsIn('the database of DATABASE_URL')
  const isSet = environment['CHANGEOVER_DATA'] !== undefined
  return noRunsIn(`${resolve(dataDirectory)}${isSet ? '' : ' (CHANGEOVER_DATA is not set)'}`)
}

function noRunsIn(place: string): string {
  return `no runs yet in ${place}: changeover run <plan> --wave <name>`
}
