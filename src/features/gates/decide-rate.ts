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

/** Judges one reading against one check. No reading, or too few samples, is no data, never a pass (G1.3). */
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
  const value = figureOf(reading)
  const tooLow = check.atLeast !== undefined && value < check.atLeast
  const tooHigh = check.atMost !== undefined && value > check.atMost
  if (!(tooLow || tooHigh)) return { ...base, kind: 'met', seen }
  const limit = tooLow
    ? `under ${format(reading, check.atLeast)}`
    : `over ${format(reading, check.atMost)}`
  const severity = check.veto ? 'critical' : 'minor'
  return { ...base, kind: 'breached', severity, seen: `${seen}, ${limit}` }
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
