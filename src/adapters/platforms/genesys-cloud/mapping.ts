import type {
  AgentStatus,
  QueueStatistics,
  SharePolicy,
  Trunk,
  TrunkHealth,
  TrunkSpec,
} from '../../../features/platform/index.ts'
import { type AgentId, trunkId } from '../../../kernel/ids.ts'
import {
  type Aggregates,
  type Conversations,
  type Observations,
  type Phone,
  type TrunkBase,
  type TrunkInstance,
  trunkProperty,
  type UserState,
} from './schema.ts'

/** Names of trunk properties [T] (contract §2.2). */
const names = {
  enabled: 'trunk_enabled',
  codecs: 'trunk_media_codec',
  callerId: 'trunk_outboundIdentity_callingAddress',
  callerIdMethod: 'trunk_outboundIdentity_callingAddress_overrideMethod',
  transport: 'trunk_transport_protocolVariant',
  srtp: 'trunk_media_srtpCipherSuites',
  allowList: 'trunk_access_acl_allowList',
} as const

const property = (instance: unknown) => ({ value: { instance } })

function instanceOf(base: TrunkBase, name: string): unknown {
  const parsed = trunkProperty.safeParse(base.properties[name])
  return parsed.success ? parsed.data.value.instance : undefined
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** `audio/pcmu` there, `PCMU` here. */
export const codecFrom = (name: string) => name.replace(/^audio\//i, '').toUpperCase()
export const codecTo = (name: string) => `audio/${codecFrom(name).toLowerCase()}`

/** The suite that every peer of RFC 4568 has, and that Genesys offers first. */
const cipherSuite = 'AES_CM_128_HMAC_SHA1_80'

/** Keys go by SDES or not at all: an external trunk has no property for DTLS [T]. */
function srtpFrom(base: TrunkBase): Pick<Trunk, 'srtp'> {
  const suites = instanceOf(base, names.srtp)
  if (!Array.isArray(suites)) return {}
  return { srtp: suites.length > 0 ? 'sdes' : 'off' }
}

const srtpTo = (srtp: NonNullable<TrunkSpec['srtp']>) => (srtp === 'off' ? [] : [cipherSuite])

export function trunkFrom(base: TrunkBase): Trunk {
  const callerId = instanceOf(base, names.callerId)
  const transport = instanceOf(base, names.transport)
  return {
    id: trunkId(base.id),
    name: base.name,
    enabled: instanceOf(base, names.enabled) === true,
    managed: base.managed,
    codecs: textsOf(instanceOf(base, names.codecs)).map(codecFrom),
    ...(typeof callerId === 'string' && callerId !== '' ? { callerId } : {}),
    transport: transport === 'tcp' || transport === 'tls' ? transport : 'udp',
    ...srtpFrom(base),
    allowList: textsOf(instanceOf(base, names.allowList)),
  }
}

export function withEnabled(base: TrunkBase, enabled: boolean): TrunkBase {
  return { ...base, properties: { ...base.properties, [names.enabled]: property(enabled) } }
}

export const standby = { [names.enabled]: property(false) }

/** What a spec asks of a trunk's properties; everything else stays as it is. */
export function propertiesOf(spec: TrunkSpec) {
  return {
    [names.codecs]: property(spec.codecs.map(codecTo)),
    [names.transport]: property(spec.transport),
    [names.allowList]: property(spec.allowList),
    ...(spec.srtp === undefined ? {} : { [names.srtp]: property(srtpTo(spec.srtp)) }),
    ...(spec.callerId === undefined
      ? {}
      : {
          [names.callerId]: property(spec.callerId),
          [names.callerIdMethod]: property('Always'),
        }),
  }
}

/** Whether the trunk is as the spec wants it. Order of codecs counts, order of addresses doesn't. */
export function meetsSpec(trunk: Trunk, spec: TrunkSpec): boolean {
  return (
    trunk.transport === spec.transport &&
    trunk.codecs.join() === spec.codecs.map(codecFrom).join() &&
    [...trunk.allowList].sort().join() === [...spec.allowList].sort().join() &&
    (spec.srtp === undefined || trunk.srtp === spec.srtp) &&
    (spec.callerId === undefined || trunk.callerId === spec.callerId)
  )
}

export function healthFrom(instances: readonly TrunkInstance[]): TrunkHealth {
  const first = instances[0]
  if (first === undefined)
    return { inService: false, because: 'no edge carries this trunk (no instance)' }
  const serving = instances.filter(({ inService, enabled }) => inService && enabled)
  const silent = instances.flatMap(({ optionsStatus }) =>
    optionsStatus.filter(({ optionState }) => optionState === false),
  )
  const words = [
    `${serving.length} of ${instances.length} instances in service`,
    ...(instances.some(({ connectedStatus }) => connectedStatus?.connected === false)
      ? ['connectedStatus.connected is false']
      : []),
    ...silent.map(({ proxyAddress }) => `OPTIONS unanswered by ${proxyAddress}`),
  ]
  return { inService: serving.length > 0, because: words.join('; ') }
}

/** Is one of this user's phones reachable; a phone is a user's by WebRTC, log-in or default line. */
export function reachablePhones(phones: readonly Phone[]): ReadonlyMap<string, string> {
  const reachable = new Map<string, string>()
  for (const phone of phones) {
    const up = phone.status?.operationalStatus === 'OPERATIONAL'
    if (!up || !phone.status?.lineStatuses.some((line) => line.reachable === true)) continue
    const owners = [
      phone.webRtcUser,
      ...phone.lines.flatMap(({ loggedInUser, defaultForUser }) => [loggedInUser, defaultForUser]),
    ]
    for (const owner of owners) if (owner) reachable.set(owner.id, phone.name ?? phone.id)
  }
  return reachable
}

const presenceOf = (state: UserState | undefined) =>
  state?.presence?.presenceDefinition?.systemPresence ?? 'unknown'

/** Signed in nowhere, as the platform says; of whom it says nothing is not known to be. */
export const isOffline = (state: UserState | undefined) => isPresence(presenceOf(state), 'Offline')

export function agentStatusFrom(
  agent: AgentId,
  state: UserState | undefined,
  phone: string | undefined,
): AgentStatus {
  const presence = presenceOf(state)
  const routing = state?.routingStatus?.status ?? 'unknown'
  const device = phone === undefined ? 'no phone seen reachable' : `phone ${phone} reachable`
  return {
    agent,
    registered: phone !== undefined && !isOffline(state),
    // NOT_RESPONDING keeps the presence, but is offered nothing until the agent comes back.
    onQueue: isPresence(presence, 'OnQueue') && !['OFF_QUEUE', 'NOT_RESPONDING'].includes(routing),
    because: `presence ${presence}, routing status ${routing}, ${device}`,
  }
}

/** `OnQueue`, `On Queue`, `ON_QUEUE`: the API has spelt it in each of these ways. */
export function isPresence(found: string, wanted: string): boolean {
  return found.toLowerCase().replace(/[^a-z]/g, '') === wanted.toLowerCase()
}

export const sameShare = (a: SharePolicy | undefined, b: SharePolicy | undefined) =>
  a === undefined || b === undefined
    ? a === b
    : a.boundary === b.boundary &&
      a.salt === b.salt &&
      a.policyVersion === b.policyVersion &&
      a.epoch === b.epoch

/** Undefined when the platform shows no figures at all: nothing measured is not zero. */
export function queueStatisticsFrom(aggregates: Aggregates): QueueStatistics | undefined {
  const metrics = aggregates.results.flatMap(({ data }) => data.flatMap((slot) => slot.metrics))
  if (metrics.length === 0) return undefined
  const total = (name: string, field: 'count' | 'sum') =>
    metrics
      .filter(({ metric }) => metric === name)
      .reduce((sum, { stats }) => sum + (stats?.[field] ?? 0), 0)
  const answered = total('tAnswered', 'count')
  const shortAbandoned = total('tShortAbandon', 'count')
  return {
    offered: total('nOffered', 'count'),
    answered,
    // tAbandon counts every hang-up in the queue, short ones too.
    abandoned: Math.max(0, total('tAbandon', 'count') - shortAbandoned),
    shortAbandoned,
    failed: total('nError', 'count'),
    meanWaitMs: answered === 0 ? 0 : total('tAnswered', 'sum') / answered,
  }
}

/** Undefined when not every queue is shown: who waits in the others can't be known. */
export function waitingFrom({ results }: Observations, queues: number): number | undefined {
  const seen = results.flatMap(({ data }) => data.filter(({ metric }) => metric === 'oWaiting'))
  if (seen.length < queues) return undefined
  return seen.reduce((sum, { stats }) => sum + (stats?.count ?? 0), 0)
}

/** Routing statuses of agents who can be offered a call, and of those who are in one (contract §2.7). */
const ableStatuses = ['IDLE', 'INTERACTING', 'COMMUNICATING']
const busyStatuses = ['INTERACTING', 'COMMUNICATING']

/** Undefined when not every queue is shown. An agent of several queues counts in each. */
export function workloadFrom(
  { results }: Observations,
  queues: number,
): { readonly able: number; readonly busy: number } | undefined {
  const shown = results.map(({ data }) =>
    data.filter(({ metric }) => metric === 'oUserRoutingStatuses'),
  )
  if (shown.filter((statuses) => statuses.length > 0).length < queues) return undefined
  const count = (wanted: readonly string[]) =>
    shown
      .flat()
      .filter(({ qualifier }) => wanted.includes(qualifier ?? ''))
      .reduce((sum, { stats }) => sum + (stats?.count ?? 0), 0)
  return { able: count(ableStatuses), busy: count(busyStatuses) }
}

/** The conversation whose leg has this Call-ID, with the number that was called. */
export function conversationFrom({ conversations }: Conversations, sipCallId: string) {
  for (const { conversationId, participants } of conversations) {
    const sessions = participants.flatMap((participant) => participant.sessions)
    const leg = sessions.find(({ protocolCallId }) => protocolCallId === sipCallId)
    const dnis = leg?.dnis ?? leg?.sessionDnis
    if (dnis !== undefined) return { id: conversationId, dnis: numberFrom(dnis) }
  }
  return undefined
}

/** `tel:+1…` and `sip:+1…@host` in records, `+1…` here. */
export function numberFrom(address: string): string {
  return address.replace(/^(?:tel|sips?):/i, '').replace(/[@;].*$/, '')
}
