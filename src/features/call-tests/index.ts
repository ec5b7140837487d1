export type { OptionsAnswer, SipProbe, TestCallAnswer } from './ports.ts'
