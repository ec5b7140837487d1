import type { EpochMs, Milliseconds } from '../../../kernel/units.ts'

/** What a simulated organisation is at the start. Names are those of the plan; the organisation gives ids itself. */
export interface GenesysOrgSpec {
  /** World time: tokens, rate windows, licences and statistics follow it. */
  readonly now: () => EpochMs
  /** Same seed, same ids and delays. */
  readonly seed: number
  readonly name?: string
  readonly client: OauthClientSpec
  readonly sites: readonly SiteSpec[]
  readonly users: readonly UserSpec[]
  readonly queues: readonly QueueSpec[]
  readonly ivrs: readonly IvrSpec[]
  /** Trunks that exist already: the managed one of the native voice service, the interconnect to the PBX … */
  readonly trunks: readonly TrunkBaseSpec[]
  readonly outboundRoutes: readonly OutboundRouteSpec[]
  /** Licence ids that the organisation owns. */
  readonly licences: readonly string[]
  /** Absent: `byoc` among others, so that trunks of one's own may be made. */
  readonly products?: readonly string[]
  /** The organisation's own presences, beside the platform's ten. */
  readonly presences?: readonly { readonly name: string; readonly systemPresence: SystemPresence }[]
  /** Name of the data table with each site's share. Absent: `Changeover shares`. */
  readonly shareTable?: string
  readonly timing?: Partial<OrgTiming>
  /** Calls per minute and token; 300 on the real platform. */
  readonly ratePerMinute?: number
}

/** Delays of the platform, in world time. */
export interface OrgTiming {
  /** How long an assigned licence takes to be in force, give or take a quarter. 20 min (W5.1). */
  readonly licenceDelay: Milliseconds
  /** How long a trunk takes to be in service once it is enabled. 5 s. */
  readonly trunkDelay: Milliseconds
  /** Who hangs up earlier is a short abandon. 5 s. */
  readonly shortAbandon: Milliseconds
  /** How long calls take to show in statistics and conversation details. 0. */
  readonly analyticsDelay: Milliseconds
  /** Life of an access token. 24 h. */
  readonly tokenLife: Milliseconds
}

export interface OauthClientSpec {
  readonly id: string
  readonly secret: string
  /** `domain:entity:action`; `domain:entity:*` and `domain:*` hold for all below. */
  readonly permissions: readonly string[]
}

export interface SiteSpec {
  readonly name: string
  /** E.164 numbers that the carrier brings in over the site's trunk. */
  readonly numbers: readonly string[]
  /** Name of that trunk; it need not exist yet. */
  readonly trunk: string
}

export interface UserSpec {
  /** The user's name in the plan. */
  readonly email: string
  readonly extension: string
  readonly name?: string
  readonly site: string
  /** Whether the agent's phone is registered at the start. */
  readonly phoneReachable: boolean
  /** E.164 numbers of the site's that are the user's own. */
  readonly numbers?: readonly string[]
  /** Licences in force at the start. */
  readonly licences?: readonly string[]
  /** Absent: `Available` with a phone that is reachable, else `Offline`. */
  readonly presence?: SystemPresence
}

export interface QueueSpec {
  readonly name: string
  readonly site: string
  readonly members?: readonly { readonly email: string; readonly joined: boolean }[]
}

/** An IVR configuration and the flow behind it. */
export interface IvrSpec {
  readonly name: string
  readonly site: string
  /** Name of the queue that its flow puts callers into. */
  readonly queue: string
  /** Where the flow tells numbers apart: the queue of each that has another. */
  readonly queueByNumber?: Readonly<Record<string, string>>
  /** Numbers bound to it at the start. */
  readonly numbers?: readonly string[]
}

export interface TrunkBaseSpec {
  readonly name: string
  readonly enabled: boolean
  /** Owned by the vendor: can't be changed. */
  readonly managed?: boolean
  readonly codecs?: readonly string[]
}

export interface OutboundRouteSpec {
  readonly site: string
  readonly name: string
  readonly enabled: boolean
  /** Names of `trunks`, in order. */
  readonly trunks: readonly string[]
}

export const systemPresences = [
  'Available',
  'Away',
  'Busy',
  'Offline',
  'Idle',
  'OnQueue',
  'Meal',
  'Training',
  'Meeting',
  'Break',
] as const
export type SystemPresence = (typeof systemPresences)[number]
