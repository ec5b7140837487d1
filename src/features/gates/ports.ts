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
}

/** One look at a metric of section M. Rates keep their counts: a percentage alone says nothing. */
export type MetricReading =
  | {
      readonly kind: 'rate'
      readonly numerator: number
      readonly denominator: number
      /** What was counted, and where: `calls at cloud`. */
      readonly source: string
    }
  | {
      readonly kind: 'value'
      readonly value: number
      readonly samples: number
      readonly source: string
    }
  | { readonly kind: 'no-data'; readonly because: string }

/** Where metrics come from. What is not measured is `no-data`, never zero. */
export interface Metrics {
  read(
    question: {
      readonly metric: string
      readonly scope: MetricScope
      readonly from: EpochMs
      readonly to: EpochMs
    },
    signal: AbortSignal,
  ): Promise<MetricReading>
}

/** A rollback trigger that is ready to be asked (W4.2). */
export interface Trigger {
  /** The metrics it names. */
  readonly metrics: readonly string[]
  /** `no-data` when one that it names has none. */
  evaluate(values: Readonly<Record<string, number | undefined>>): boolean | 'no-data'
}

export interface Triggers {
  /** @throws when the text is no trigger; the plan has been checked for that */
  compile(text: string): Trigger
}
