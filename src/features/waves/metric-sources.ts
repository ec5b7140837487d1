import type { SipProbe } from '../call-tests/index.ts'
import type { MetricQuestion } from '../gates/index.ts'
import type { ApiCalls, Crm, Platforms } from '../platform/index.ts'
import type { TestCallBook } from './test-call-book.ts'

/** Where a wave's metrics are read from. */
export interface MetricSources {
  readonly platforms: Platforms
  readonly sip: SipProbe
  readonly crm?: Crm
  /** How our own requests to platforms and CRM went. */
  readonly apiCalls: ApiCalls
  readonly testCalls: TestCallBook
}

/** One question with where to ask it. */
export interface Look extends Omit<MetricQuestion, 'metric'> {
  readonly sources: MetricSources
  readonly signal: AbortSignal
}
