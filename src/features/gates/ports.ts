import type { PlatformId } from '../../kernel/ids.ts'
import type { EpochMs } from '../../kernel/units.ts'

/** Which part of the world a metric is asked of. */
export interface MetricScope {
  readonly site: string
  /** The platform whose view is asked. */
  readonly platform: PlatformId
  /** Queue names at that platform. */
  readonly queues: readonly string[]
  /** E.164. */
  readonly numbers: readonly string[]
  /** Whom test calls come from, E.164: somebody whom the platform keeps at every share. */
  readonly testCaller: string
  /** More of them: test calls take turns, since what swallows some callers may let one of them through. */
  readonly testCallers: readonly string[]
  /** Host of the other side's gateway: who answers a test call from there is the wrong one. */
  readonly neverHost?: string | undefined
}

/** `ratio`: 0 to 1; `ms`: a duration; `count`: so many. */
export type Unit = 'ratio' | 'ms' | 'count'

/** One look at a metric of section M. Rates keep their counts: a percentage alone says nothing. */
export type MetricReading =
  | {
      readonly kind: 'rate'
      readonly numerator: number
      readonly denominator: number
      /** Of the denominator, how many may yet turn out to belong to the numerator. 0. */
      readonly unknown?: number
      /** Why a part of what is counted couldn't be read: what was seen can show a breach, and no pass. */
      readonly missing?: string
      /** What was counted, and where: `calls at cloud`. */
      readonly source: string
    }
  | {
      readonly kind: 'value'
      readonly value: number
      readonly unit: Unit
      readonly samples: number
      readonly source: string
    }
  | { readonly kind: 'no-data'; readonly because: string }

/** Limits of one check; rates are 0 to 1, durations milliseconds. */
export interface Limits {
  readonly atLeast?: number | undefined
  readonly atMost?: number | undefined
}

/** What is asked of a metric. */
export interface MetricQuestion {
  readonly metric: string
  readonly scope: MetricScope
  readonly from: EpochMs
  readonly to: EpochMs
  /** Of test calls: how many of the site's numbers have to be called within the time. */
  readonly numbers?: number | 'all' | undefined
}

/** Where metrics come from. What is not measured is `no-data`, never zero. */
export interface Metrics {
  read(question: MetricQuestion, signal: AbortSignal): Promise<MetricReading>
}

/** Where a true figure may lie, both ends included. */
export type Range = readonly [low: number, high: number]

/** What can be said of a sentence about figures that are known within ranges only. */
export type Truth = 'true' | 'false' | 'unsure'

/** A rollback trigger that is ready to be asked (W4.2). */
export interface Trigger {
  /** The metrics it names. */
  readonly metrics: readonly string[]
  /**
   * `true` or `false` only where it is so for every figure within the ranges. A metric without a range may
   * be anything.
   */
  judge(ranges: Readonly<Record<string, Range | undefined>>): Truth
}

export interface Triggers {
  /** @throws when the text is no trigger; the plan has been checked for that */
  compile(text: string): Trigger
}
