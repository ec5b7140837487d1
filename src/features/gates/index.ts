export { decideRate, type RateCheck } from './decide-rate.ts'
export { decideTrigger, type TriggerFinding } from './decide-trigger.ts'
export { decideVerdict } from './decide-verdict.ts'
export { showLimit } from './describe-reading.ts'
export { gateCheck } from './gate-check.ts'
export { gateTriggerCheck } from './gate-trigger.ts'
export type {
  MetricQuestion,
  MetricReading,
  MetricScope,
  Metrics,
  Range,
  Trigger,
  Triggers,
  Truth,
} from './ports.ts'
export { mostTestCalls, testCallsEvery } from './test-call-pace.ts'
export type { CheckOutcome, GateRule, Verdict } from './verdict.ts'
export { wilsonInterval } from './wilson-interval.ts'
