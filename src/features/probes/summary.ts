import { quantile } from '../../kernel/quantile.ts'
import { type Milliseconds, ms } from '../../kernel/units.ts'
import type { OptionsAnswer } from '../call-tests/index.ts'

export interface Bucket {
  /** Inclusive; the last bucket has none. */
  readonly upTo?: Milliseconds
  readonly count: number
}

/** Round trips of many probes; without an answer there is none of them. */
export interface ProbeSummary {
  readonly sent: number
  readonly answered: number
  readonly roundTrips?: {
    readonly least: Milliseconds
    readonly p50: Milliseconds
    readonly p90: Milliseconds
    readonly p99: Milliseconds
    readonly most: Milliseconds
    readonly histogram: readonly Bucket[]
  }
}

/** The 150 ms of F1.1 and the 5 s of "down" are among them. */
const bounds = [1, 2, 5, 10, 20, 50, 100, 150, 200, 500, 1000, 2000, 5000]

export function summarise(answers: readonly OptionsAnswer[]): ProbeSummary {
  const trips = answers.flatMap((answer) => (answer.kind === 'answered' ? [answer.roundTrip] : []))
  const counts = { sent: answers.length, answered: trips.length }
  if (trips.length === 0) return counts
  const at = (share: number) => ms(quantile(trips, share))
  return {
    ...counts,
    roundTrips: {
      least: at(0),
      p50: at(0.5),
      p90: at(0.9),
      p99: at(0.99),
      most: at(1),
      histogram: histogramOf(trips),
    },
  }
}

/** From the first bucket that holds something to the last. */
function histogramOf(trips: readonly number[]): readonly Bucket[] {
  const edges = [...bounds, Number.POSITIVE_INFINITY]
  const all = edges.map((upTo, index) => {
    const above = index === 0 ? Number.NEGATIVE_INFINITY : (edges[index - 1] ?? 0)
    const count = trips.filter((trip) => trip > above && trip <= upTo).length
    return { ...(Number.isFinite(upTo) ? { upTo: ms(upTo) } : {}), count }
  })
  const first = all.findIndex(({ count }) => count > 0)
  const last = all.findLastIndex(({ count }) => count > 0)
  return all.slice(first, last + 1)
}
