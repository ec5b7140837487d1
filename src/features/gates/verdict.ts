import type { CheckId } from '../../kernel/ids.ts'
import type { NonEmpty } from '../../kernel/non-empty.ts'
import type { Percent } from '../../kernel/units.ts'

/** What one check found. Missing data is its own case, so it can never count as a pass (G1.3). */
export type CheckOutcome = {
  readonly check: CheckId
  readonly weight: number
  /** Counts, interval and source, for people. */
  readonly seen: string
} & (
  | { readonly kind: 'met' }
  | { readonly kind: 'breached'; readonly severity: 'critical' | 'minor' }
  | { readonly kind: 'no-data' }
)

export type Verdict =
  | { readonly kind: 'go'; readonly score: Percent }
  | { readonly kind: 'no-go'; readonly score: Percent; readonly breached: NonEmpty<CheckId> }
  | { readonly kind: 'hold'; readonly missing: NonEmpty<CheckId> }

/** `all`: every check must be met; `weighted`: the met weight must reach the minimum score (G1.1). */
export interface GateRule {
  readonly mode: 'all' | 'weighted'
  readonly minimumScore: Percent
}
