import { u8, u16 } from './bytes.ts'

/** LINKTYPE_ values of tcpdump.org/linktypes.html that can be read. */
export const linkTypes = {
  null: 0,
  ethernet: 1,
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loop: 108,
  sll: 113,
  ipv4: 228,
  ipv6: 229,
  sll2: 276,
} as const

const etherTypes = {
  ipv4: 0x0800,
  ipv6: 0x86dd,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoeSession: 0x8864,
} as const
const vlanTags: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100])
const pppProtocols: ReadonlyMap<number, number> = new Map([
  [0x0021, etherTypes.ipv4],
  [0x0057, etherTypes.ipv6],
])

/** The IP packet inside a frame; `other` holds none, `unknown-link` nobody here can take apart. */
export type InnerPacket =
  | { readonly kind: 'ip'; readonly bytes: Uint8Array }
  | { readonly kind: 'other' }
  | { readonly kind: 'unknown-link' }

const other = { kind: 'other' } as const

export function ipPacketOf(linkType: number, bytes: Uint8Array): InnerPacket {
  switch (linkType) {
    case linkTypes.ethernet:
      return ofEtherType(bytes, 14, u16(bytes, 12))
    case linkTypes.sll:
      return ofEtherType(bytes, 16, u16(bytes, 14))
    case linkTypes.sll2:
      return ofEtherType(bytes, 20, u16(bytes, 0))
    // The family stands there in the byte order of the machine that captured; the IP version says the same.
    case linkTypes.null:
    case linkTypes.loop:
      return ipAt(bytes, 4)
    case linkTypes.raw:
    case linkTypes.rawBsd:
    case linkTypes.rawOpenBsd:
    case linkTypes.ipv4:
    case linkTypes.ipv6:
      return ipAt(bytes, 0)
    default:
      return { kind: 'unknown-link' }
  }
}

function ofEtherType(bytes: Uint8Array, start: number, etherType: number): InnerPacket {
  let at = start
  let type = etherType
  while (vlanTags.has(type) && at + 4 <= bytes.length) {
    type = u16(bytes, at + 2)
    at += 4
  }
  if (type === etherTypes.pppoeSession && at + 8 <= bytes.length) {
    type = pppProtocols.get(u16(bytes, at + 6)) ?? 0
    at += 8
  }
  if (type === etherTypes.mpls || type === etherTypes.mplsMulticast) {
    return ipAt(bytes, afterLabels(bytes, at))
  }
  return type === etherTypes.ipv4 || type === etherTypes.ipv6 ? ipAt(bytes, at) : other
}

/** Labels of four bytes each; the last is marked. */
function afterLabels(bytes: Uint8Array, start: number): number {
  let at = start
  while (at + 4 <= bytes.length && (u8(bytes, at + 2) & 1) === 0) at += 4
  return at + 4
}

function ipAt(bytes: Uint8Array, at: number): InnerPacket {
  const version = u8(bytes, at) >> 4
  return version === 4 || version === 6 ? { kind: 'ip', bytes: bytes.subarray(at) } : other
}
