import { type EpochMs, ms } from '../../kernel/units.ts'
import type { Estate, EstateAgent, EstateSite } from '../estate.ts'
import type { ZoneRecords } from '../network/dns-zone.ts'
import type { GenesysOrgSpec } from '../platforms/genesys-cloud/spec.ts'

/** Sizes of the demo's estate; whatever is absent is the demo's own. */
export interface TwoSitesOptions {
  readonly dallasPerHour?: number
  readonly renoPerHour?: number
  /** Calls that the interconnect carries at once. 120. */
  readonly maxSessions?: number
  readonly gatewayPorts?: { readonly pbx: number; readonly 'genesys-cloud': number }
  /** Names of the gateways, if not those of the zone: what SRV records point to. */
  readonly gatewayHosts?: { readonly pbx: string; readonly 'genesys-cloud': string }
  /** Addresses of the gateways. */
  readonly addresses?: { readonly pbx: string; readonly 'genesys-cloud': string }
}

const zone = 'acme.example'
export const twoSitesLicence = 'genesysCloud2'
export const twoSitesOauth = { id: 'changeover-lab', secret: 'lab-secret-of-the-simulated-org' }
/** The client's role: what moving a site needs, and nothing more. */
export const twoSitesPermissions = [
  'telephony:plugin:all',
  'routing:callRoute:view',
  'routing:callRoute:edit',
  'routing:queue:view',
  'routing:queueMember:manage',
  'directory:user:view',
  'presence:presenceDefinition:view',
  'presence:userPresence:edit',
  'authorization:grant:add',
  'architect:datatable:view',
  'architect:datatableRow:view',
  'architect:datatableRow:edit',
  'architect:datatableRow:add',
  'architect:datatableRow:delete',
  'analytics:conversationAggregate:view',
  'analytics:conversationDetail:view',
  'analytics:queueObservation:view',
]
export const twoSitesRecordTtl = 3600
export const twoSitesQueues = ['billing', 'support'] as const
/** Names that the plan and the organisation share. */
export const twoSitesNames = {
  flow: (site: string) => `${capital(site)} Inbound`,
  trunk: (site: string) => `${site}-inbound`,
  outboundRoute: (site: string) => `${site}-outbound`,
  interconnect: 'cloud-to-pbx',
  nativeTrunk: 'native-voice',
  /** One skill group per queue and site. */
  pbxQueue: (queue: string, set: number) => `skill ${set}${queue === 'billing' ? 2 : 4}`,
  cloudQueue: (queue: string, site: string) =>
    `${capital(queue)} ${site.slice(0, 3).toUpperCase()}`,
} as const

/** Two sites behind one SBC: dallas with 24 agents and about 4 calls a minute, reno with 12 and about 2. */
export function twoSitesEstate(options: TwoSitesOptions = {}): Estate {
  const addresses = options.addresses ?? { pbx: '10.0.0.5', 'genesys-cloud': '203.0.113.5' }
  const hosts = options.gatewayHosts ?? { pbx: `sbc.${zone}`, 'genesys-cloud': `byoc.${zone}` }
  const ports = options.gatewayPorts ?? { pbx: 5060, 'genesys-cloud': 5060 }
  return {
    zone,
    sites: [
      site('dallas', {
        agents: 24,
        numbers: 10,
        areaCode: '214',
        set: 1,
        perHour: options.dallasPerHour ?? 240,
      }),
      site('reno', {
        agents: 12,
        numbers: 6,
        areaCode: '775',
        set: 2,
        perHour: options.renoPerHour ?? 120,
      }),
    ],
    gateways: {
      pbx: { host: hosts.pbx, address: addresses.pbx, port: ports.pbx },
      'genesys-cloud': {
        host: hosts['genesys-cloud'],
        address: addresses['genesys-cloud'],
        port: ports['genesys-cloud'],
      },
    },
    carriers: [
      { name: 'lone-star', resolver: 'dallas-office', share: 0.4 },
      { name: 'sierra', resolver: 'reno-office', share: 0.3 },
      { name: 'great-basin', resolver: 'stretching', share: 0.15 },
      { name: 'old-switch', resolver: 'deaf', share: 0.1 },
      { name: 'thrift', resolver: 'stale', share: 0.05 },
    ],
    habits: {
      meanTalk: ms(100_000),
      meanPatience: ms(240_000),
      shortAbandon: ms(10_000),
      signOn: ms(4000),
      carrierPatience: ms(6000),
    },
    interconnect: { maxSessions: options.maxSessions ?? 120 },
  }
}

interface SiteSize {
  readonly agents: number
  readonly numbers: number
  readonly areaCode: string
  readonly set: number
  readonly perHour: number
}

function site(id: string, { agents, numbers, areaCode, set, perHour }: SiteSize): EstateSite {
  return {
    id,
    record: { name: `_sip._tcp.${id}.${zone}`, type: 'SRV' },
    numbers: Array.from({ length: numbers }, (_, index) => ({
      dnis: `+1${areaCode}55501${String(index).padStart(2, '0')}`,
      pbxQueue: twoSitesNames.pbxQueue(index % 2 === 0 ? 'billing' : 'support', set),
    })),
    agents: Array.from({ length: agents }, (_, index) => agent(id, set, index)),
    dispatcherSet: set,
    destination: `sip:pbx-${id}.${zone}:5060`,
    callsPerHour: (_at: EpochMs) => perHour,
    peakPerHour: perHour,
    callerPrefix: `+1${areaCode}777`,
  }
}

/** Everybody knows both skills: a site of this size can't afford less. */
function agent(siteId: string, set: number, index: number): EstateAgent {
  const number = String(index + 1).padStart(2, '0')
  return {
    extension: `${set}1${number}`,
    user: `${siteId}${number}@${zone}`,
    queues: twoSitesQueues.map((queue) => twoSitesNames.pbxQueue(queue, set)),
  }
}

/** The zone before the first wave: every site's record at the SBC, and the gateways' addresses. */
export function twoSitesZone(estate: Estate): readonly ZoneRecords[] {
  const { pbx } = estate.gateways
  const srv = `10 0 ${pbx.port} ${pbx.host}`
  return [
    ...estate.sites.map(
      ({ record }): ZoneRecords => ({
        ...record,
        ttl: twoSitesRecordTtl,
        values: [srv],
      }),
    ),
    ...Object.values(estate.gateways)
      .filter(({ host }) => host.endsWith(`.${zone}`))
      .map(
        ({ host, address }): ZoneRecords => ({
          name: host,
          type: 'A',
          ttl: twoSitesRecordTtl,
          values: [address],
        }),
      ),
  ]
}

/** The target's organisation as it is before the first wave: users without licence, queues without members. */
export function twoSitesOrg(estate: Estate, now: () => EpochMs, seed: number): GenesysOrgSpec {
  return {
    now,
    seed,
    name: 'Acme',
    shareTable: 'changeover-shares',
    client: { ...twoSitesOauth, permissions: twoSitesPermissions },
    sites: estate.sites.map(({ id, numbers }) => ({
      name: id,
      numbers: numbers.map(({ dnis }) => dnis),
      trunk: twoSitesNames.trunk(id),
    })),
    users: estate.sites.flatMap(({ id, agents }) =>
      agents.map(({ user, extension }) => ({
        email: user,
        extension,
        site: id,
        phoneReachable: false,
      })),
    ),
    queues: estate.sites.flatMap(({ id }) =>
      twoSitesQueues.map((queue) => ({
        name: twoSitesNames.cloudQueue(queue, id),
        site: id,
      })),
    ),
    ivrs: estate.sites.map((site) => ({
      name: twoSitesNames.flow(site.id),
      site: site.id,
      queue: twoSitesNames.cloudQueue('billing', site.id),
      queueByNumber: cloudQueues(site),
    })),
    trunks: [
      { name: twoSitesNames.nativeTrunk, enabled: true, managed: true },
      { name: twoSitesNames.interconnect, enabled: true },
    ],
    outboundRoutes: estate.sites.map(({ id }) => ({
      site: id,
      name: twoSitesNames.outboundRoute(id),
      enabled: true,
      trunks: [twoSitesNames.interconnect],
    })),
    licences: [twoSitesLicence],
  }
}

/** The target's flow sends a number's callers where the PBX sent them: to the same queue, by its new name. */
function cloudQueues({ id, numbers, dispatcherSet }: EstateSite): Readonly<Record<string, string>> {
  const newName = new Map(
    twoSitesQueues.map((queue) => [
      twoSitesNames.pbxQueue(queue, dispatcherSet),
      twoSitesNames.cloudQueue(queue, id),
    ]),
  )
  return Object.fromEntries(
    numbers.map(({ dnis, pbxQueue }) => [dnis, newName.get(pbxQueue) ?? '']),
  )
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}
