import type { PlannedStep, Runbook } from '../../engine/runbook.ts'
import type { AnyStep } from '../../engine/step.ts'
import type { BoundStep, StepList } from '../../engine/step-list.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { ms } from '../../kernel/units.ts'
import { type Printer, table } from './print.ts'

/** Every step with its exact effect, its way back and its vendor calls; changes nothing. */
export function printDryRun(printer: Printer, runbook: Runbook, steps: StepList): void {
  const bound = runbook.steps.map((planned) => ({ planned, ...steps.bind(planned) }))
  const calls = bound.reduce((sum, { definition, input }) => sum + costOf(definition, input), 0)
  const forward = bound.reduce((sum, { definition, input }) => sum + definition.estimate(input), 0)
  const back = bound.reduce((sum, one) => sum + backOf(one), 0)

  printer.line(
    `wave ${runbook.name} · ${bound.length} steps · ${calls} vendor calls · about ${formatDuration(ms(forward))} · way back at worst ${formatDuration(ms(back))}`,
  )
  for (const override of runbook.overrides) printer.line(`override  ${override}`)
  printer.line()
  const rows = bound.map(({ planned, definition, input }, index) => [
    String(index + 1).padStart(3),
    planned.visited === 'back' ? `${planned.title} (way back only)` : planned.title,
    definition.describe(input),
    wayBackOf(definition, input),
    String(costOf(definition, input)),
  ])
  for (const line of table([['  #', 'step', 'exact effect', 'way back', 'calls'], ...rows]))
    printer.line(line)
  for (const guard of runbook.guards) {
    printer.line(
      `guard  ${guard.title}: every ${formatDuration(guard.every)} after ${guard.after}, until ${guard.until}`,
    )
  }
  printer.line('\nnothing was changed')
}

function costOf(step: AnyStep, input: unknown): number {
  return step.type === 'change' ? step.cost(input) : 0
}

/** What a step adds to the way back: its undo, or, of a check that is asked on the way back, its wait. */
function backOf({ planned, definition, input }: PlannedAndBound): number {
  if (definition.type === 'check') {
    return planned.visited === 'forward' ? 0 : definition.estimate(input)
  }
  return definition.reversibility === 'irreversible' ? 0 : definition.estimateUndo(input)
}

type PlannedAndBound = BoundStep & { readonly planned: PlannedStep }

function wayBackOf(step: AnyStep, input: unknown): string {
  if (step.type === 'check') return 'changes nothing'
  if (step.reversibility === 'irreversible') return `none: ${step.wayForward}`
  return `${step.reversibility}  ${formatDuration(step.estimateUndo(input))}`
}
