import { createRandom, type Random } from '../../../kernel/random.ts'
import { epochMs, ms } from '../../../kernel/units.ts'
import type { JsonRecord } from './json.ts'
import {
  type GenesysOrgSpec,
  type OrgTiming,
  type SystemPresence,
  systemPresences,
  type TrunkBaseSpec,
  type UserSpec,
} from './spec.ts'
import {
  type DidPool,
  type Flow,
  findByName,
  type Ivr,
  metabases,
  type OrgConfig,
  type OrgFacts,
  type OutboundRoute,
  type PresenceDefinition,
  type Queue,
  type TrunkBase,
  type User,
} from './state.ts'

const defaultTiming: OrgTiming = {
  licenceDelay: ms(20 * 60_000),
  trunkDelay: ms(5000),
  shortAbandon: ms(5000),
  analyticsDelay: ms(0),
  tokenLife: ms(86_400_000),
}

/** What never changes about the organisation, ids included. */
export function buildFacts(spec: GenesysOrgSpec): OrgFacts {
  const random = createRandom(spec.seed)
  const newId = () => uuid(random)
  const timing = { ...defaultTiming, ...spec.timing }
  const flows = spec.ivrs.map(
    ({ name, site, queue, queueByNumber = {} }): Flow => ({
      id: newId(),
      name: `${name} flow`,
      site,
      queueOf: (dnis) => queueByNumber[dnis] ?? queue,
    }),
  )
  const presences = [
    ...systemPresences.map((name) => presence(newId(), name, name, 'System')),
    ...(spec.presences ?? []).map((own) => presence(newId(), own.name, own.systemPresence, 'User')),
  ]
  return {
    id: newId(),
    name: spec.name ?? 'Lab organisation',
    client: spec.client,
    sites: spec.sites.map((site) => ({ id: newId(), ...site })),
    flows: byId(flows),
    presences: byId(presences),
    licences: spec.licences,
    products: spec.products ?? ['genesysCloud3', 'byoc'],
    shareTable: spec.shareTable ?? 'Changeover shares',
    timing,
    ratePerMinute: spec.ratePerMinute ?? 300,
    edgeId: newId(),
    now: spec.now,
    newId,
    licenceInstant: () => epochMs(spec.now() + timing.licenceDelay * (0.75 + random.next() / 2)),
  }
}

/** What the API can change, as it is at the start. */
export function buildConfig(spec: GenesysOrgSpec, facts: OrgFacts): OrgConfig {
  const { newId } = facts
  const users = byId(spec.users.map((user) => buildUser(user, facts)))
  const bases = byId(spec.trunks.map((trunk) => buildTrunk(trunk, facts)))
  const table = { id: newId(), name: facts.shareTable, rows: new Map<string, JsonRecord>() }
  return {
    trunkBases: bases,
    users,
    tables: byId([table]),
    ivrs: byId(spec.ivrs.map((ivr) => buildIvr(ivr.name, ivr.numbers ?? [], facts))),
    queues: byId(spec.queues.map((queue) => buildQueue(queue, users, newId()))),
    routes: byId(spec.outboundRoutes.map((route) => buildRoute(route, bases, newId()))),
    didPools: byId(spec.sites.flatMap((site) => buildPool(site, newId))),
  }
}

function presence(
  id: string,
  name: string,
  systemPresence: SystemPresence,
  type: 'System' | 'User',
): PresenceDefinition {
  return { id, name, systemPresence, type }
}

function buildUser(spec: UserSpec, facts: OrgFacts): User {
  const now = facts.now()
  const wanted = spec.presence ?? (spec.phoneReachable ? 'Available' : 'Offline')
  return {
    id: facts.newId(),
    email: spec.email,
    name: spec.name ?? spec.email.split('@')[0] ?? spec.email,
    extension: spec.extension,
    site: spec.site,
    phoneId: facts.newId(),
    stationId: facts.newId(),
    numbers: spec.numbers ?? [],
    phoneReachable: spec.phoneReachable,
    phoneSince: now,
    presenceId: findByName(facts.presences.values(), wanted)?.id ?? '',
    presenceSince: now,
    licences: new Map((spec.licences ?? []).map((licence) => [licence, { from: now }])),
    call: undefined,
  }
}

function buildTrunk(spec: TrunkBaseSpec, facts: OrgFacts): TrunkBase {
  const managed = spec.managed ?? false
  return {
    id: facts.newId(),
    name: spec.name,
    version: 1,
    metabase: managed ? metabases.managed : metabases.byoc,
    trunkType: 'EXTERNAL',
    managed,
    properties: {
      trunk_enabled: { value: { instance: spec.enabled } },
      trunk_transport_protocolVariant: { value: { instance: 'udp' } },
      trunk_media_codec: { value: { instance: [...(spec.codecs ?? ['audio/pcmu'])] } },
      trunk_media_srtpCipherSuites: { value: { instance: [] } },
      trunk_access_acl_allowList: { value: { instance: [] } },
    },
    rest: {},
    trunkId: facts.newId(),
    // Long in service when the lab begins.
    enabledSince: spec.enabled ? epochMs(facts.now() - facts.timing.trunkDelay) : undefined,
  }
}

function buildIvr(name: string, dnis: readonly string[], facts: OrgFacts): Ivr {
  const flowId = findByName(facts.flows.values(), `${name} flow`)?.id
  return { id: facts.newId(), name, version: 1, dnis, flowId, rest: {} }
}

function buildQueue(
  spec: GenesysOrgSpec['queues'][number],
  users: ReadonlyMap<string, User>,
  id: string,
): Queue {
  const wanted = new Map((spec.members ?? []).map(({ email, joined }) => [email, joined]))
  const members = new Map<string, boolean>()
  for (const user of users.values()) {
    const joined = wanted.get(user.email)
    if (joined !== undefined) members.set(user.id, joined)
  }
  return { id, name: spec.name, site: spec.site, members }
}

function buildRoute(
  spec: GenesysOrgSpec['outboundRoutes'][number],
  bases: ReadonlyMap<string, TrunkBase>,
  id: string,
): OutboundRoute {
  const { site, name, enabled, trunks } = spec
  const ids = trunks.map((trunk) => findByName(bases.values(), trunk)?.id ?? '')
  return {
    id,
    site,
    name,
    version: 1,
    enabled,
    distribution: 'SEQUENTIAL',
    classificationTypes: ['National', 'International'],
    trunkBaseIds: ids.filter((trunkBaseId) => trunkBaseId !== ''),
  }
}

/** One pool per number: sites of the lab need not have consecutive ones. */
function buildPool(site: GenesysOrgSpec['sites'][number], newId: () => string): DidPool[] {
  return site.numbers.map((number) => ({
    id: newId(),
    name: `${site.name} ${number}`,
    version: 1,
    start: number,
    end: number,
    provider: 'PURE_CLOUD',
  }))
}

export function byId<T extends { readonly id: string }>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.id, item]))
}

/** The shape of a UUID version 4, drawn from the seed. */
function uuid(random: Random): string {
  const digits = Array.from({ length: 32 }, () => random.integer(16).toString(16))
  digits[12] = '4'
  digits[16] = '8'
  const text = digits.join('')
  const cuts = [0, 8, 12, 16, 20, 32]
  return cuts
    .slice(1)
    .map((end, index) => text.slice(cuts[index], end))
    .join('-')
}
