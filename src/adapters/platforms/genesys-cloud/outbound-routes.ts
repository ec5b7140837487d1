import {
  NotFoundError,
  type OutboundRoute,
  type OutboundRoutes,
  PlatformConflictError,
  UnsupportedByPlatformError,
} from '../../../features/platform/index.ts'
import type { WriteLimits } from '../../../kernel/authority.ts'
import { readBack } from '../read-back.ts'
import { type Genesys, listAll } from './client.ts'
import { pages } from './pages.ts'
import { nothing, outboundRoute, type RouteOfSite } from './schema.ts'
import { bases } from './trunks.ts'

const sites = '/telephony/providers/edges/sites'

interface Found {
  readonly path: string
  readonly route: RouteOfSite
}

/** Outbound routes of all sites, by name: the order of their trunks is the order of failover (contract §2.3). */
export function createOutboundRoutes(genesys: Genesys): OutboundRoutes {
  return {
    async read(name, signal) {
      const found = await find(genesys, name, signal)
      return found === undefined ? undefined : routeFrom(genesys, found.route, signal)
    },
    replace: (name, before, next, limits) => replace(genesys, { name, before, next }, limits),
  }
}

async function replace(
  genesys: Genesys,
  change: {
    readonly name: string
    readonly before: OutboundRoute | undefined
    readonly next: OutboundRoute | undefined
  },
  limits: WriteLimits,
): Promise<void> {
  const { name, before, next } = change
  const found = await find(genesys, name, limits.signal)
  const now = found === undefined ? undefined : await routeFrom(genesys, found.route, limits.signal)
  if (same(now, next)) return
  if (!same(now, before))
    throw new PlatformConflictError(
      `outbound route ${name} is not what it was when it was read; left as it is`,
      {
        details: { route: name, now: now ?? null, expected: before ?? null },
      },
    )
  if (found === undefined || next === undefined)
    throw new UnsupportedByPlatformError(
      genesys.id,
      'outboundRoutes',
      `create or delete route ${name} in the console: it belongs to a site and to classes of numbers that no plan names`,
    )
  const externalTrunkBases = await references(genesys, next.trunks, limits.signal)
  const body = { ...found.route, enabled: next.enabled, externalTrunkBases }
  await genesys.http.write({ method: 'PUT', path: found.path, body }, nothing, limits)
  await readBack(`outbound route ${name}`, {
    read: async () => {
      const seen = await genesys.http.read({ path: found.path }, outboundRoute, limits.signal)
      return routeFrom(genesys, seen, limits.signal)
    },
    agrees: (seen) => same(seen, next),
    wireClock: genesys.wireClock,
    limits,
  })
}

async function find(
  { http }: Genesys,
  name: string,
  signal: AbortSignal,
): Promise<Found | undefined> {
  for (const { id } of await listAll(http, { path: sites }, pages.sites, signal)) {
    const path = `${sites}/${encodeURIComponent(id)}/outboundroutes`
    const routes = await listAll(http, { path, query: { name } }, pages.outboundRoutes, signal)
    const route = routes.find((each) => each.name === name && each.state !== 'deleted')
    if (route !== undefined) return { path: `${path}/${encodeURIComponent(route.id)}`, route }
  }
  return undefined
}

/** Routes refer to trunks by id; the name beside it is optional in the answer. */
async function routeFrom(
  genesys: Genesys,
  { enabled, externalTrunkBases }: RouteOfSite,
  signal: AbortSignal,
): Promise<OutboundRoute> {
  const named = externalTrunkBases.every(({ name }) => name !== undefined)
  const all = named ? [] : await bases(genesys, undefined, signal)
  const trunks = externalTrunkBases.map(
    ({ id, name }) => name ?? all.find((base) => base.id === id)?.name ?? id,
  )
  return { enabled, trunks }
}

async function references(genesys: Genesys, names: readonly string[], signal: AbortSignal) {
  const all = await bases(genesys, undefined, signal)
  return names.map((name) => {
    const base = all.find((each) => each.name === name)
    if (base === undefined)
      throw new NotFoundError(`platform ${genesys.id} has no external trunk named ${name}`, {
        details: { trunk: name },
      })
    return { id: base.id, name: base.name }
  })
}

function same(a: OutboundRoute | undefined, b: OutboundRoute | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.enabled === b.enabled && a.trunks.join('\n') === b.trunks.join('\n')
}
