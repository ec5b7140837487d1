import { type CheckId, checkId } from '../../kernel/ids.ts'
import type { MetricReading } from './ports.ts'
import type { CheckOutcome } from './verdict.ts'
import { wilsonInterval } from './wilson-interval.ts'

/** One check of a gate. Limits of rates are 0 to 1. */
export interface RateCheck {
  readonly metric: string
  readonly atLeast?: number | undefined
  readonly atMost?: number | undefined
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
  if (reading.kind === 'no-data')
    return { ...base, kind: 'no-data', seen: `${check.metric}: no data, ${reading.because}` }
  const samples = reading.kind === 'rate' ? reading.denominator : reading.samples
  const seen = describeReading(base.check, reading)
  if (samples === 0 || samples < check.minimumSample) {
    const needed = Math.max(1, check.minimumSample)
    return { ...base, kind: 'no-data', seen: `${seen}; ${needed} are needed` }
  }
  const limit = brokenLimit(check, figureOf(reading))
  if (limit === undefined) return { ...base, kind: 'met', seen }
  const broken = `${limit.side} ${format(reading, limit.value)}`
  if (!isSure(reading, limit)) {
    // Two of twenty are ten per cent, and prove nothing: more calls have to say it (D17).
    return { ...base, kind: 'no-data', seen: `${seen}, ${broken} but too few to be sure` }
  }
  const severity = check.veto ? 'critical' : 'minor'
  return { ...base, kind: 'breached', severity, seen: `${seen}, ${broken}` }
}

interface BrokenLimit {
  readonly side: 'under' | 'over'
  readonly value: number
}

function brokenLimit({ atLeast, atMost }: RateCheck, value: number): BrokenLimit | undefined {
  if (atLeast !== undefined && value < atLeast) return { side: 'under', value: atLeast }
  if (atMost !== undefined && value > atMost) return { side: 'over', value: atMost }
  return undefined
}

/** Whether the whole interval of a rate lies beyond the limit. Other figures are taken as they are. */
function isSure(reading: Exclude<MetricReading, { kind: 'no-data' }>, limit: BrokenLimit): boolean {
  if (reading.kind === 'value') return true
  const [low, high] = wilsonInterval(reading.numerator, reading.denominator)
  return limit.side === 'under' ? high < limit.value : low > limit.value
}

/** The figure that limits and triggers are compared with. */
export function figureOf(reading: Exclude<MetricReading, { kind: 'no-data' }>): number {
  return reading.kind === 'rate' ? reading.numerator / reading.denominator : reading.value
}

function describeReading(
  metric: CheckId,
  reading: Exclude<MetricReading, { kind: 'no-data' }>,
): string {
  if (reading.kind === 'value') {
    const figure = Math.round(reading.value * 100) / 100
    return `${metric} ${figure} (${reading.samples} samples, ${reading.source})`
  }
  const { numerator, denominator, source } = reading
  if (denominator === 0) return `${metric}: 0 ${source}`
  const [low, high] = wilsonInterval(numerator, denominator)
  const rate = showPercent(numerator / denominator)
  const interval = `[${showPercent(low).slice(0, -1)}, ${showPercent(high).slice(0, -1)}]`
  return `${denominator} ${source}, ${metric} ${rate} ${interval}`
}

function format(reading: MetricReading, limit = 0): string {
  return reading.kind === 'rate' ? showPercent(limit) : String(limit)
}

function showPercent(ratio: number): string {
  return `${(100 * ratio).toFixed(1)}%`
}
