import { entriesOf } from './draft.ts'
import type { Lint } from './lint.ts'
import type { HostPort } from './parse-values.ts'
import { isV4, isV6 } from './parse-values.ts'

/** The primary takes the updates, so it is asked whether it has them, like the others. */
export const lintZones: Lint = ({ draft, problemOf }) =>
  entriesOf(draft.dns?.zones).flatMap(([name, { server, authoritative }]) => {
    if (server === undefined || authoritative === undefined) return []
    const listed = authoritative.some(
      (each) => each === undefined || (each.host === server.host && each.port === server.port),
    )
    if (listed) return []
    return [
      problemOf(['dns', 'zones', name, 'authoritative'], 'value', {
        code: 'plan.primary-not-listed',
        message: `dns.zones.${name}.authoritative: the primary ${server.host} is not among them; all authoritative servers are asked, the primary included`,
      }),
    ]
  })

/** W1.3: enough resolvers, seen from enough networks, one of them on each site that moves. */
export const lintResolvers: Lint = (input) => {
  const { resolvers } = input.draft.dns ?? {}
  if (resolvers === undefined) return []
  const wanted = input.policyFor({}).resolvers
  const addresses = resolvers.flatMap((resolver) => resolver?.address ?? [])
  const networks = new Set(addresses.map(networkOf)).size
  const moving = new Set(entriesOf(input.draft.waves).flatMap(([, wave]) => wave.sites ?? []))
  const placed = new Set(resolvers.map((resolver) => resolver?.at))
  const blind = [...moving].filter(
    (site) =>
      site !== undefined && Object.hasOwn(input.draft.sites ?? {}, site) && !placed.has(site),
  )
  if (
    resolvers.length >= wanted &&
    networks >= Math.min(wanted, resolvers.length) &&
    blind.length === 0
  )
    return []
  const count = `${resolvers.length} ${resolvers.length === 1 ? 'resolver' : 'resolvers'}`
  const on = `on ${networks} ${networks === 1 ? 'network' : 'networks'}`
  const missing =
    blind.length === 0 ? 'one on each site' : `one on site ${blind.join(', one on site ')}`
  return [
    input.problemOf(['dns', 'resolvers'], 'key', {
      code: 'plan.few-resolvers',
      message: `dns.resolvers: ${count} ${on}; ${wanted} vantage points are asked for, ${missing}`,
      advice: 'add resolvers of other networks, and say with `at:` on which site one stands',
    }),
  ]
}

/** Two addresses of one /24 or /48 are one place. On loopback (a lab) each port is a resolver of its own. */
function networkOf({ host, port }: HostPort): string {
  if (host.startsWith('127.') || host === '::1') return `${host}:${port}`
  if (isV4(host)) return host.split('.').slice(0, 3).join('.')
  return isV6(host) ? host.split(':').slice(0, 3).join(':') : host.toLowerCase()
}
