import { formatIpAddress, parseIpAddress } from './ip-address.ts'
import { fail, ok, type Result } from './result.ts'

/** A range of addresses, `10.0.0.0/8` or `2001:db8::/32`. */
export interface Cidr {
  /** The first address of the range, four or sixteen bytes. */
  readonly network: Uint8Array
  /** How many of its bits count, from the left. */
  readonly prefix: number
}

/** Reads a range, or one address as a range of its own; the problem says what to write instead. */
export function parseCidr(text: string): Result<Cidr, string> {
  const [address = '', length, ...rest] = text.trim().split('/')
  const bytes = parseIpAddress(address)
  if (bytes === undefined || rest.length > 0) {
    return fail(`"${text}" is neither an IP address nor a range such as 10.0.0.0/8`)
  }
  const longest = bytes.length * 8
  if (length === undefined) return ok({ network: bytes, prefix: longest })
  const prefix = /^(?:0|[1-9]\d{0,2})$/.test(length) ? Number(length) : Number.NaN
  if (!(prefix <= longest)) {
    return fail(`"${text}" ends in "/${length}", where a number from 0 to ${longest} is needed`)
  }
  const network = masked(bytes, prefix)
  // Whoever wrote it may have meant the one address or the whole range: an allow-list must not guess.
  if (network.some((byte, index) => byte !== bytes[index])) {
    const range = formatCidr({ network, prefix })
    return fail(`"${text}" names an address inside a range: write ${range}, or ${address} alone`)
  }
  return ok({ network, prefix })
}

export function formatCidr({ network, prefix }: Cidr): string {
  return `${formatIpAddress(network)}/${prefix}`
}

/** Whether an address, as text, lies in the range; what is no address lies nowhere. */
export function cidrHas(range: Cidr, address: string): boolean {
  const bytes = parseIpAddress(address)
  return bytes !== undefined && isWithin({ network: bytes, prefix: bytes.length * 8 }, range)
}

/** Whether every address of `inner` is one of `outer`. */
export function isWithin(inner: Cidr, outer: Cidr): boolean {
  if (inner.network.length !== outer.network.length || inner.prefix < outer.prefix) return false
  const network = masked(inner.network, outer.prefix)
  return network.every((byte, index) => byte === outer.network[index])
}

function masked(bytes: Uint8Array, prefix: number): Uint8Array {
  return bytes.map((byte, index) => {
    const kept = Math.min(Math.max(prefix - index * 8, 0), 8)
    return byte & (0xff00 >> kept)
  })
}
