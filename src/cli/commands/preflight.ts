import { loadPlan } from '../../app/plan-files.ts'
import { runPreflight } from '../../app/preflight.ts'
import type { PreflightRow } from '../../app/preflight-question.ts'
import { waveOf } from '../../app/wave-of.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { printPreflight } from '../output/preflight-table.ts'
import { type Shell, withApplication } from '../shell.ts'

/** `preflight`: what the wave will need, tried on the real servers (P1.1–P1.3). 0, 1 missing, 3 unknown, 5 no answer. */
export function preflight(
  shell: Shell,
  file: string,
  options: { readonly wave?: string; readonly json?: true },
): Promise<ExitCode> {
  const plan = loadPlan(file)
  const waves = options.wave === undefined ? Object.keys(plan.waves) : [options.wave]
  return withApplication(shell, async (application) => {
    const { printer, interrupted } = shell
    const ports = await application.connect(plan)
    const { worldClock: clock, clockTolerance, durability } = application
    const parts = { plan, ports, clock, clockTolerance, durability, signal: interrupted }
    const rows = (
      await Promise.all(waves.map((wave) => runPreflight(parts, waveOf(plan, wave))))
    ).flat()
    const unique = [...new Map(rows.map((row) => [`${row.area} ${row.what}`, row])).values()]
    const exit = preflightExit(unique)
    if (options.json === true) printer.line(JSON.stringify({ exit, rows: unique }, null, 2))
    else printPreflight(printer, unique)
    return exit
  })
}

/** Missing outranks no answer, and that unknown: what is surely a reason not to begin comes first. */
export function preflightExit(rows: readonly PreflightRow[]): ExitCode {
  if (rows.some(({ state }) => state === 'missing')) return exitCodes.noGo
  if (rows.some(({ state }) => state === 'unreachable')) return exitCodes.unreachable
  return rows.some(({ state }) => state === 'unknown') ? exitCodes.hold : exitCodes.go
}
