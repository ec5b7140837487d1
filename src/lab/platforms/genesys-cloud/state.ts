import type { EpochMs } from '../../../kernel/units.ts'
import { type JsonRecord, jsonAt } from './json.ts'
import type { GenesysOrgSpec, OauthClientSpec, OrgTiming, SystemPresence } from './spec.ts'

/*
 * Everything that can be configured is plain data without functions, so that a copy of it can be kept:
 * a read that lags behind a write (faults.ts) is answered from the copy made before the write.
 */

export interface TrunkBase {
  readonly id: string
  name: string
  version: number
  readonly metabase: string
  readonly trunkType: string
  readonly managed: boolean
  properties: JsonRecord
  /** Members of the body that mean nothing to the lab, given back as they came. */
  rest: JsonRecord
  /** The instance on the edge. */
  readonly trunkId: string
  /** When `trunk_enabled` last became true. */
  enabledSince: EpochMs | undefined
}

export interface Ivr {
  readonly id: string
  name: string
  version: number
  dnis: readonly string[]
  flowId: string | undefined
  rest: JsonRecord
}

/** An Architect flow: looks up its site's share, puts who stays into the queue of the number that was dialled. */
export interface Flow {
  readonly id: string
  readonly name: string
  readonly site: string
  readonly queueOf: (dnis: string) => string
}

export interface Queue {
  readonly id: string
  name: string
  readonly site: string
  /** `joined` by user id. */
  readonly members: Map<string, boolean>
}

export interface LicenceTerm {
  readonly from: EpochMs
  until?: EpochMs
}

export interface User {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly extension: string
  readonly site: string
  readonly phoneId: string
  readonly stationId: string
  /** Numbers of DID pools that ring this user's phone. */
  numbers: readonly string[]
  phoneReachable: boolean
  phoneSince: EpochMs
  presenceId: string
  presenceSince: EpochMs
  readonly licences: Map<string, LicenceTerm>
  /** The call that the agent is in. */
  call: string | undefined
}

export interface PresenceDefinition {
  readonly id: string
  readonly name: string
  readonly systemPresence: SystemPresence
  readonly type: 'System' | 'User'
}

export interface DataTable {
  readonly id: string
  readonly name: string
  readonly rows: Map<string, JsonRecord>
}

export interface OutboundRoute {
  readonly id: string
  readonly site: string
  name: string
  version: number
  enabled: boolean
  distribution: string
  classificationTypes: readonly string[]
  trunkBaseIds: readonly string[]
}

export interface DidPool {
  readonly id: string
  name: string
  version: number
  start: string
  end: string
  provider: string
}

export interface Site {
  readonly id: string
  readonly name: string
  readonly numbers: readonly string[]
  readonly trunk: string
}

/** What the API can change. */
export interface OrgConfig {
  readonly trunkBases: Map<string, TrunkBase>
  readonly ivrs: Map<string, Ivr>
  readonly queues: Map<string, Queue>
  /** In the order in which agents became idle: who waits longest is offered first. */
  readonly users: Map<string, User>
  readonly tables: Map<string, DataTable>
  readonly routes: Map<string, OutboundRoute>
  readonly didPools: Map<string, DidPool>
}

/** What stays as it was made. */
export interface OrgFacts {
  readonly id: string
  readonly name: string
  readonly client: OauthClientSpec
  readonly sites: readonly Site[]
  readonly flows: ReadonlyMap<string, Flow>
  readonly presences: ReadonlyMap<string, PresenceDefinition>
  readonly licences: readonly string[]
  readonly products: readonly string[]
  readonly shareTable: string
  readonly timing: OrgTiming
  readonly ratePerMinute: number
  readonly edgeId: string
  readonly now: GenesysOrgSpec['now']
  /** A new id, drawn from the seed. */
  readonly newId: () => string
  /** World time from now at which a licence change will be in force. */
  readonly licenceInstant: () => EpochMs
}

export const metabases = {
  byoc: 'external_sip_pcv_byoc_carrier.json',
  managed: 'external_sip_pcv_aws.json',
} as const

/** Whether `trunk_enabled` is set; absent means the template's default, which is on. */
export function isTrunkEnabled(properties: JsonRecord): boolean {
  return jsonAt(properties, 'trunk_enabled', 'value', 'instance') !== false
}

export function isTrunkInService(base: TrunkBase, facts: OrgFacts): boolean {
  const since = base.enabledSince
  return since !== undefined && facts.now() >= since + facts.timing.trunkDelay
}

export function isLicenceInForce(term: LicenceTerm, now: EpochMs): boolean {
  return now >= term.from && (term.until === undefined || now < term.until)
}

/** Ids of the licences that count now. */
export function licencesInForce(user: User, now: EpochMs): readonly string[] {
  const ids: string[] = []
  for (const [id, term] of user.licences) {
    if (isLicenceInForce(term, now)) ids.push(id)
  }
  return ids
}

export function findByName<T extends { readonly name: string }>(
  items: Iterable<T>,
  name: string,
): T | undefined {
  for (const item of items) {
    if (item.name === name) return item
  }
  return undefined
}
