import type { Brand } from './brand.ts'

/** Name of a site in the plan. */
export type SiteId = Brand<string, 'SiteId'>
/** Name of a wave in the plan. */
export type WaveId = Brand<string, 'WaveId'>
/** Name of a platform in the plan. */
export type PlatformId = Brand<string, 'PlatformId'>
/** A platform's own id of a trunk. */
export type TrunkId = Brand<string, 'TrunkId'>
/** A platform's own id of a queue. */
export type QueueId = Brand<string, 'QueueId'>
/** A platform's own id of an agent. */
export type AgentId = Brand<string, 'AgentId'>
/** Name of a check in a gate. */
export type CheckId = Brand<string, 'CheckId'>
/** A DNS name: lower case, without the final dot. */
export type RecordName = Brand<string, 'RecordName'>
/** One execution of a runbook. */
export type RunId = Brand<string, 'RunId'>
/** A step's name, unique within its runbook: `stage-20.share`. */
export type StepKey = Brand<string, 'StepKey'>

export const siteId = (text: string) => text as SiteId
export const waveId = (text: string) => text as WaveId
export const platformId = (text: string) => text as PlatformId
export const trunkId = (text: string) => text as TrunkId
export const queueId = (text: string) => text as QueueId
export const agentId = (text: string) => text as AgentId
export const checkId = (text: string) => text as CheckId
export const runId = (text: string) => text as RunId
export const stepKey = (text: string) => text as StepKey
/** DNS names are compared without case and with or without the final dot, so neither is kept. */
export const recordName = (text: string) => text.toLowerCase().replace(/\.$/, '') as RecordName
