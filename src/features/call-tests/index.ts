export { optionsCheck } from './options-check.ts'
export type { OptionsAnswer, SipProbe, TestCallAnswer } from './ports.ts'
export { testCallCheck } from './test-call-check.ts'
