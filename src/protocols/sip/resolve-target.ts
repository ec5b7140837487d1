import { isIP } from 'node:net'
import type { Random } from '../../kernel/random.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { SipNameUnknownError } from './errors.ts'
import type { Uri } from './uri.ts'

export type SipTransportName = SipAddress['transport']

/** A NAPTR record (RFC 3403) as far as SIP reads it. */
export interface NaptrRecord {
  readonly order: number
  readonly preference: number
  readonly flags: string
  readonly service: string
  readonly replacement: string
}

/** An SRV record (RFC 2782). */
export interface SrvRecord {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: string
}

/** Where names are looked up. An empty list says that there is no such record; no answer is an error. */
export interface SipNames {
  naptr(name: string): Promise<readonly NaptrRecord[]>
  srv(name: string): Promise<readonly SrvRecord[]>
  /** IPv4 and IPv6 literals. */
  addresses(name: string): Promise<readonly string[]>
}

export interface Resolution {
  readonly names: SipNames
  /** In our order of preference, for domains that leave the choice to us. */
  readonly supported: readonly SipTransportName[]
  /** Draws by the weights of SRV records. */
  readonly random: Random
}

/** One address to try, and the records that led to it. */
export interface ResolvedTarget extends SipAddress {
  readonly because: string
}

type SipUri = Extract<Uri, { kind: 'sip' }>

/** A name whose addresses are to be looked up. */
interface Lead {
  readonly host: string
  readonly port: number
  readonly transport: SipTransportName
  readonly because: string
}

const defaultPorts = { udp: 5060, tcp: 5060, tls: 5061 } as const

/** What NAPTR calls a transport, and where its SRV records stand (RFC 3263 §4.1; TLS over TCP only). */
const services = {
  udp: { naptr: 'SIP+D2U', srv: '_sip._udp' },
  tcp: { naptr: 'SIP+D2T', srv: '_sip._tcp' },
  tls: { naptr: 'SIPS+D2T', srv: '_sips._tcp' },
} as const satisfies Record<SipTransportName, object>

/**
 * Every address that a SIP URI leads to, in the order in which they are to be tried (RFC 3263 §4).
 *
 * `serverName` of each is the domain of the URI, whose name a certificate must hold (RFC 5922 §4).
 *
 * @throws {SipNameUnknownError} when nothing is there; what `names` throws when nobody answers
 */
export async function resolveTarget(
  uri: SipUri,
  resolution: Resolution,
): Promise<readonly ResolvedTarget[]> {
  const leads = await leadsOf(uri, resolution)
  const found: ResolvedTarget[] = []
  for (const lead of leads) found.push(...(await addressesOf(lead, uri.host, resolution.names)))
  if (found.length > 0) return found
  const asked = leads.map(({ because }) => because).join('; ')
  throw new SipNameUnknownError(`no address is known for sip:${uri.host}: ${asked || 'no service'}`)
}

function leadsOf(uri: SipUri, resolution: Resolution): Promise<readonly Lead[]> | readonly Lead[] {
  const host = uri.parameters['maddr'] ?? uri.host
  const named = transportOf(uri)
  if (isIP(host) !== 0 || uri.port !== undefined) {
    const transport = named ?? (uri.scheme === 'sips' ? 'tls' : 'udp')
    return [{ host, port: uri.port ?? defaultPorts[transport], transport, because: 'as written' }]
  }
  if (named !== undefined) return leadsByService(host, [named], resolution)
  return leadsByDomain(host, uri.scheme, resolution)
}

/** §4.1: `transport=`; TCP of a sips URI is TLS. `transport=tls` is deprecated and everywhere. */
function transportOf({ scheme, parameters }: SipUri): SipTransportName | undefined {
  const named = parameters['transport']?.toLowerCase()
  if (named === 'tls' || (named === 'tcp' && scheme === 'sips')) return 'tls'
  return named === 'udp' || named === 'tcp' ? named : undefined
}

/** NAPTR says what the domain offers; without it we ask for each service that we have. */
async function leadsByDomain(
  domain: string,
  scheme: SipUri['scheme'],
  resolution: Resolution,
): Promise<readonly Lead[]> {
  const wanted = resolution.supported.filter((name) => scheme === 'sip' || name === 'tls')
  const records = (await resolution.names.naptr(domain)).toSorted(
    (one, other) => one.order - other.order || one.preference - other.preference,
  )
  const leads: Lead[] = []
  for (const { flags, service, replacement } of records) {
    const transport = wanted.find((name) => services[name].naptr === service.toUpperCase())
    if (transport === undefined || flags.toLowerCase() !== 's') continue
    const because = `NAPTR ${service} → ${replacement}`
    leads.push(...(await leadsOfSrv(replacement, { transport, because }, resolution)))
  }
  return leads.length > 0 ? leads : leadsByService(domain, wanted, resolution)
}

/** §4.2: SRV of the first service that has any; without one the name itself, on the default port. */
async function leadsByService(
  domain: string,
  transports: readonly SipTransportName[],
  resolution: Resolution,
): Promise<readonly Lead[]> {
  for (const transport of transports) {
    const name = `${services[transport].srv}.${domain}`
    const records = await leadsOfSrv(name, { transport, because: '' }, resolution)
    if (records.length > 0) return records
  }
  const transport = transports.includes('udp') ? 'udp' : transports[0]
  if (transport === undefined) return []
  const because = `no SRV; ${domain} itself`
  return [{ host: domain, port: defaultPorts[transport], transport, because }]
}

async function leadsOfSrv(
  name: string,
  { transport, because }: { readonly transport: SipTransportName; readonly because: string },
  { names, random }: Resolution,
): Promise<readonly Lead[]> {
  const records = inOrder(await names.srv(name), random)
  return (
    records
      // RFC 2782: a dot says that the service is decidedly not there.
      .filter(({ target }) => target !== '' && target !== '.')
      .map(({ priority, weight, port, target }) => {
        const srv = `SRV ${name} ${priority} ${weight} ${port} ${target}`
        return {
          host: target,
          port,
          transport,
          because: because === '' ? srv : `${because}; ${srv}`,
        }
      })
  )
}

/** Lowest priority first; among equals each in turn is drawn by its weight (RFC 2782). */
function inOrder(records: readonly SrvRecord[], random: Random): readonly SrvRecord[] {
  const priorities = [...new Set(records.map(({ priority }) => priority))].toSorted((a, b) => a - b)
  return priorities.flatMap((priority) =>
    drawn(
      records.filter((record) => record.priority === priority),
      random,
    ),
  )
}

function drawn(records: readonly SrvRecord[], random: Random): readonly SrvRecord[] {
  // Those without weight stand first, so that they have their small chance.
  const left = records.toSorted((one, other) => one.weight - other.weight)
  const order: SrvRecord[] = []
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0)
    const at = random.integer(total + 1)
    let sum = 0
    const index = left.findIndex(({ weight }) => {
      sum += weight
      return sum >= at
    })
    order.push(...left.splice(index, 1))
  }
  return order
}

async function addressesOf(
  { host, port, transport, because }: Lead,
  serverName: string,
  names: SipNames,
): Promise<readonly ResolvedTarget[]> {
  const found = isIP(host) === 0 ? await names.addresses(host) : [host]
  return found.map((address) => ({ host: address, port, transport, serverName, because }))
}
