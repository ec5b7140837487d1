import type { LimitUnit } from './parse-values.ts'

export interface Metric {
  /** `ratio`: 0 to 1, written as a percentage; `ms`: a duration; `plain`: a count. */
  readonly unit: LimitUnit
  /** A breach of a critical metric vetoes the gate unless the plan says otherwise (telephony yes, integrations no). */
  readonly critical: boolean
  /** Why nothing in this version can measure it: a plan that names it is refused. */
  readonly unmeasured?: string
  /** Our own figure, one per look: it never has more samples than this. */
  readonly mostSamples?: number
  /** All agents are looked at, or the calls are our own: a few are enough, where a share of callers needs many. */
  readonly fewSuffice?: true
}

/** The metrics that gates and triggers may name (section M), with their units. */
export const metrics: Readonly<Record<string, Metric>> = {
  validation_failure_rate: { unit: 'ratio', critical: true },
  success_rate: { unit: 'ratio', critical: true },
  abandonment_rate: { unit: 'ratio', critical: true },
  first_response_latency: { unit: 'ms', critical: true },
  api_error_rate: { unit: 'ratio', critical: false },
  crm_error_rate: { unit: 'ratio', critical: false },
  webhook_retry_count: {
    unit: 'plain',
    critical: false,
    unmeasured: 'this version delivers no webhooks, so nobody counts their retries',
  },
  queueLength: { unit: 'plain', critical: false },
  asa: { unit: 'ms', critical: false },
  RTT: { unit: 'ms', critical: false, mostSamples: 1 },
  utilisation: { unit: 'ratio', critical: false, fewSuffice: true },
}

/** Names of `metrics`, in the order of section M. */
export const metricNames: readonly string[] = Object.keys(metrics)

/** Names that a plan may use: those that something measures. */
export const measuredNames: readonly string[] = Object.entries(metrics)
  .filter(([, { unmeasured }]) => unmeasured === undefined)
  .map(([name]) => name)
