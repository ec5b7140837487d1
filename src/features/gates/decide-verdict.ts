import { isNonEmpty, type NonEmpty } from '../../kernel/non-empty.ts'
import { type Percent, percent } from '../../kernel/units.ts'
import type { CheckOutcome, GateRule, Verdict } from './verdict.ts'

/** Turns check outcomes into one verdict (G1.1, G1.3). A critical breach vetoes; a gap in the data holds. */
export function decideVerdict(outcomes: NonEmpty<CheckOutcome>, rule: GateRule): Verdict {
  const breached = outcomes.filter((outcome) => outcome.kind === 'breached')
  const score = weightedScore(outcomes)
  const vetoed = breached.some((outcome) => outcome.severity === 'critical')
  const breachedIds = breached.map(({ check }) => check)
  const tooLow = rule.mode === 'all' || score < rule.minimumScore
  if (isNonEmpty(breachedIds) && (vetoed || tooLow))
    return { kind: 'no-go', score, breached: breachedIds }

  const missing = outcomes.filter(({ kind }) => kind === 'no-data').map(({ check }) => check)
  if (isNonEmpty(missing)) return { kind: 'hold', missing }
  return { kind: 'go', score }
}

/** Share of the weight that was met. Checks without data have no say in it. */
function weightedScore(outcomes: NonEmpty<CheckOutcome>): Percent {
  const judged = outcomes.filter(({ kind }) => kind !== 'no-data')
  const met = judged.filter(({ kind }) => kind === 'met')
  const total = sumOfWeights(judged)
  return percent(total === 0 ? 0 : (100 * sumOfWeights(met)) / total)
}

function sumOfWeights(outcomes: readonly CheckOutcome[]): number {
  return outcomes.reduce((sum, { weight }) => sum + weight, 0)
}
