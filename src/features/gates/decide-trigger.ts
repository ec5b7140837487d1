import { more, tooFew } from './decide-rate.ts'
import { describeReading } from './describe-reading.ts'
import type { MetricReading, Range, Trigger } from './ports.ts'
import { figuresOf, grown, growthUntil, rangeOf, type Seen } from './reading.ts'

/** What a trigger says on what its metrics say. */
export interface TriggerFinding {
  /**
   * `breached`: true for whatever the figures may truly be. `beyond`: true as far as was counted, not surely
   * so. `no-data`: not known enough to say either.
   */
  readonly kind: 'breached' | 'beyond' | 'no-data' | 'fine'
  /** Counts, intervals and sources, for people. */
  readonly seen: string
}

interface Look {
  readonly metric: string
  readonly reading: MetricReading
}

/**
 * Judges a rollback trigger over the intervals of its metrics (W4.2, D17): a raw 2 % would turn a healthy
 * system back in four nights of ten. Pure.
 *
 * @param minimumSample fewer samples than this say nothing of a rate
 */
export function decideTrigger(
  trigger: Trigger,
  looks: readonly Look[],
  minimumSample: number,
): TriggerFinding {
  const known = looks.flatMap(({ metric, reading }) =>
    isKnown(reading, minimumSample) ? [{ metric, reading }] : [],
  )
  const seen = looks.map((look) => describeLook(look, minimumSample)).join('; ')
  const judge = (rangeFor: (reading: Seen) => Range) =>
    trigger.judge(Object.fromEntries(known.map((one) => [one.metric, rangeFor(one.reading)])))
  const truth = judge(rangeOf)
  if (truth === 'true') return { kind: 'breached', seen }
  if (truth === 'false') return { kind: 'fine', seen }
  // Where the figures themselves would not fire it, only their uncertainty might.
  const asCounted = judge(figuresOf)
  if (known.length < looks.length || asCounted === 'unsure') return { kind: 'no-data', seen }
  if (asCounted === 'false') return { kind: 'fine', seen }
  const growth = growthUntil(
    (factor) => judge((reading) => rangeOf(grown(reading, factor))) === 'true',
  )
  const [first] = known
  const needed = first === undefined ? '' : more(growth, first.reading)
  return { kind: 'beyond', seen: `${seen}: beyond the limit, not surely${needed}` }
}

function isKnown(reading: MetricReading, minimumSample: number): reading is Seen {
  return (
    reading.kind !== 'no-data' && tooFew(leastOf(reading, minimumSample), reading) === undefined
  )
}

/** A figure that was read or measured once is known; only shares of a sample need many. */
function leastOf(reading: Seen, minimumSample: number): number {
  return reading.kind === 'rate' ? minimumSample : 1
}

function describeLook({ metric, reading }: Look, minimumSample: number): string {
  const seen = describeReading(metric, reading)
  if (reading.kind === 'no-data') return seen
  const lacking = tooFew(leastOf(reading, minimumSample), reading)
  return lacking === undefined ? seen : `${seen}: ${lacking}`
}
