import type { LimitUnit } from './parse-values.ts'

interface Metric {
  /** `ratio`: 0 to 1, written as a percentage; `ms`: a duration; `plain`: a count. */
  readonly unit: LimitUnit
  /** A breach of a critical metric vetoes the gate unless the plan says otherwise (telephony yes, integrations no). */
  readonly critical: boolean
}

/** The metrics that gates and triggers may name (section M), with their units. */
export const metrics: Readonly<Record<string, Metric>> = {
  validation_failure_rate: { unit: 'ratio', critical: true },
  success_rate: { unit: 'ratio', critical: true },
  abandonment_rate: { unit: 'ratio', critical: true },
  first_response_latency: { unit: 'ms', critical: true },
  api_error_rate: { unit: 'ratio', critical: false },
  crm_error_rate: { unit: 'ratio', critical: false },
  webhook_retry_count: { unit: 'plain', critical: false },
  queueLength: { unit: 'plain', critical: false },
  asa: { unit: 'ms', critical: false },
  RTT: { unit: 'ms', critical: false },
  utilisation: { unit: 'ratio', critical: false },
}

/** Names of `metrics`, in the order of section M. */
export const metricNames: readonly string[] = Object.keys(metrics)
