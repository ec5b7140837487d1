import { parseIpv4 as readIpv4, parseIpv6 as readIpv6 } from '../../kernel/ip-address.ts'
import { DnsFormatError } from './errors.ts'

export { formatIpv4, formatIpv6 } from '../../kernel/ip-address.ts'

export function parseIpv4(text: string): Uint8Array {
  const bytes = readIpv4(text)
  if (bytes === undefined) throw new DnsFormatError(`"${text}" is no IPv4 address`)
  return bytes
}

export function parseIpv6(text: string): Uint8Array {
  const bytes = readIpv6(text)
  if (bytes === undefined) throw new DnsFormatError(`"${text}" is no IPv6 address`)
  return bytes
}
