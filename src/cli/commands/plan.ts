import { loadPlan, readPlan, readText } from '../../app/plan-files.ts'
import {
  exitCodeOf,
  formatImport,
  formatProblems,
  importGuidePayload,
  planJsonSchema,
  showPlan,
} from '../../features/plan/index.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Shell } from '../shell.ts'

/** `plan check`: every problem of the file at once; 0, 2 bad input, 4 refused for safety. */
export function checkPlanFile(
  { printer }: Shell,
  file: string,
  options: { readonly json?: true },
): ExitCode {
  const checked = readPlan(file)
  const exit = exitCodeOf(checked)
  if (options.json === true) {
    const { problems, refusedForSafety = false, imported } = checked
    printer.line(JSON.stringify({ file, exit, refusedForSafety, problems, imported }, null, 2))
    return exit
  }
  if (checked.imported !== undefined) printer.line(formatImport(checked.imported))
  printer.line(formatProblems(checked.problems, { exit }))
  return exit
}

/** `plan show`: the plan as it was understood, defaults filled in. */
export function showPlanFile(
  { printer }: Shell,
  file: string,
  { json }: { readonly json?: true },
): ExitCode {
  const plan = loadPlan(file)
  printer.line(json === true ? JSON.stringify(plan, null, 2) : showPlan(plan))
  return 0
}

/** `plan schema`: the JSON Schema for editors. */
export function printPlanSchema({ printer }: Shell): ExitCode {
  printer.line(JSON.stringify(planJsonSchema(), null, 2))
  return 0
}

/** `import`: what of a guide's payload becomes what of ours, and what is refused and why (P1.4). */
export function importPayload(
  { printer }: Shell,
  file: string,
  options: { readonly json?: true },
): ExitCode {
  const imported = importGuidePayload(readText(file), file)
  const exit = exitCodeOf({
    problems: imported.problems,
    refusedForSafety: imported.hazards.length > 0,
  })
  if (options.json === true) {
    printer.line(JSON.stringify({ ...imported, exit }, null, 2))
    return exit
  }
  // Of a file that is no payload there is nothing to count.
  if (imported.kind !== 'unknown') printer.line(formatImport(imported))
  if (imported.problems.length > 0) printer.line(formatProblems(imported.problems, { exit }))
  return exit
}
