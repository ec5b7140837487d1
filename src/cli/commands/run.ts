import { driveRun } from '../../app/drive-run.ts'
import type { OpenedApplication } from '../../app/open-application.ts'
import { loadPlan } from '../../app/plan-files.ts'
import type { RunId } from '../../kernel/ids.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { printDryRun } from '../output/dry-run.ts'
import { describeError } from '../output/print.ts'
import { printEntry } from '../output/print-entry.ts'
import { type Shell, whoAsks, withApplication } from '../shell.ts'
import { waveOf } from '../wave-of.ts'

/** `run`: takes one wave through, watched in this terminal. Ctrl-C leaves it at a safe point between two steps. */
export function runWave(
  shell: Shell,
  file: string,
  options: { readonly wave: string; readonly dryRun?: true },
): Promise<ExitCode> {
  const plan = loadPlan(file)
  const wave = waveOf(plan, options.wave)
  return withApplication(shell, async (application) => {
    if (options.dryRun === true) {
      const { runbook } = await application.compile(plan, wave)
      printDryRun(shell.printer, runbook, application.steps)
      return exitCodes.go
    }
    const run = await application.startWave(plan, wave, whoAsks())
    shell.printer.line(`run ${run} · kept in ${application.storedIn}`)
    return watchRun(shell, application, run)
  })
}

/** Drives a run in this process and prints a line for each thing that a watcher should know. */
export async function watchRun(
  shell: Shell,
  application: OpenedApplication,
  run: RunId,
): Promise<ExitCode> {
  const { printer, interrupted } = shell
  const runner = application.createRunner((entry, state) => {
    printEntry(printer, { entry, state, steps: application.steps })
  })
  const { store, worldClock, wireClock } = application
  const onTrouble = (thrown: unknown) => printer.problem(describeError(thrown))
  const parts = { runner, store, worldClock, wireClock, onTrouble }
  const driven = await driveRun(parts, run, interrupted)
  if (driven.kind === 'interrupted') {
    printer.line(
      `\n${run} stands between two steps, and waits there. Go on with: changeover resume ${run}`,
    )
    return exitCodes.hold
  }
  return driven.state.outcome === 'done' ? exitCodes.go : exitCodes.noGo
}
