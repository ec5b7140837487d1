export { type CampaignReport, type LeftAgent, runCampaign } from './campaign.ts'
export type {
  CampaignEnd,
  CampaignPorts,
  CampaignProgress,
  CampaignSettings,
} from './campaign-state.ts'
export type {
  RegisteringAgent,
  RegisterOutcome,
  Registrar,
  RequestMeter,
  RequestPart,
} from './ports.ts'
export { guideRegistration, type RegistrationSettings } from './settings.ts'
