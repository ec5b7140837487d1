import { quantile } from '../../kernel/quantile.ts'
import { type EpochMs, type Milliseconds, ms } from '../../kernel/units.ts'
import type { RequestSample } from './adapt.ts'

/** Round trips that the percentiles at the end are of: the latest. */
const keptTrips = 50_000
const aSecond = 1000

export interface Trips {
  readonly p50: Milliseconds
  readonly p90: Milliseconds
  readonly p99: Milliseconds
  readonly most: Milliseconds
}

/** What left for the registrar and what came back. */
export interface RequestLog {
  /** A request left; returns what notes its end. */
  sent(now: EpochMs): (now: EpochMs, status: number | undefined) => void
  /** A repetition left. */
  repeated(now: EpochMs): void
  /** Requests that ended within the window before now, and those still without an answer. */
  samples(now: EpochMs, window: Milliseconds): readonly RequestSample[]
  /** Requests and repetitions of the second that ends now. */
  lastSecond(now: EpochMs): number
  totals(): RequestTotals
  /** Of all answers; undefined before the first. */
  trips(): Trips | undefined
}

export interface RequestTotals {
  readonly requests: number
  readonly repeated: number
  readonly answered: number
  /** The most that left within any second. */
  readonly peak: number
}

interface Noted {
  readonly began: EpochMs
  ended?: EpochMs
  status?: number | undefined
}

export function createRequestLog(): RequestLog {
  const recent: EpochMs[] = []
  let noted: Noted[] = []
  const trips: number[] = []
  const totals = { requests: 0, repeated: 0, answered: 0, peak: 0 }

  const forget = (now: EpochMs) => {
    while ((recent[0] ?? now) <= now - aSecond) recent.shift()
  }
  const left = (now: EpochMs) => {
    recent.push(now)
    forget(now)
    totals.peak = Math.max(totals.peak, recent.length)
  }
  const answered = (trip: number) => {
    trips[totals.answered % keptTrips] = trip
    totals.answered += 1
  }
  return {
    sent(began) {
      left(began)
      totals.requests += 1
      const one: Noted = { began }
      noted.push(one)
      return (now, status) => {
        one.ended = now
        one.status = status
        if (status !== undefined) answered(now - began)
      }
    },
    repeated(now) {
      left(now)
      totals.repeated += 1
    },
    samples(now, window) {
      noted = noted.filter(({ ended }) => ended === undefined || ended > now - window)
      return noted.map(({ began, ended, status }) => ({
        began,
        took: ms((ended ?? now) - began),
        status,
        isOver: ended !== undefined,
      }))
    },
    lastSecond(now) {
      forget(now)
      return recent.length
    },
    totals: () => totals,
    trips: () => (trips.length === 0 ? undefined : tripsOf(trips)),
  }
}

/** NaN for none. */
export function tripsOf(trips: readonly number[]): Trips {
  const at = (share: number) => ms(quantile(trips, share))
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), most: at(1) }
}
