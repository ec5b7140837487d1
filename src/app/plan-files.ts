import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Runbook } from '../engine/runbook.ts'
import { type CheckedPlan, checkPlan, type Plan } from '../features/plan/index.ts'
import { ChangeoverError } from '../kernel/errors.ts'
import { invariant } from '../kernel/invariant.ts'

/**
 * The plan file can't be read.
 *
 * To do: check the path; the message has the system's own words.
 */
export class PlanUnreadableError extends ChangeoverError {
  readonly code = 'plan.unreadable'
  readonly remedy = 'operator'
}

/**
 * The plan has errors, so nothing was begun.
 *
 * To do: `changeover plan check <file>` lists every one with line and column.
 */
export class PlanInvalidError extends ChangeoverError {
  readonly code = 'plan.invalid'
  readonly remedy = 'operator'
}

/**
 * The plan, as it stands, would harm callers; nothing was begun.
 *
 * To do: `changeover plan check <file>` names the hazard; change the order, or override it by name.
 */
export class PlanRefusedError extends ChangeoverError {
  readonly code = 'plan.refused'
  readonly remedy = 'operator'
}

/** Reads and checks a plan file, with the files it includes. @throws {PlanUnreadableError} */
export function readPlan(file: string): CheckedPlan {
  return checkPlan(readText(file), file, {
    readFile: (path) => readIncluded(resolve(dirname(file), path)),
  })
}

/**
 * Reads a plan that is to be run.
 *
 * @throws {PlanUnreadableError | PlanInvalidError | PlanRefusedError}
 */
export function loadPlan(file: string): Plan {
  const { plan, problems, refusedForSafety } = readPlan(file)
  if (refusedForSafety === true)
    throw new PlanRefusedError(`${file} is refused for safety`, { details: { file } })
  // Another process, in another folder, may have to find the plan's secret files.
  if (plan !== undefined) return { ...plan, file: resolve(plan.file) }
  const errors = problems.filter(({ severity }) => severity === 'error')
  const [first] = errors
  const where =
    first === undefined ? '' : `; the first: ${first.line}:${first.column} ${first.message}`
  throw new PlanInvalidError(`${file} has ${errors.length} errors${where}`, { details: { file } })
}

/**
 * The plan that a run was started with, from its journal. Whatever became of the file since, the run goes
 * on, and back, with what it was started with.
 */
export function planOfRun({ settings }: Runbook['plan']): Plan {
  invariant(isPlan(settings), 'the journal’s first entry holds the plan of the run')
  return settings
}

/** It was a plan when it was stored; this only tells it from a runbook that has none. */
function isPlan(settings: unknown): settings is Plan {
  return typeof settings === 'object' && settings !== null && 'platforms' in settings
}

export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new PlanUnreadableError(`can't read ${file}: ${wordsOf(cause)}`, { cause })
  }
}

/** A file that a plan includes; undefined is reported by the plan's own check, with its position. */
function readIncluded(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
