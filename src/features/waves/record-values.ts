import type { SipAddress } from '../../kernel/sip-address.ts'
import type { SiteRecord } from '../platform/index.ts'
import { WaveNotPossibleError } from './errors.ts'

const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/

/**
 * What a record holds so that it leads to a gateway.
 *
 * @throws {WaveNotPossibleError} when this type can't hold the address: names belong to SRV, NAPTR and CNAME,
 * addresses to A and AAAA, a port to SRV alone (D6)
 */
export function recordValues(record: SiteRecord, gateway: SipAddress): readonly [string] {
  const host = gateway.host.toLowerCase().replace(/\.$/, '')
  const kind = kindOf(host)
  const refuse = (what: string) =>
    new WaveNotPossibleError(`${record.name} ${record.type} can't lead to ${host}: ${what}`)
  switch (record.type) {
    case 'SRV':
      if (kind !== 'name') throw refuse('an SRV record names a host, not an address')
      return [`10 10 ${gateway.port} ${host}`]
    case 'NAPTR':
      if (kind !== 'name') throw refuse('a NAPTR record leads to a name, not to an address')
      return [naptrValue(gateway.transport, host)]
    case 'CNAME':
      if (kind !== 'name') throw refuse('a CNAME record names a host, not an address')
      return [host]
    case 'A':
    case 'AAAA':
      if (kind !== record.type)
        throw refuse(`the gateway must be given as an ${record.type} address`)
      return [host]
  }
}

const naptrServices = {
  udp: { service: 'SIP+D2U', srv: '_sip._udp' },
  tcp: { service: 'SIP+D2T', srv: '_sip._tcp' },
  tls: { service: 'SIPS+D2T', srv: '_sips._tcp' },
} as const satisfies Record<SipAddress['transport'], object>

/** Leads to the gateway's own SRV record, which has its port (RFC 3263 §4.1). */
function naptrValue(transport: SipAddress['transport'], host: string): string {
  const { service, srv } = naptrServices[transport]
  return `10 10 "s" "${service}" "" ${srv}.${host}`
}

function kindOf(host: string): 'A' | 'AAAA' | 'name' {
  if (ipv4.test(host)) return 'A'
  return host.includes(':') ? 'AAAA' : 'name'
}
