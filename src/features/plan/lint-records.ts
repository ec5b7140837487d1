import type { RecordName } from '../../kernel/ids.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { entriesOf, memberOf, type SiteDraft } from './draft.ts'
import type { Lint, LintInput } from './lint.ts'
import { suggest } from './nearest-name.ts'
import { isV4, isV6 } from './parse-values.ts'
import type { Site } from './plan.ts'
import { shortestTtl } from './policies.ts'
import type { Problem } from './problem.ts'

/** Records against the gateways they will point to, their zones and their TTLs. */
export const lintRecords: Lint = (input) =>
  entriesOf(input.draft.sites).flatMap(([id, site]) => [
    ...(site.records ?? []).flatMap((record, index) => {
      const { name, type } = record ?? {}
      if (name === undefined || type === undefined) return []
      const path = ['sites', id, 'records', index, 'name']
      const gateways = gatewaysOf(input, site)
      return [
        ...(type === 'SRV' ? srvFaults(name, gateways) : []),
        ...gateways.flatMap((gateway) => valueFaults(type, gateway)),
        ...zoneFaults(input, name),
      ].map((fault) =>
        input.problemOf(path, 'value', {
          code: 'plan.record',
          message: `sites.${id}.records[${index}]: ${fault}`,
        }),
      )
    }),
    ...lintTtl(input, id, site),
  ])

interface Gateway extends SipAddress {
  readonly platform: string
}

function gatewaysOf(input: LintInput, site: SiteDraft): Gateway[] {
  return [site.from, site.to].flatMap((platform) => {
    const gateway = memberOf(input.draft.platforms, platform)?.gateway
    return gateway === undefined || platform === undefined ? [] : [{ ...gateway, platform }]
  })
}

/** What is wrong with an SRV name and the transports behind it; RFC 2782 and RFC 3263 §4.1. */
export function srvFaults(name: string, gateways: readonly Gateway[]): string[] {
  const [, service, protocol] = /^_([a-z0-9-]+)\._([a-z]+)\../.exec(name) ?? []
  if (service === undefined || protocol === undefined)
    return [`an SRV record is named _service._transport.name, like _sip._tcp.${name}`]
  if (service !== 'sip' && service !== 'sips')
    return [`service "_${service}" is none of SIP's${suggest(service, ['sip', 'sips'])}`]
  if (protocol !== 'tcp' && protocol !== 'udp')
    return [`transport "_${protocol}" is not known: _udp, _tcp, or _sips._tcp for TLS`]
  if (service === 'sips' && protocol === 'udp') return ['_sips needs TLS, which runs over _tcp']
  const wanted = service === 'sips' ? 'tls' : protocol
  return gateways
    .filter(({ transport }) => transport !== wanted)
    .map(
      ({ platform, transport }) =>
        `_${service}._${protocol} says ${wanted}, but the gateway of platforms.${platform} is called over ${transport}`,
    )
}

function valueFaults(type: Site['records'][number]['type'], { host, platform }: Gateway): string[] {
  const address = isV4(host) || isV6(host)
  const names = type !== 'A' && type !== 'AAAA'
  const whose = `the gateway of platforms.${platform} is ${host}`
  if (names && address) return [`a ${type} record's value is a host name, but ${whose}, an address`]
  if (type === 'A' && !isV4(host)) return [`an A record's value is an IPv4 address, but ${whose}`]
  if (type === 'AAAA' && !isV6(host))
    return [`an AAAA record's value is an IPv6 address, but ${whose}`]
  return []
}

function zoneFaults(input: LintInput, name: RecordName): string[] {
  const zones = Object.keys(input.draft.dns?.zones ?? {})
  const held = zones.some((zone) =>
    `.${name}`.endsWith(`.${zone.toLowerCase().replace(/\.$/, '')}`),
  )
  return held || input.draft.dns?.zones === undefined
    ? []
    : [`no zone of dns.zones holds ${name} (there is: ${zones.join(', ')})`]
}

/** Below 60 s caches and resolvers stop honouring it, and servers are asked for every call (D1). */
function lintTtl(input: LintInput, id: string, site: SiteDraft): Problem[] {
  const overridden = (input.draft.overrides ?? []).some(
    (override) =>
      override?.what === 'dns.cutoverTtl' &&
      override.because !== undefined &&
      (override.for === undefined || override.for === id),
  )
  const ttl = site.ttl ?? input.policyFor({ site: id }).cutoverTtl
  if (ttl >= shortestTtl) return []
  const found = `sites.${id}.ttl: ${ttl} s is below ${shortestTtl} s`
  return [
    input.problemOf(['sites', id, 'ttl'], 'value', {
      ...(overridden ? { severity: 'warn' as const } : {}),
      code: 'plan.short-ttl',
      message: overridden ? `${found}; forced by an override` : found,
      advice: overridden
        ? undefined
        : `raise it, or force it: overrides: - { what: dns.cutoverTtl, to: ${ttl}s, for: ${id}, because: … }`,
    }),
  ]
}
