import { resolve } from 'node:path'
import { driveAttended, type Left } from '../../app/drive-attended.ts'
import { findServer } from '../../app/find-server.ts'
import type { OpenedApplication } from '../../app/open-application.ts'
import { loadPlan } from '../../app/plan-files.ts'
import { previewWave } from '../../app/preview-wave.ts'
import { waveOf } from '../../app/wave-of.ts'
import type { Plan } from '../../features/plan/index.ts'
import type { RunId, WaveId } from '../../kernel/ids.ts'
import { UsageError } from '../errors.ts'
import { type ExitCode, exitCodes, exitOfOutcome } from '../exit-codes.ts'
import { type ServerUp, serverOf } from '../open-desk.ts'
import { describeError } from '../output/describe-error.ts'
import { dryRunExit, printDryRun } from '../output/dry-run.ts'
import { printDryRunJson } from '../output/dry-run-json.ts'
import { printEntry } from '../output/print-entry.ts'
import { sayDurability } from '../output/say-durability.ts'
import { type Shell, whoAsks, withApplication } from '../shell.ts'
import { watchAtServer } from '../watch-server.ts'

/**
 * `run`: takes one wave through, watched in this terminal. A server that is up carries it on, and Ctrl-C leaves it
 * there; else this process does, and Ctrl-C pauses it.
 */
export async function runWave(
  shell: Shell,
  file: string,
  options: { readonly wave: string; readonly dryRun?: true; readonly json?: true },
): Promise<ExitCode> {
  if (options.json === true && options.dryRun === undefined)
    throw new UsageError('--json is of --dry-run; of a run: changeover status <run> --json')
  const plan = loadPlan(file)
  const wave = waveOf(plan, options.wave)
  if (options.dryRun === true) return dryRun(shell, plan, wave, options.json)
  const server = await serverOf(shell)
  if (server !== undefined) return runAtServer(shell, server, { planFile: resolve(file), wave })
  return withApplication(shell, async (application) => {
    const run = await application.startWave(plan, wave, whoAsks())
    shell.printer.line(`run ${run} · kept in ${application.storedIn}`)
    await sayDurability(shell.printer, application)
    return watchRun(shell, application, run)
  })
}

function dryRun(shell: Shell, plan: Plan, wave: WaveId, json: true | undefined): Promise<ExitCode> {
  const { printer, interrupted } = shell
  return withApplication(shell, async (application) => {
    const preview = await previewWave(application, { plan, wave }, interrupted)
    if (json === true) printDryRunJson(printer, preview)
    else printDryRun(printer, preview)
    return dryRunExit(preview)
  })
}

async function runAtServer(
  shell: Shell,
  server: ServerUp,
  { planFile, wave }: { readonly planFile: string; readonly wave: WaveId },
): Promise<ExitCode> {
  const { run } = await server.desk.start({ planFile, wave, by: whoAsks() })
  shell.printer.line(`run ${run} · carried on by the server at ${server.url}`)
  return watchAtServer(shell, server, run)
}

const never = new AbortController().signal

/** Drives a run in this process and prints a line for each thing that a watcher should know. */
export async function watchRun(
  shell: Shell,
  application: OpenedApplication,
  run: RunId,
): Promise<ExitCode> {
  const { printer, interrupted, hurried = never } = shell
  const sayLeaving = () =>
    printer.line(`\nleaving ${run} after what is under way; Ctrl-C again leaves at once`)
  interrupted.addEventListener('abort', sayLeaving, { once: true })
  const left = await driveAttended(application, run, {
    by: whoAsks(),
    interrupted,
    hurried,
    heir: () => heirOf(shell, application, run),
    onEntry: (entry, state) => printEntry(printer, { entry, state, steps: application.steps }),
    onTrouble: (thrown) => printer.problem(describeError(thrown)),
  })
  interrupted.removeEventListener('abort', sayLeaving)
  return conclude(shell, run, left)
}

/** A server of this data directory, or another process that has the run already. */
async function heirOf(
  { dataDirectory, environment }: Shell,
  { store, holder }: OpenedApplication,
  run: RunId,
): Promise<string | undefined> {
  const found = await findServer(dataDirectory, environment)
  if (found.kind === 'up') return `the server at ${found.url}`
  const other = (await store.list()).find((summary) => summary.run === run)?.holder
  return other === holder ? undefined : other
}

function conclude({ printer }: Shell, run: RunId, left: Left): ExitCode {
  switch (left.kind) {
    case 'ended':
      return exitOfOutcome(left.state.outcome)
    case 'paused':
      printer.line(`\n${run} is paused between two steps. Go on with: changeover resume ${run}`)
      return exitCodes.hold
    case 'handed-over':
      printer.line(`\n${run} stands between two steps; ${left.heir} goes on with it`)
      return exitCodes.hold
    case 'hurried':
      printer.line(
        `\n${run} was let go of and nobody has it; what had been announced was finished. Whoever takes it up answers the request to pause first. Go on with: changeover resume ${run}`,
      )
      return exitCodes.hold
    case 'not-paused':
      printer.problem(
        `\n${run} could not be paused: the database does not answer. Nothing further is begun by this process; a server that is up goes on once the database is back. Go on with: changeover resume ${run}`,
      )
      return exitCodes.unreachable
  }
}
