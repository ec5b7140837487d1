export { compileTrigger, type Trigger, type TriggerProblem } from './compile-trigger.ts'
export { showPlan } from './explain-plan.ts'
export { formatImport } from './format-import.ts'
export { type CheckExit, exitCodeOf, formatProblems } from './format-problems.ts'
export type { GuideImport, Hazard } from './guide-import.ts'
export { importGuidePayload } from './import-guide.ts'
export type { ReadFile } from './load-agents.ts'
export { type CheckedPlan, checkPlan } from './load-plan.ts'
export { metricNames } from './metrics.ts'
export { parseSecretText, parseSipText } from './parse-values.ts'
export type {
  Attest,
  CrmSettings,
  DnsSettings,
  Gate,
  GateCheck,
  Override,
  Plan,
  PlanAgent,
  PlanQueue,
  PlatformSettings,
  Policy,
  Resolver,
  SecretRef,
  Site,
  Wave,
  ZoneSettings,
} from './plan.ts'
export { planJsonSchema } from './plan-json-schema.ts'
export { type PlanSecret, placeOfSecret, secretsIn } from './plan-secrets.ts'
export {
  guidePolicy,
  handPatience,
  overrideNames,
  policyFor,
  quietOnTheWayBack,
} from './policies.ts'
export type { Problem } from './problem.ts'
export { type WayBackTime, worstCaseWayBack } from './way-back.ts'
