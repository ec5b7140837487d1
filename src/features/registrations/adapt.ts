import { quantile } from '../../kernel/quantile.ts'
import type { EpochMs, Milliseconds } from '../../kernel/units.ts'
import type { AdaptSettings } from './settings.ts'

/** One request that was sent; `took` is its age where it has no answer yet. */
export interface RequestSample {
  readonly began: EpochMs
  readonly took: Milliseconds
  /** Undefined when nothing came, or not yet. */
  readonly status: number | undefined
  readonly isOver: boolean
}

export interface Adaptation {
  /** Requests a second, now. */
  readonly rate: number
  /** Requests from before the last cut say nothing of the rate after it. */
  readonly cutAt?: EpochMs
}

/** Fewer prove nothing. */
const leastSamples = 5
/** Share of the budget that is given back at each calm look. */
const recovery = 0.05
const lowestShare = 0.05

/** What is left of the budget at worst: a registrar that comes back must be found. */
export function floorOf(budget: number): number {
  return Math.max(budget * lowestShare, Math.min(budget, 1))
}

/**
 * The rate from now on: halved when the registrar is slow or refuses for its load, given back slowly when it is neither,
 * never above the budget (additive increase, multiplicative decrease). Looked at once a second.
 */
export function adapt(
  before: Adaptation,
  { samples, now }: { readonly samples: readonly RequestSample[]; readonly now: EpochMs },
  { budget, slowOver, refusedOver }: AdaptSettings & { readonly budget: number },
): Adaptation {
  const { rate, cutAt } = before
  const judged = samples.filter(
    // One that waits counts once it has waited too long: a registrar that says nothing must not look calm.
    ({ began, took, isOver }) => began > (cutAt ?? 0) && (isOver || took > slowOver),
  )
  if (judged.length < leastSamples) return before
  const slow =
    quantile(
      judged.map(({ took }) => took),
      0.9,
    ) > slowOver
  const refused = judged.filter(({ status, isOver }) => isOver && saysBusy(status)).length
  if (slow || refused / judged.length > refusedOver) {
    return { rate: Math.max(floorOf(budget), rate / 2), cutAt: now }
  }
  return { ...before, rate: Math.min(budget, rate + budget * recovery) }
}

const saysBusy = (status: number | undefined) =>
  status === undefined || status === 408 || status === 429 || status === 503
