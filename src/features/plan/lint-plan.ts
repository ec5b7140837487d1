import type { LintInput } from './lint.ts'
import { lintGates } from './lint-gates.ts'
import { lintRecords } from './lint-records.ts'
import { lintReferences } from './lint-references.ts'
import { lintResolvers, lintZones } from './lint-resolvers.ts'
import { lintSites } from './lint-sites.ts'
import { lintWaves } from './lint-waves.ts'
import type { Problem } from './problem.ts'

const lints = [
  lintReferences,
  lintSites,
  lintRecords,
  lintZones,
  lintResolvers,
  lintWaves,
  lintGates,
] as const

/** Everything that is wrong between the parts of a plan, as far as they could be read. */
export function lintPlan(input: LintInput): readonly Problem[] {
  return lints.flatMap((lint) => lint(input))
}
