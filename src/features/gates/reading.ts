import type { MetricReading, Range } from './ports.ts'
import { wilsonInterval } from './wilson-interval.ts'

/** A reading that says something. */
export type Seen = Exclude<MetricReading, { readonly kind: 'no-data' }>

/** How many samples a reading rests on. */
export function samplesOf(reading: Seen): number {
  return reading.kind === 'rate' ? reading.denominator : reading.samples
}

/**
 * Where the true figure may lie: the 95 % interval of a rate, widened by samples of which nothing is known,
 * and open upwards where a part of what is counted couldn't be read. A value is what it is.
 */
export function rangeOf(reading: Seen): Range {
  if (reading.kind === 'value') return [reading.value, reading.value]
  const { numerator, denominator, unknown = 0, missing } = reading
  const [low] = wilsonInterval(numerator, denominator)
  const [, high] = wilsonInterval(Math.min(denominator, numerator + unknown), denominator)
  return [low, missing === undefined ? high : 1]
}

/** The figure itself, without its uncertainty: two ends only where samples, or whole parts, are unknown. */
export function figuresOf(reading: Seen): Range {
  if (reading.kind === 'value') return [reading.value, reading.value]
  const { numerator, denominator, unknown = 0, missing } = reading
  const most = missing === undefined ? Math.min(1, (numerator + unknown) / denominator) : 1
  return [numerator / denominator, most]
}

/** The same figure from `factor` times the samples: how it will look if nothing changes. */
export function grown(reading: Seen, factor: number): Seen {
  if (reading.kind === 'value') return reading
  const { numerator, denominator, unknown = 0 } = reading
  const unknowns = unknown === 0 ? {} : { unknown: unknown * factor }
  return {
    ...reading,
    numerator: numerator * factor,
    denominator: denominator * factor,
    ...unknowns,
  }
}

/** More samples than this many times today's are no forecast. */
const farthest = 1024

/**
 * By which factor the samples have to grow, their figures as they are, until `isSure`; undefined when no
 * number of samples would do.
 */
export function growthUntil(isSure: (factor: number) => boolean): number | undefined {
  let high = 2
  while (!isSure(high)) {
    if (high >= farthest) return undefined
    high *= 2
  }
  let low = high / 2
  while (high - low > low / 100) {
    const middle = (low + high) / 2
    if (isSure(middle)) high = middle
    else low = middle
  }
  return high
}
