import type { AnyStep } from '../../engine/step.ts'
import {
  affiliateAgentsStep,
  agentsByHandStep,
  agentsRegisteredCheck,
  assignLicencesStep,
  licencesInForceCheck,
  licencesLeadCheck,
  moveAgentsStep,
  oneSideCheck,
  queueDrainedCheck,
  stillOnQueueCheck,
} from '../agents/index.ts'
import { selectStep, setShareStep } from '../authority/index.ts'
import { optionsCheck, testCallCheck } from '../call-tests/index.ts'
import {
  lowerTtlStep,
  propagationCheck,
  restoreTtlStep,
  waitOldTtlCheck,
} from '../dns-control/index.ts'
import { gateCheck, gateTriggerCheck } from '../gates/index.ts'
import {
  armTrunkStep,
  bindNumbersStep,
  mirrorTrunkCheck,
  provisionTrunkStep,
  releaseSourceStep,
  setRouteStep,
  sourceDrainCheck,
  targetDrainCheck,
} from '../trunks/index.ts'
import { preflightCheck, windowCheck } from './wave-checks.ts'

/** Every kind of step that a wave may use; the engine finds them by `kind`. They are given `WavePorts`. */
export const waveSteps: readonly AnyStep[] = [
  affiliateAgentsStep,
  agentsByHandStep,
  agentsRegisteredCheck,
  armTrunkStep,
  assignLicencesStep,
  bindNumbersStep,
  gateCheck,
  gateTriggerCheck,
  licencesInForceCheck,
  licencesLeadCheck,
  lowerTtlStep,
  mirrorTrunkCheck,
  moveAgentsStep,
  oneSideCheck,
  optionsCheck,
  preflightCheck,
  propagationCheck,
  provisionTrunkStep,
  queueDrainedCheck,
  releaseSourceStep,
  restoreTtlStep,
  selectStep,
  setRouteStep,
  setShareStep,
  sourceDrainCheck,
  stillOnQueueCheck,
  targetDrainCheck,
  testCallCheck,
  waitOldTtlCheck,
  windowCheck,
]
