import { formatIpv4, formatIpv6 } from '../../kernel/ip-address.ts'
import { u8, u16, u32 } from './bytes.ts'

/** One IP packet, or a fragment of one. */
export interface IpPacket {
  readonly source: string
  readonly destination: string
  /** Six bits, as the sender or a router wrote them (RFC 2474). */
  readonly dscp: number
  /** What the payload is: 6 TCP, 17 UDP. */
  readonly protocol: number
  readonly payload: Uint8Array
  readonly fragment?: Fragment
}

export interface Fragment {
  readonly id: number
  /** Where its payload belongs, in bytes. */
  readonly offset: number
  readonly isLast: boolean
}

export const ipProtocols = { ipip: 4, tcp: 6, udp: 17, ipv6: 41 } as const

/** Reads one packet; undefined when it is no IP, or its header is not all there. */
export function parseIpPacket(bytes: Uint8Array): IpPacket | undefined {
  return u8(bytes, 0) >> 4 === 4 ? parseIpv4Packet(bytes) : parseIpv6Packet(bytes)
}

function parseIpv4Packet(bytes: Uint8Array): IpPacket | undefined {
  const header = (u8(bytes, 0) & 0x0f) * 4
  if (header < 20 || bytes.length < header) return undefined
  // 0 where the network card cuts the packet up later (segmentation offload).
  const total = u16(bytes, 2) || bytes.length
  if (total < header) return undefined
  const flags = u16(bytes, 6)
  const offset = (flags & 0x1fff) * 8
  const isLast = (flags & 0x2000) === 0
  return {
    source: formatIpv4(bytes.subarray(12, 16)),
    destination: formatIpv4(bytes.subarray(16, 20)),
    dscp: u8(bytes, 1) >> 2,
    protocol: u8(bytes, 9),
    payload: bytes.subarray(header, total),
    ...(offset === 0 && isLast ? {} : { fragment: { id: u16(bytes, 4), offset, isLast } }),
  }
}

const ipv6Header = 40
const fragmentHeader = 44
/** Hop-by-hop, routing, destination options, mobility, HIP, Shim6: all begin with what follows and their length. */
const extensionHeaders: ReadonlySet<number> = new Set([0, 43, 60, 135, 139, 140])
const authenticationHeader = 51

function parseIpv6Packet(bytes: Uint8Array): IpPacket | undefined {
  if (bytes.length < ipv6Header || u8(bytes, 0) >> 4 !== 6) return undefined
  const length = u16(bytes, 4) || bytes.length - ipv6Header
  const within = bytes.subarray(0, ipv6Header + length)
  const found = skipExtensions(within, u8(bytes, 6))
  if (found === undefined) return undefined
  return {
    source: formatIpv6(bytes.subarray(8, 24)),
    destination: formatIpv6(bytes.subarray(24, 40)),
    dscp: (u16(bytes, 0) >> 6) & 0x3f,
    ...found,
  }
}

function skipExtensions(
  bytes: Uint8Array,
  first: number,
): Pick<IpPacket, 'protocol' | 'payload' | 'fragment'> | undefined {
  let protocol = first
  let at = ipv6Header
  let fragment: Fragment | undefined
  while (isExtension(protocol)) {
    if (at + 8 > bytes.length) return undefined
    const next = u8(bytes, at)
    const length = extensionLength(protocol, u8(bytes, at + 1))
    if (protocol === fragmentHeader) fragment = readFragment(bytes, at)
    at += length
    protocol = next
    // What follows the fragment header of any fragment but the first is data already.
    if (fragment !== undefined && fragment.offset > 0) break
  }
  const payload = bytes.subarray(at)
  return { protocol, payload, ...(fragment === undefined ? {} : { fragment }) }
}

const isExtension = (protocol: number) =>
  extensionHeaders.has(protocol) || protocol === fragmentHeader || protocol === authenticationHeader

function extensionLength(protocol: number, field: number): number {
  if (protocol === fragmentHeader) return 8
  return protocol === authenticationHeader ? (field + 2) * 4 : (field + 1) * 8
}

function readFragment(bytes: Uint8Array, at: number): Fragment | undefined {
  const field = u16(bytes, at + 2)
  const offset = field & 0xfff8
  const isLast = (field & 1) === 0
  return offset === 0 && isLast ? undefined : { id: u32(bytes, at + 4), offset, isLast }
}
