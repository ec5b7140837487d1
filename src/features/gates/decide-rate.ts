import { checkId } from '../../kernel/ids.ts'
import { describeLimits, describeReading } from './describe-reading.ts'
import type { Limits, MetricReading } from './ports.ts'
import { figuresOf, grown, growthUntil, rangeOf, type Seen, samplesOf } from './reading.ts'
import type { CheckOutcome } from './verdict.ts'

/** One check of a gate. */
export interface RateCheck extends Limits {
  readonly metric: string
  /** Fewer samples than this is no data. */
  readonly minimumSample: number
  readonly weight: number
  /** Its breach alone is a no-go. */
  readonly veto: boolean
}

/**
 * Judges one reading against one check. No reading, or too few samples, is no data, never a pass (G1.3).
 *
 * A rate breaches only when its 95 % interval lies beyond the limit as a whole; beyond the limit but not
 * surely so, it counts as not enough data, and the gate holds (D17). One look at a time: error rates over
 * all looks together are not controlled yet.
 */
export function decideRate(check: RateCheck, reading: MetricReading): CheckOutcome {
  const base = { check: checkId(check.metric), weight: check.weight }
  const what = describeReading(check.metric, reading)
  if (reading.kind === 'no-data') return { ...base, kind: 'no-data', seen: what }
  const seen = [what, describeLimits(check, reading)].filter((part) => part !== '').join(', ')
  const lacking = tooFew(check.minimumSample, reading)
  if (lacking !== undefined) return { ...base, kind: 'no-data', seen: `${seen}: ${lacking}` }
  const side = brokenSide(check, reading)
  if (side === undefined) return { ...base, kind: 'met', seen }
  if (isBeyond(side, check, reading)) {
    const severity = check.veto ? 'critical' : 'minor'
    return { ...base, kind: 'breached', severity, seen: `${seen}: ${side} it` }
  }
  // Two of twenty are ten per cent, and prove nothing: more calls have to say it (D17).
  const growth = growthUntil((factor) => isBeyond(side, check, grown(reading, factor)))
  return {
    ...base,
    kind: 'no-data',
    seen: `${seen}: ${side} it, not surely${more(growth, reading)}`,
  }
}

/** Why there are not enough samples to judge; undefined when there are. */
export function tooFew(minimumSample: number, reading: Seen): string | undefined {
  const needed = Math.max(1, minimumSample) - samplesOf(reading)
  return needed > 0 ? `${needed} more are needed` : undefined
}

/** `; about 168 more would show it`, empty where no number would. */
export function more(growth: number | undefined, reading: Seen): string {
  if (growth === undefined || reading.kind === 'value') return ''
  return `; about ${Math.ceil((growth - 1) * reading.denominator)} more would show it`
}

type Side = 'under' | 'over'

/** Which limit the figure breaks; where samples are unknown, the worst that it may be is judged. */
function brokenSide({ atLeast, atMost }: Limits, reading: Seen): Side | undefined {
  const [low, high] = figuresOf(reading)
  if (atLeast !== undefined && low < atLeast) return 'under'
  if (atMost !== undefined && high > atMost) return 'over'
  return undefined
}

/** Whether every figure that it may truly be lies beyond the limit. */
function isBeyond(side: Side, { atLeast, atMost }: Limits, reading: Seen): boolean {
  const [low, high] = rangeOf(reading)
  if (side === 'under') return atLeast !== undefined && high < atLeast
  return atMost !== undefined && low > atMost
}
