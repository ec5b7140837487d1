import type { Capability } from '../../../features/platform/index.ts'

/** What an SBC in front of a PBX can't be asked, and who can (D5). */
export const lacks: Readonly<Partial<Record<Capability, string>>> = {
  inboundNumbers: 'move the numbers at the carrier or by DNS: the SBC routes what reaches it',
  licences: 'assign PBX licences by a step `by: hand`',
  shares:
    'set the share at the target, which returns the rest of the callers over the interconnect',
  outboundRoutes: 'change the PBX’s outbound route by a step `by: hand`',
  statistics: 'take the PBX’s figures from its call records',
}

/** What is missing as well where the plan names no REST interface for the PBX's agents. */
export const lacksByHand: Readonly<Partial<Record<Capability, string>>> = {
  queues: 'name the PBX’s interface in the plan (agents: by: rest), or move its queues `by: hand`',
  agents: 'name the PBX’s interface in the plan (agents: by: rest), or move its agents `by: hand`',
}

export const provisionLever =
  'add or remove the destination in the SBC’s dispatcher list, then reload it'
