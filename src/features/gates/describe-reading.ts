import type { Limits, MetricReading, Unit } from './ports.ts'
import { type Seen, samplesOf } from './reading.ts'
import { wilsonInterval } from './wilson-interval.ts'

/** `success_rate 99.5% [97.4, 99.9] of 212 calls at cloud`: figure, interval, sample and source. */
export function describeReading(metric: string, reading: MetricReading): string {
  if (reading.kind === 'no-data') return `${metric}: no data, ${reading.because}`
  const { source } = reading
  const samples = samplesOf(reading)
  if (reading.kind === 'value')
    return `${metric} ${showFigure(reading.value, reading.unit)} of ${samples} ${source}`
  const { numerator, unknown = 0, missing } = reading
  const left = [
    ...(unknown === 0 ? [] : [`${unknown} not yet known`]),
    ...(missing === undefined ? [] : [`not all of it: ${missing}`]),
  ]
  const but = left.length === 0 ? '' : ` (${left.join('; ')})`
  if (samples === 0) return `${metric}: 0 ${source}${but}`
  const [low, high] = wilsonInterval(numerator, samples).map((end) => showPercent(end).slice(0, -1))
  return `${metric} ${showPercent(numerator / samples)} [${low}, ${high}] of ${samples} ${source}${but}`
}

/** `limit at least 99.2%`, in the reading's unit; empty where there is none. */
export function describeLimits({ atLeast, atMost }: Limits, reading: Seen): string {
  const unit = reading.kind === 'value' ? reading.unit : 'ratio'
  const limits = [
    ...(atLeast === undefined ? [] : [`at least ${showLimit(atLeast, unit)}`]),
    ...(atMost === undefined ? [] : [`at most ${showLimit(atMost, unit)}`]),
  ]
  return limits.length === 0 ? '' : `limit ${limits.join(' and ')}`
}

/** A limit is shown as it was written: 0.75 % is not 0.8 %. */
export function showLimit(limit: number, unit: Unit): string {
  if (unit === 'ratio') return `${Number((100 * limit).toPrecision(6))}%`
  return showFigure(limit, unit)
}

function showFigure(figure: number, unit: Unit): string {
  if (unit === 'ratio') return showPercent(figure)
  if (unit === 'count') return String(rounded(figure, 2))
  return figure < 1000 ? `${rounded(figure, 0)} ms` : `${rounded(figure / 1000, 2)} s`
}

function showPercent(ratio: number): string {
  return `${(100 * ratio).toFixed(1)}%`
}

function rounded(figure: number, digits: number): number {
  return Math.round(figure * 10 ** digits) / 10 ** digits
}
