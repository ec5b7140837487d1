import type { PlatformId, RecordName, SiteId, WaveId } from '../../kernel/ids.ts'
import type { NonEmpty } from '../../kernel/non-empty.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import type { EpochMs, Milliseconds, Percent, Seconds } from '../../kernel/units.ts'

/** A secret is never in a plan: it is named, and read when it is needed. */
export type SecretRef =
  | { readonly from: 'env'; readonly name: string }
  | { readonly from: 'file'; readonly path: string }

/** A plan that was read without an error: names resolved, durations in units, defaults filled in. Plain data. */
export interface Plan {
  readonly name: string
  /** Path as it was given, for messages. */
  readonly file: string
  /** SHA-256 of the file's bytes and of every file it includes, hex. */
  readonly digest: string
  /** IANA zone in which windows are written. */
  readonly timeZone: string
  readonly platforms: Readonly<Record<PlatformId, PlatformSettings>>
  readonly dns: DnsSettings
  readonly crm?: CrmSettings
  readonly sites: Readonly<Record<SiteId, Site>>
  readonly gates: Readonly<Record<string, Gate>>
  readonly waves: Readonly<Record<WaveId, Wave>>
  /** The guides' figures, changed by named overrides only. */
  readonly policy: Policy
  readonly overrides: readonly Override[]
  /** What no platform can be asked, and a person vouches for. Absent: nothing. */
  readonly attest?: readonly Attest[]
}

export interface Attest {
  /** A row of the preflight table that can't be known: `site dallas: free licences genesysCloud2`. */
  readonly what: string
  /** Who looked where, and what was there. */
  readonly because: string
}

export type PlatformSettings =
  | {
      readonly kind: 'sbc'
      readonly profile: 'kamailio-dispatcher'
      /** JSON-RPC endpoint of the SBC. */
      readonly rpc: string
      readonly token?: SecretRef
      readonly gateway: SipAddress
      /** How agents are taken out of, and put back into, the PBX's queues: a PBX has no call of its own for it (D5). */
      readonly agents?:
        | { readonly by: 'rest'; readonly url: string; readonly token?: SecretRef }
        | { readonly by: 'hand' }
    }
  | {
      readonly kind: 'genesys-cloud'
      /** `mypurecloud.com`; API and login hosts follow from it unless they are given. */
      readonly region: string
      readonly api: string
      readonly login: string
      readonly clientId: SecretRef
      readonly clientSecret: SecretRef
      readonly gateway: SipAddress
      /** Data table whose rows hold each site's share (contract/README §2.5). */
      readonly shareTable: string
    }

export interface DnsSettings {
  readonly zones: Readonly<Record<string, ZoneSettings>>
  readonly resolvers: readonly Resolver[]
}

export interface ZoneSettings {
  readonly provider: 'rfc2136'
  /** The primary, which takes updates. */
  readonly server: { readonly host: string; readonly port: number }
  /** All authoritative servers, the primary included; asked each. */
  readonly authoritative: NonEmpty<{ readonly host: string; readonly port: number }>
  /** TSIG key; the secret's text is `algorithm:name:base64`, as `nsupdate -y` takes it, or a BIND key file. */
  readonly key?: SecretRef
}

export interface Resolver {
  readonly name: string
  readonly address: { readonly host: string; readonly port: number }
  /** The site whose network it serves, if it stands on one. */
  readonly at?: SiteId
}

export interface CrmSettings {
  readonly kind: 'rest'
  /**
   * `GET {url}?site=&platform=&from=&to=` (ISO instants) answers `{"total": n, "failed": n, "platform": id}`:
   * writes for calls that this platform handled, the others left out.
   */
  readonly url: string
  readonly token?: SecretRef
}

export interface Site {
  readonly id: SiteId
  readonly from: PlatformId
  readonly to: PlatformId
  readonly records: NonEmpty<{
    readonly name: RecordName
    readonly type: 'SRV' | 'NAPTR' | 'CNAME' | 'A' | 'AAAA'
  }>
  /** E.164. */
  readonly numbers: NonEmpty<string>
  readonly agents: readonly PlanAgent[]
  readonly queues: readonly PlanQueue[]
  /** The target's trunk for this site, provisioned standby. */
  readonly trunk: {
    readonly name: string
    readonly codecs: readonly string[]
    readonly callerId?: string
    readonly maxSessions?: number
    readonly transport: SipAddress['transport']
    readonly srtp: 'off' | 'sdes' | 'dtls'
    readonly allowList: readonly string[]
  }
  /** The source's trunk for this site, which is fenced at release. At an SBC: its destination URI. */
  readonly sourceTrunk: string
  /** The target's flow (IVR configuration) that answers this site's numbers. */
  readonly flow: string
  /** The target's outbound route of this site. */
  readonly outboundRoute: string
  /** Trunk over which the target returns callers to the source. */
  readonly interconnect: { readonly trunk: string; readonly maxSessions: number }
  /** Seconds, so that a TTL can be compared. */
  readonly ttl: Seconds
  readonly drainLongest: Milliseconds
}

export interface PlanAgent {
  readonly extension: string
  /** The target's user name. */
  readonly user: string
  /** Names of `queues` of the site. */
  readonly queues: readonly string[]
  /** Licence id at the target. */
  readonly licence: string
}

export interface PlanQueue {
  readonly name: string
  /** Skill group or queue at the source. */
  readonly from: string
  /** Queue name at the target. */
  readonly to: string
}

export interface Gate {
  readonly name: string
  readonly mode: 'all' | 'weighted'
  /** 0 to 100; of a weighted gate. */
  readonly minimumScore: Percent
  readonly checks: NonEmpty<GateCheck>
  readonly hold: {
    readonly longest: Milliseconds
    readonly owner: string
    readonly then: 'roll-back' | 'stay'
  }
}

export interface GateCheck {
  /** A metric of section M, or `test_calls`. */
  readonly metric: string
  readonly atLeast?: number
  readonly atMost?: number
  /** How far back it looks; never before the stage began. */
  readonly window: Milliseconds
  /** Fewer samples than this is no data. */
  readonly minimumSample: number
  readonly weight: number
  readonly veto: boolean
  /** Of `test_calls`: how many of the site's numbers are called within the window. */
  readonly numbers?: number | 'all'
}

export interface Wave {
  readonly id: WaveId
  readonly sites: NonEmpty<SiteId>
  /** Absent: no window, the selection may be made at once. */
  readonly window?: { readonly from: EpochMs; readonly to: EpochMs }
  /** Percent of agents and of callers, rising, the last is 100. */
  readonly stages: NonEmpty<Percent>
  readonly gate: string
  /** CEL over the metrics of section M; true rolls back. */
  readonly rollbackTrigger: string
}

/** Durations and limits with the guides' figures as defaults. */
export interface Policy {
  /** TTL of cutover records. 300 s (W1.1). */
  readonly cutoverTtl: Seconds
  /** How long before the selection the TTL is lowered, at least. 72 h (W1.1). */
  readonly ttlLead: Milliseconds
  /** Added to the longest cache observed (D1). 60 s. */
  readonly ttlMargin: Milliseconds
  /** Propagation that takes longer pauses the wave. 15 min (W1.3). */
  readonly propagationLimit: Milliseconds
  /** Licences are assigned this long ahead. 24 h (W5.1). */
  readonly licenceLead: Milliseconds
  /** Licences may take this long to be in force. 30 min (W5.1). */
  readonly licencePatience: Milliseconds
  /** The first group of agents: at least so many, and this share. 10 and 10 % (W2.2). */
  readonly firstAgents: number
  readonly firstAgentsShare: Percent
  /** Agents signed in per second, for the whole estate. 5 (D13). */
  readonly agentsPerSecond: number
  /** How long each stage is watched at least. 15 min. */
  readonly stageSoak: Milliseconds
  /** Call completion and CRM validated this long before release. 30 min (W4.3). */
  readonly soak: Milliseconds
  /** No call may have been up for so long before a side is left. 10 min. */
  readonly drainQuiet: Milliseconds
  /** Resolvers that must answer, at least. 3 (W1.3). */
  readonly resolvers: number
}

export interface Override {
  /** Name of a policy: `dns.ttlLead`. */
  readonly what: string
  readonly to: string
  /** Site or wave; absent: the whole plan. */
  readonly for?: string
  readonly because: string
}
