import type { Problem } from './problem.ts'

/** Exit codes of `plan check` and `import`. */
export type CheckExit = 0 | 2 | 4

/** 4 when the file is refused for the callers' safety, which outranks 2, bad input. Warnings alone are 0. */
export function exitCodeOf(checked: {
  readonly problems: readonly Problem[]
  readonly refusedForSafety?: boolean
}): CheckExit {
  if (checked.refusedForSafety === true) return 4
  return checked.problems.some(({ severity }) => severity === 'error') ? 2 : 0
}

/** The problems as the terminal shows them: aligned, the advice under its problem, one line that sums up. */
export function formatProblems(
  problems: readonly Problem[],
  options: { readonly exit: CheckExit; readonly width?: number },
): string {
  const places = problems.map(({ file, line, column }) => `${file}:${line}:${column}`)
  const indent = Math.max(0, ...places.map((place) => place.length)) + 2
  const lines = problems.flatMap((problem, index) => {
    const head = `${(places[index] ?? '').padEnd(indent)}${problem.severity.padEnd(7)}`
    const advice =
      problem.advice === undefined ? [] : [`${' '.repeat(indent + 7)}${problem.advice}`]
    return [`${head}${problem.message}`, ...advice]
  })
  const exit = `exit ${options.exit}`
  const summary = summarise(problems, options.exit)
  const width = options.width ?? 120
  return [
    ...lines,
    `${summary.padEnd(Math.max(summary.length + 2, width - exit.length))}${exit}`,
  ].join('\n')
}

function summarise(problems: readonly Problem[], exit: CheckExit): string {
  const count = (severity: Problem['severity'], name: string) => {
    const found = problems.filter((problem) => problem.severity === severity).length
    return found === 0 ? [] : [`${found} ${name}${found === 1 ? '' : 's'}`]
  }
  const counted = [...count('error', 'error'), ...count('warn', 'warning')].join(', ')
  if (exit === 4) return `${counted}; refused for safety`
  return counted === '' ? 'no problems' : counted
}
