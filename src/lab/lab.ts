import { type EpochMs, type Milliseconds, ms } from '../kernel/units.ts'
import type { VirtualTime } from '../kernel/virtual-clock.ts'
import type { DnsHandler } from '../protocols/dns/transport.ts'
import type { TsigKey } from '../protocols/dns/tsig.ts'
import type { HttpHandler } from '../protocols/http/transport.ts'
import type { FoundRecord, LookUp } from './carrier.ts'
import type { Estate, OfferedCall } from './estate.ts'
import type { Fault } from './fault-script.ts'
import { createFaults, type Faults } from './faults.ts'
import { createLabClock, type LabClock } from './lab-clock.ts'
import { createDnsAuthority, type DnsAuthority } from './network/dns-authority.ts'
import {
  createDnsResolver,
  type DnsResolver,
  type ResolverBehaviour,
} from './network/dns-resolver.ts'
import { createCrmService } from './platforms/crm/upserts.ts'
import { createGenesysApi, type GenesysApi } from './platforms/genesys-cloud/api.ts'
import { createGenesysOrg, type GenesysOrg } from './platforms/genesys-cloud/org.ts'
import { createAgentLever } from './platforms/pbx/agent-lever.ts'
import { createSbcRpc } from './platforms/sbc/rpc.ts'
import { twoSitesEstate, twoSitesOrg, twoSitesZone } from './scenarios/two-sites.ts'
import { createWorld, type World } from './world.ts'

export interface LabOptions {
  readonly start: EpochMs
  /** Same seed, same world. */
  readonly seed: number
  /** The demo's two sites when absent. */
  readonly estate?: Estate
  /** In force from the start: `black-hole`, `crm-failing:reno@20` … */
  readonly faults?: readonly (string | Fault)[]
  /** Of the live lab: world time per wall time. */
  readonly rate?: number
  /** Age of the calls that are up when the lab opens: the world has run that long. 30 min. */
  readonly warmUp?: Milliseconds
  /** How long the resolver `deaf` keeps an answer, whatever its TTL. 10 min. */
  readonly deafFor?: Milliseconds
}

/** Names of the resolvers, the site on whose network each stands, and what each does with TTLs. */
export const labResolvers = [
  { name: 'dallas-office', at: 'dallas', behaviour: 'honours' },
  { name: 'reno-office', at: 'reno', behaviour: 'honours' },
  { name: 'stretching', at: undefined, behaviour: { stretch: 2 } },
  { name: 'deaf', at: undefined, behaviour: { ignoresTtlFor: ms(600_000) } },
  { name: 'stale', at: undefined, behaviour: 'stale-serving' },
] as const satisfies readonly {
  readonly name: string
  readonly at: string | undefined
  readonly behaviour: ResolverBehaviour
}[]

/** Key of the lab's primary; no secret, it opens nothing but the lab. */
export const labKeyText = 'hmac-sha256:lab-key:bGFiLWtleS1vZi10aGUtc2ltdWxhdGVkLXdvcmxkISE='
const labKey: TsigKey = {
  name: 'lab-key',
  algorithm: 'hmac-sha256',
  secret: new Uint8Array(Buffer.from('lab-key-of-the-simulated-world!!')),
}

/** How far the secondary is behind the primary. */
const secondaryLag = ms(5000)

/** Everything of a lab but the front: what answers, and the clocks. */
export interface Lab {
  readonly estate: Estate
  readonly clock: LabClock
  readonly time: VirtualTime
  readonly world: World
  readonly org: GenesysOrg
  readonly api: GenesysApi
  readonly faults: Faults
  readonly authority: DnsAuthority
  readonly dns: { readonly primary: DnsHandler; readonly secondary: DnsHandler }
  readonly resolvers: readonly DnsResolver[]
  readonly http: Readonly<Record<LabService, HttpHandler>>
  /** Calls `listener` for every call offered from now on. */
  onOffered(listener: (call: OfferedCall) => void): void
}
export type LabService = 'genesys' | 'sbc' | 'pbx' | 'crm'

export function createLab(mode: 'live' | 'in-process', options: LabOptions): Lab {
  const { seed } = options
  const estate = options.estate ?? twoSitesEstate()
  const late = { pending: () => 0 }
  const clock = createLabClock({ ...options, mode, pending: () => late.pending() })
  const { time, wireClock } = clock
  const now = () => time.now()
  const faults = createFaults(now)
  for (const fault of options.faults ?? []) faults.arm(fault)
  const names = createNames(estate, clock, faults, options.deafFor)
  const org = createGenesysOrg(twoSitesOrg(estate, now, seed))
  const api = createGenesysApi(org, wireClock)
  const listeners: ((call: OfferedCall) => void)[] = []
  const world = createWorld({
    estate,
    time,
    seed,
    cloud: org,
    faults,
    lookUps: Object.fromEntries(names.resolvers.map((one) => [one.name, lookUpAt(one)])),
    onOffered: (call) => {
      for (const listener of listeners) listener(call)
    },
  })
  late.pending = world.pending
  const extensions = estate.sites.flatMap(({ agents }) => agents.map(({ extension }) => extension))
  const noticed = (handler: HttpHandler) => noticeAfter(handler, { clock, world })
  return {
    ...names,
    estate,
    clock,
    time,
    world,
    org,
    api,
    faults,
    http: {
      genesys: noticed(api.handler),
      sbc: noticed(createSbcRpc({ sbc: world.sbc, faults, wireClock })),
      pbx: noticed(createAgentLever(world.staff, extensions)),
      crm: noticed(createCrmService(world.crm)),
    },
    onOffered: (listener) => void listeners.push(listener),
  }
}

/** The zone's servers and the resolvers in front of them; each resolver asks the primary and the secondary in turn. */
function createNames(
  estate: Estate,
  { time, wireClock, busy }: LabClock,
  faults: Faults,
  deafFor: Milliseconds | undefined,
) {
  const now = () => time.now()
  const authority = createDnsAuthority({
    zone: estate.zone,
    records: twoSitesZone(estate),
    key: labKey,
    now,
    wireNow: () => wireClock.now(),
  })
  const lagging = authority.secondary(secondaryLag)
  const secondary: DnsHandler = (message, protocol) => {
    authority.faults.secondaryLag = faults.dnsLag() ?? ms(0)
    return lagging(message, protocol)
  }
  const dns = {
    primary: busyWhile(authority.primary, busy),
    secondary: busyWhile(secondary, busy),
  }
  let asked = 0
  const upstream: DnsHandler = (message, protocol) => {
    asked += 1
    return asked % 2 === 0 ? secondary(message, protocol) : authority.primary(message, protocol)
  }
  const resolvers = labResolvers.map(({ name, behaviour: usual }) => {
    const isDeafer = name === 'deaf' && deafFor !== undefined
    const behaviour = isDeafer ? { ignoresTtlFor: deafFor } : usual
    return createDnsResolver({ name, behaviour, now, upstream })
  })
  return { authority, dns, resolvers }
}

function busyWhile(handler: DnsHandler, busy: LabClock['busy']): DnsHandler {
  return async (message, protocol) => {
    const release = busy()
    try {
      return await handler(message, protocol)
    } finally {
      release()
    }
  }
}

/** A request may have changed who can take calls: the world looks again as soon as it was answered. */
function noticeAfter(
  handler: HttpHandler,
  { clock, world }: { readonly clock: LabClock; readonly world: World },
): HttpHandler {
  return async (request) => {
    const release = clock.busy()
    try {
      return await handler(request)
    } finally {
      release()
      if (request.method !== 'GET') world.noticeChange()
    }
  }
}

/** A carrier's view of a resolver: records, or none. */
function lookUpAt(resolver: DnsResolver): LookUp {
  return async (name, type) => {
    const found = await resolver.resolve(name, type)
    if (found.kind !== 'answer') return []
    return found.values.flatMap((value) => readRecord(type, value) ?? [])
  }
}

function readRecord(type: FoundRecord['type'], value: string): FoundRecord | undefined {
  if (type !== 'SRV') return { type, value: value.replace(/\.$/, '') }
  const [priority, weight, port, target] = value.split(' ')
  if (target === undefined) return undefined
  return {
    type,
    priority: Number(priority),
    weight: Number(weight),
    port: Number(port),
    target: target.replace(/\.$/, '').toLowerCase(),
  }
}
