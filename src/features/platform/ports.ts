import type { WriteLimits } from '../../kernel/authority.ts'
import type { AgentId, PlatformId, QueueId, RecordName, TrunkId } from '../../kernel/ids.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import type { EpochMs, Milliseconds } from '../../kernel/units.ts'

/*
 * What a contact-centre platform can be asked, as small ports. Every write is idempotent, is read back
 * before it resolves (D10), carries WriteLimits, and names the state it expects; where the platform
 * can't compare for us, the adapter reads immediately before it writes.
 * Every read and write can throw one of the platform errors in errors.ts, and nothing else on purpose.
 */

/** A trunk as far as a cutover needs it. At an SBC: one destination in front of the PBX. */
export interface Trunk {
  readonly id: TrunkId
  readonly name: string
  readonly enabled: boolean
  /** Owned by the vendor: refused to be touched. */
  readonly managed: boolean
  readonly codecs: readonly string[]
  /** The identity outbound calls carry; absent: the caller's own. */
  readonly callerId?: string
  /** Absent where the platform shows none. */
  readonly maxSessions?: number
  readonly transport: SipAddress['transport']
  /** How media is encrypted. Absent where the platform shows nothing of it. */
  readonly srtp?: 'off' | 'sdes' | 'dtls'
  /** Addresses allowed in, CIDR. */
  readonly allowList: readonly string[]
}

/** A trunk that is to exist: found again by its name, so asking twice makes one. */
export type TrunkSpec = Omit<Trunk, 'id' | 'enabled' | 'managed'>

export interface TrunkHealth {
  /** In service as the platform says; a platform's word, to be checked by a call. */
  readonly inService: boolean
  readonly because: string
}

export interface Trunks {
  list(signal: AbortSignal): Promise<readonly Trunk[]>
  find(name: string, signal: AbortSignal): Promise<Trunk | undefined>
  /** Creates it disabled (standby). One with this name that is already there is brought to the spec, its `enabled` left alone. */
  provision(spec: TrunkSpec, limits: WriteLimits): Promise<Trunk>
  /** Deletes a trunk; one that is not there is fine. */
  remove(name: string, limits: WriteLimits): Promise<void>
  setEnabled(name: string, enabled: boolean, limits: WriteLimits): Promise<void>
  health(name: string, signal: AbortSignal): Promise<TrunkHealth>
}

/** What answers a number: at Genesys Cloud an IVR configuration. */
export interface InboundFlow {
  /** Whether callers are answered there: one that leads nowhere is dead air. */
  readonly answers: boolean
}

/** Which flow answers which number: a number is bound to at most one flow. */
export interface InboundNumbers {
  /** Flows by name; one that does not exist is absent. */
  flows(
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, InboundFlow>>>
  /** Which of these numbers the platform has, and can so bind. */
  known(numbers: readonly string[], signal: AbortSignal): Promise<readonly string[]>
  /**
   * What else than a flow has a number of the platform's, by number and in its own words: `user Ann Lee`. Free
   * numbers, and those of flows, are absent. Throws when the platform doesn't say.
   */
  holders(
    numbers: readonly string[],
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>>
  /** Flow by number, E.164; a number that is bound to nothing is absent. */
  readBindings(
    numbers: readonly string[],
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>>
  /**
   * Makes the bindings of exactly these numbers as given; `null` binds a number to nothing.
   *
   * @throws {PlatformConflictError} when one that is to be bound has a holder; nothing was changed
   */
  bind(bindings: Readonly<Record<string, string | null>>, limits: WriteLimits): Promise<void>
}

/** Queue membership. `joined` members are offered calls when they are on queue; others only belong. */
export interface QueueMembership {
  readonly agent: AgentId
  readonly joined: boolean
}

/** One queue of which an agent is a member, whether a plan names it or not. */
export interface AgentQueue {
  readonly queue: QueueId
  readonly name: string
  readonly joined: boolean
}

export interface Queues {
  /** Ids by name; a queue that does not exist is absent. */
  find(names: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, QueueId>>>
  members(queue: QueueId, signal: AbortSignal): Promise<readonly QueueMembership[]>
  /** Every queue of each of these agents. One call per agent or per queue at most vendors: ask once for all of them, not often. */
  ofAgents(
    agents: readonly AgentId[],
    signal: AbortSignal,
  ): Promise<Readonly<Record<AgentId, readonly AgentQueue[]>>>
  /** Makes exactly these agents members with `joined` as given; everybody else is left alone. */
  setMembers(
    queue: QueueId,
    members: readonly QueueMembership[],
    limits: WriteLimits,
  ): Promise<void>
  removeMembers(queue: QueueId, agents: readonly AgentId[], limits: WriteLimits): Promise<void>
}

export interface AgentStatus {
  readonly agent: AgentId
  /** Signed in with a phone that can be reached. */
  readonly registered: boolean
  /** In a state in which queue calls are offered. */
  readonly onQueue: boolean
  readonly because: string
}

export interface Agents {
  /** Ids by the plan's user name (e-mail, extension …); an unknown one is absent. */
  find(names: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, AgentId>>>
  status(agents: readonly AgentId[], signal: AbortSignal): Promise<readonly AgentStatus[]>
  /** Those of them who are on queue now, as `status` has it; says nothing of phones, and so costs less. */
  onQueue(agents: readonly AgentId[], signal: AbortSignal): Promise<readonly AgentId[]>
  /** Puts agents on queue, or takes them off. One without a session can't be put on queue: throws `platform.conflict`. */
  setOnQueue(agents: readonly AgentId[], onQueue: boolean, limits: WriteLimits): Promise<void>
}

export interface Licences {
  /** Licence ids by agent. */
  read(
    agents: readonly AgentId[],
    signal: AbortSignal,
  ): Promise<Readonly<Record<AgentId, readonly string[]>>>
  /** Adds or takes one licence. The platform takes minutes to put it in force; `read` shows when. */
  assign(
    licence: string,
    change: { readonly add: readonly AgentId[]; readonly remove: readonly AgentId[] },
    limits: WriteLimits,
  ): Promise<void>
  /** What the organisation owns. */
  owned(signal: AbortSignal): Promise<readonly string[]>
}

/**
 * The share of callers that the target keeps; the rest it returns over the interconnect with their
 * original DNIS (D2, D21). One row per site, read by the platform's flow for each call.
 */
export interface SharePolicy {
  /** 0 to 10000: callers whose bucket is below it stay. */
  readonly boundary: number
  readonly salt: string
  readonly policyVersion: number
  readonly epoch: number
}

export interface Shares {
  /** Whether rows can be kept there: the table, and each column with its type. Changes nothing. */
  probe(signal: AbortSignal): Promise<readonly Need[]>
  read(site: string, signal: AbortSignal): Promise<SharePolicy | undefined>
  /**
   * Replaces `before` by `next`; undefined means no row.
   *
   * @throws {PlatformConflictError} when the row is neither `before` nor `next`; nothing was changed
   */
  replace(
    site: string,
    before: SharePolicy | undefined,
    next: SharePolicy | undefined,
    limits: WriteLimits,
  ): Promise<void>
}

/** Trunk order of outbound calls: the first that works is taken. */
export interface OutboundRoutes {
  /** Trunk names in order; undefined when there is no such route. */
  read(route: string, signal: AbortSignal): Promise<OutboundRoute | undefined>
  replace(
    route: string,
    before: OutboundRoute | undefined,
    next: OutboundRoute | undefined,
    limits: WriteLimits,
  ): Promise<void>
}

export interface OutboundRoute {
  readonly enabled: boolean
  readonly trunks: readonly string[]
}

/** What a platform says of the calls of some queues within a window (section M). Its own view, no ledger. */
export interface QueueStatistics {
  readonly offered: number
  readonly answered: number
  /** Hung up after the short-abandon limit. */
  readonly abandoned: number
  readonly shortAbandoned: number
  /** Ended by an error or transferred away by a failure. */
  readonly failed: number
  readonly meanWaitMs: number
}

export interface Statistics {
  /** Throws when the platform has no data yet: nothing measured is not zero. */
  queues(
    queues: readonly QueueId[],
    from: EpochMs,
    to: EpochMs,
    signal: AbortSignal,
  ): Promise<QueueStatistics>
  /** Calls to these numbers (DNIS) within the window that ended in an error, in a queue or before any. */
  failed(
    numbers: readonly string[],
    from: EpochMs,
    to: EpochMs,
    signal: AbortSignal,
  ): Promise<number>
  /** Agents who could take a call of these queues now, and those of them who are in one. Throws when a queue is not shown. */
  workload(
    queues: readonly QueueId[],
    signal: AbortSignal,
  ): Promise<{ readonly able: number; readonly busy: number }>
  /** Calls that wait in these queues now, whatever was measured before. Throws when a queue is not shown. */
  waiting(queues: readonly QueueId[], signal: AbortSignal): Promise<number>
  /** The conversation that carried this SIP Call-ID here, once the platform shows it (X6). */
  conversationOf(
    sipCallId: string,
    signal: AbortSignal,
  ): Promise<{ readonly id: string; readonly dnis: string } | undefined>
}

/** How many calls are up: the drain. */
export interface LiveCalls {
  /** @param numbers only calls to these DNIS; empty means all */
  count(numbers: readonly string[], signal: AbortSignal): Promise<number>
}

/** One right, scope, product, limit or dependency that a run will need (P1.1, P1.2). */
export interface Need {
  readonly what: string
  /** `unknown`: no call tells; `unreachable`: the call that would tell failed, so nobody's word stands for it. */
  readonly state: 'had' | 'missing' | 'unknown' | 'unreachable'
  /** In the vendor's own words: what was asked, what it said. */
  readonly because: string
  /** What a person does about it, or looks at, where it is not had. */
  readonly todo?: string
  /** Needs of one kind, which may be shown as one where all are had: `permissions`. */
  readonly group?: string
}

/** How many calls a client may make; `name` is the vendor's own. */
export interface RateLimit {
  readonly name: string
  readonly callsPerMinute: number
}

export interface Account {
  /** Probes what the given operations need on the real account. Changes nothing. */
  check(operations: readonly string[], signal: AbortSignal): Promise<readonly Need[]>
  /** Undefined where the platform has none, or shows none. */
  rateLimit(signal: AbortSignal): Promise<RateLimit | undefined>
  /** The platform's clock against ours; positive when it is ahead. */
  clockOffset(signal: AbortSignal): Promise<Milliseconds>
}

/** Every port that a platform may have. */
export interface PlatformPorts {
  readonly trunks: Trunks
  readonly inboundNumbers: InboundNumbers
  readonly queues: Queues
  readonly agents: Agents
  readonly licences: Licences
  readonly shares: Shares
  readonly outboundRoutes: OutboundRoutes
  readonly statistics: Statistics
  readonly liveCalls: LiveCalls
  readonly account: Account
}
export type Capability = keyof PlatformPorts

/** One method of one port: what a right is asked for by (P1.1). */
export type Operation = {
  [Name in Capability]: `${Name}.${keyof PlatformPorts[Name] & string}`
}[Capability]

export type ConsolePlace = 'flows' | 'numbers' | 'routes' | 'sessions' | 'licences'

/**
 * One platform of a plan: what it can do is declared by which ports it has (D5).
 * `lacks` says, for each port that is absent, what the realistic lever is instead.
 */
export interface Platform {
  readonly id: PlatformId
  /** `sbc`, `genesys-cloud` … */
  readonly vendor: string
  readonly ports: Partial<PlatformPorts>
  readonly lacks: Readonly<Partial<Record<Capability, string>>>
  /** Where in the vendor's console a person sees to what no call can: in the vendor's own words. */
  readonly console?: Readonly<Partial<Record<ConsolePlace, string>>>
  /** Where this platform takes calls. */
  readonly gateway: SipAddress
}

/** The platforms of one plan. */
export interface Platforms {
  /** @throws {UnsupportedByPlatformError} with the realistic lever, when the platform has no such port */
  port<Name extends Capability>(platform: PlatformId, capability: Name): PlatformPorts[Name]
  get(platform: PlatformId): Platform
}

/** What the plan's CRM says of call results that were to be written to it. */
export interface Crm {
  /**
   * Upserts within the window for calls of this site that this platform handled, and how many of them failed
   * or are missing. Throws when the CRM can't tell one platform's calls from the other's: those that the
   * source still handles would hide what fails at the target.
   */
  upserts(
    of: {
      readonly site: string
      readonly platform: PlatformId
      readonly from: EpochMs
      readonly to: EpochMs
    },
    signal: AbortSignal,
  ): Promise<{ readonly total: number; readonly failed: number }>
}

/** How requests to one far side went. */
export interface ApiCallCount {
  /** All but those that were put off. */
  readonly total: number
  /** Ended in a transport error, a 5xx, or an answer that nothing here is made for. */
  readonly failed: number
  /** Put off by a rate limit (429 with Retry-After): no errors, counted apart. */
  readonly limited: number
}

/** Our own requests, as this process remembers them (M, `api_error_rate`). */
export interface ApiCalls {
  /** Nothing is known of before. */
  readonly since: EpochMs
  /** @param name a platform's id, or `crm` */
  count(name: string, from: EpochMs, to: EpochMs): ApiCallCount
}

/** A record that sends callers of a site somewhere. Kept here because platforms and DNS both name it. */
export interface SiteRecord {
  readonly name: RecordName
  readonly type: 'SRV' | 'NAPTR' | 'CNAME' | 'A' | 'AAAA'
}
