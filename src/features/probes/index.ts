export {
  guideThresholds,
  type Health,
  type HealthState,
  type HealthThresholds,
  nextHealth,
  noHealth,
} from './health.ts'
export { guideLimits, judgeProbe, type ProbeLevel, type ProbeLimits } from './judge-probe.ts'
export {
  type ProbeCheck,
  type ProbePorts,
  type ProbeSettings,
  probeTarget,
} from './probe-target.ts'
export { type ProbeSummary, summarise } from './summary.ts'
