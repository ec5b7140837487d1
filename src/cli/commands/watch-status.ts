import { setTimeout as delay } from 'node:timers/promises'
import { ServerUnreachableError } from '../../http/errors.ts'
import { type ExitCode, exitCodes, exitOfOutcome } from '../exit-codes.ts'
import type { Screen } from '../output/print.ts'
import { statusHead } from '../output/status-lines.ts'
import { watchScreen } from '../output/watch-screen.ts'
import { readRun } from '../read-run.ts'
import type { Shell } from '../shell.ts'
import { createWatch, type Watch } from '../watch-server.ts'
import { carriedText, listLines, type Place, printRun, withPlace } from './show-run.ts'

const lookAgainMs = 1000

/** `status <run> --watch`: until the run ends, with its exit code, or Ctrl-C. */
export function watchOne(shell: Shell, name: string): Promise<ExitCode> {
  const { screen } = shell.printer
  if (screen === undefined) return followOne(shell, name)
  return onScreen(shell, screen, (at) => paintOne(shell, screen, at, name))
}

/** `status --watch`: every run, until Ctrl-C. */
export async function watchList(shell: Shell): Promise<ExitCode> {
  const { screen, line } = shell.printer
  let last = ''
  const show = async (at: Place) => {
    const lines = await listLines(at)
    if (screen !== undefined) screen.paint(lines)
    else if (lines.join('\n') !== last) line(lines.join('\n'))
    last = lines.join('\n')
    return undefined
  }
  const exit = await onScreen(shell, screen, show)
  return exit === exitCodes.hold ? exitCodes.go : exit
}

type Show = (at: Place) => Promise<ExitCode | undefined>

/** Shows once a second until `show` says how it ended, or Ctrl-C; the terminal is given back whatever happens. */
async function onScreen(shell: Shell, screen: Screen | undefined, show: Show): Promise<ExitCode> {
  try {
    return await overRestarts(shell, (at) => repeat(shell, () => show(at)))
  } finally {
    screen?.leave()
  }
}

async function repeat(shell: Shell, show: () => Promise<ExitCode | undefined>): Promise<ExitCode> {
  while (!shell.interrupted.aborted) {
    const exit = await show()
    if (exit !== undefined) return exit
    await lookAgain(shell)
  }
  return exitCodes.hold
}

async function paintOne(
  { printer }: Shell,
  screen: Screen,
  at: Place,
  name: string,
): Promise<ExitCode | undefined> {
  const read = await readRun(at.desk, name)
  screen.paint(watchScreen(printer, read, await carriedText(at, read)))
  const { outcome } = read.state
  if (outcome === undefined) return undefined
  screen.leave()
  for (const line of statusHead(read)) printer.line(line)
  return exitOfOutcome(outcome)
}

/** Where nothing can be painted over: how it is, once, and then each thing that happens. */
function followOne(shell: Shell, name: string): Promise<ExitCode> {
  const { printer, interrupted } = shell
  let watch: Watch | undefined
  return overRestarts(shell, async (at) => {
    const read = await readRun(at.desk, name)
    if (watch === undefined) await printRun(printer, at, read)
    watch ??= createWatch(shell, read.shown.run, read.state)
    const following = watch
    return repeat(shell, async () => {
      await following.through(at.desk)
      const outcome = following.outcome()
      if (outcome !== undefined) return exitOfOutcome(outcome)
      // Its stream has ended: whether the server is still there is found out by asking it.
      if (!interrupted.aborted) await at.desk.show(name)
      return undefined
    })
  })
}

/** A server that ends is no reason to stop watching: there is another by now, or none. */
async function overRestarts(
  shell: Shell,
  work: (at: Place) => Promise<ExitCode>,
): Promise<ExitCode> {
  for (;;) {
    try {
      return await withPlace(shell, work)
    } catch (thrown) {
      if (!(thrown instanceof ServerUnreachableError)) throw thrown
    }
    if (shell.interrupted.aborted) return exitCodes.hold
    await lookAgain(shell)
  }
}

function lookAgain({ interrupted }: Shell): Promise<void> {
  return delay(lookAgainMs, undefined, { signal: interrupted }).catch(() => undefined)
}
