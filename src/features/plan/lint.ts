import type { EpochMs } from '../../kernel/units.ts'
import type { PlanDraft } from './draft.ts'
import type { PlanAgent, Policy } from './plan.ts'
import type { Finding, Path, Problem } from './problem.ts'

/** An agent and a way to report at where they are written: the plan itself or a CSV row. */
export interface LocatedAgent {
  readonly agent: PlanAgent
  problemAt(field: keyof PlanAgent, finding: Finding): Problem
}

/** What lints look at: whatever of the plan could be read, with the files it includes. */
export interface LintInput {
  readonly draft: PlanDraft
  /** Agents by site; a site whose agents could not be read is absent. */
  readonly agents: ReadonlyMap<string, readonly LocatedAgent[]>
  /** Windows by wave that could be read in the plan's zone. */
  readonly windows: ReadonlyMap<string, { readonly from: EpochMs; readonly to: EpochMs }>
  /** Policy of a wave and site, overrides applied. */
  policyFor(scope: { readonly wave?: string; readonly site?: string }): Policy
  /** Whether anything is written there: what could not be read is not in the draft, and is reported already. */
  isWritten(path: Path): boolean
  problemOf(path: Path, on: 'key' | 'value', finding: Finding): Problem
}

/** Looks across the file for what no single value shows. */
export type Lint = (input: LintInput) => readonly Problem[]
