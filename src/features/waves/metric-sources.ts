import type { EpochMs } from '../../kernel/units.ts'
import type { SipProbe } from '../call-tests/index.ts'
import type { MetricScope } from '../gates/index.ts'
import type { Crm, Platforms } from '../platform/index.ts'

/** Where a wave's metrics are read from. */
export interface MetricSources {
  readonly platforms: Platforms
  readonly sip: SipProbe
  readonly crm?: Crm
}

/** One question with where to ask it. */
export interface Look {
  readonly sources: MetricSources
  readonly scope: MetricScope
  readonly from: EpochMs
  readonly to: EpochMs
  readonly signal: AbortSignal
}
