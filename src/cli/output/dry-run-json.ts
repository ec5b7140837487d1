import type { Preview } from '../../app/preview-wave.ts'
import type { Outlook } from '../../engine/look-ahead.ts'
import { dryRunExit } from './dry-run.ts'
import type { Printer } from './print.ts'

/** A dry run for programs: every step with its effect and way back, and the exit code that people are given too. */
export function printDryRunJson(printer: Printer, preview: Preview): void {
  const exit = dryRunExit(preview)
  const { runbook, outlooks, window } = preview
  const { kind, name, overrides } = runbook
  const steps = outlooks.map(stepOf)
  const guards = runbook.guards.map(({ key, title, after, until, every }) => {
    return { key, title, after, until, everyMs: every }
  })
  printer.line(
    JSON.stringify({ exit, runbook: { kind, name }, window, overrides, steps, guards }, null, 2),
  )
}

function stepOf({ planned, bound: { definition, input }, effect, wayBack }: Outlook) {
  const { key, kind, title, visited } = planned
  const { type } = definition
  const common = { key, kind, title, visited, type, effect, estimateMs: definition.estimate(input) }
  if (definition.type === 'check') return common
  const { reversibility } = definition
  return { ...common, reversibility, wayBack, calls: definition.cost(input) }
}
