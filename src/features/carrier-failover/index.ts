export type { SurvivalSeen, TrialSeen } from './judge-trial.ts'
export {
  formatTrialAnswer,
  guideProfile,
  type ProfileEntry,
  parseTrialAnswer,
  type TrialAnswer,
} from './profile.ts'
export { type FailoverStage, type FailoverStep, tryFailover } from './try-failover.ts'
