import { platformId, siteId, waveId } from '../../kernel/ids.ts'
import { invariant } from '../../kernel/invariant.ts'
import { isNonEmpty, type NonEmpty } from '../../kernel/non-empty.ts'
import { compileTrigger } from './compile-trigger.ts'
import type { Gate, Override, Plan, PlanAgent, PlatformSettings, Site, Wave } from './plan.ts'
import type { PlanFile } from './plan-schema.ts'
import { applyOverrides, guidePolicy, policyFor } from './policies.ts'
import type { Window } from './read-windows.ts'

/** What a plan is made of besides its own text. */
export interface Included {
  readonly file: string
  readonly digest: string
  readonly agents: ReadonlyMap<string, readonly PlanAgent[]>
  readonly windows: ReadonlyMap<string, Window>
}

/** Fills in what follows from other values. Only for a file without errors. */
export function buildPlan(read: PlanFile, included: Included): Plan {
  const overrides = read.overrides.map(toOverride)
  const general = overrides.filter((override) => override.for === undefined)
  const policy = applyOverrides(guidePolicy, general)
  const scoped = { policy, overrides }
  return {
    name: read.name,
    file: included.file,
    digest: included.digest,
    timeZone: read.timeZone,
    platforms: mapRecord(read.platforms, (settings, id) => [platformId(id), toPlatform(settings)]),
    dns: toDns(read.dns),
    ...(read.crm === undefined ? {} : { crm: withoutUndefined(read.crm) }),
    sites: mapRecord(read.sites, (site, id) => [
      siteId(id),
      toSite(site, {
        id,
        agents: included.agents.get(id) ?? [],
        gateway: read.platforms[site.to]?.gateway.transport ?? 'udp',
        ttl: policyFor(scoped, { site: id }).cutoverTtl,
      }),
    ]),
    gates: mapRecord(read.gates, (gate, name) => [name, toGate(gate, name)]),
    waves: mapRecord(read.waves, (wave, id) => [waveId(id), toWave(wave, id, included.windows)]),
    policy,
    overrides,
    ...(read.attest === undefined ? {} : { attest: read.attest }),
  }
}

function toDns(dns: PlanFile['dns']): Plan['dns'] {
  return {
    zones: mapRecord(dns.zones, ({ authoritative, ...zone }, name) => [
      name.toLowerCase().replace(/\.$/, ''),
      withoutUndefined({ ...zone, authoritative: nonEmpty(authoritative ?? [zone.server]) }),
    ]),
    resolvers: dns.resolvers.map(({ at, ...resolver }) =>
      at === undefined ? resolver : { ...resolver, at: siteId(at) },
    ),
  }
}

type PlatformFile = PlanFile['platforms'][string]

function toPlatform(settings: PlatformFile): PlatformSettings {
  if (settings.kind === 'sbc') {
    const { agents, token, ...rest } = settings
    return {
      ...rest,
      ...(token === undefined ? {} : { token }),
      ...(agents === undefined ? {} : { agents: withoutUndefined(agents) }),
    }
  }
  return {
    ...settings,
    api: settings.api ?? `https://api.${settings.region}`,
    login: settings.login ?? `https://login.${settings.region}`,
  }
}

interface SiteContext {
  readonly id: string
  readonly agents: readonly PlanAgent[]
  readonly gateway: Site['trunk']['transport']
  readonly ttl: Site['ttl']
}

function toSite(site: PlanFile['sites'][string], { id, agents, gateway, ttl }: SiteContext): Site {
  const { name, transport, ...trunk } = site.trunk
  return {
    id: siteId(id),
    from: platformId(site.from),
    to: platformId(site.to),
    records: nonEmpty(site.records),
    numbers: nonEmpty(site.numbers.flat()),
    agents,
    queues: Object.entries(site.queues).map(([queue, ends]) => ({ name: queue, ...ends })),
    trunk: withoutUndefined({
      ...trunk,
      name: name ?? `changeover-${id}`,
      transport: transport ?? gateway,
    }),
    sourceTrunk: site.sourceTrunk,
    flow: site.flow,
    outboundRoute: site.outboundRoute,
    interconnect: site.interconnect,
    ttl: site.ttl ?? ttl,
    drainLongest: site.drain.longest,
  }
}

function toGate(gate: PlanFile['gates'][string], name: string): Gate {
  const checks = Object.entries(gate.checks).flatMap(([metric, check]) => {
    if (check === undefined) return []
    const { window, minimumSample, weight, veto, atLeast } = check
    const atMost = 'atMost' in check ? check.atMost : undefined
    const numbers = 'numbers' in check ? check.numbers : undefined
    const limits = { metric, atLeast, atMost, numbers }
    return [withoutUndefined({ ...limits, window, minimumSample, weight, veto })]
  })
  const { longest, owner } = gate.hold
  return {
    name,
    mode: gate.mode,
    minimumScore: gate.minimumScore,
    checks: nonEmpty(checks),
    hold: { longest, owner, then: gate.hold.then === 'stay' ? 'stay' : 'roll-back' },
  }
}

function toWave(
  wave: PlanFile['waves'][string],
  id: string,
  windows: ReadonlyMap<string, Window>,
): Wave {
  const trigger = compileTrigger(wave.rollbackTrigger)
  invariant(trigger.ok, `the trigger of wave ${id} was checked before the plan was built`)
  const window = windows.get(id)
  return {
    id: waveId(id),
    sites: nonEmpty(wave.sites.map(siteId)),
    ...(window === undefined ? {} : { window }),
    stages: nonEmpty(wave.stages),
    gate: wave.gate,
    rollbackTrigger: trigger.value.cel,
  }
}

function toOverride(override: PlanFile['overrides'][number]): Override {
  return withoutUndefined(override)
}

/** Keys whose value is undefined are taken out, so that the plan is plain data and equal plans are equal texts. */
function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as Defined<T>
}

type Optional<T> = { [Key in keyof T]-?: undefined extends T[Key] ? Key : never }[keyof T]
type Defined<T> = T extends object
  ? { [Key in Exclude<keyof T, Optional<T>>]: T[Key] } & {
      [Key in Optional<T>]?: Exclude<T[Key], undefined>
    }
  : never

function mapRecord<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From, key: string) => readonly [string, To],
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => map(value, key)))
}

function nonEmpty<T>(items: readonly T[]): NonEmpty<T> {
  invariant(isNonEmpty(items), 'the schema refuses an empty list before the plan is built')
  return items
}
