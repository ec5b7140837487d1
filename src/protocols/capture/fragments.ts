import type { Fragment, IpPacket } from './ip-packet.ts'

/** Puts fragmented packets together again (RFC 791 §3.2, RFC 8200 §4.5). */
export interface Reassembly {
  /** The whole packet, once its last missing fragment has come; packets that are no fragment pass through. */
  packet(packet: IpPacket): IpPacket | undefined
  /** How many were given up: a fragment never came, or too many were open at once. */
  abandoned(): number
}

/** An INVITE with a long SDP takes two or three; what needs more than this is an attack on our memory. */
const mostFragments = 64
const mostOpen = 256
const longest = 65_535

interface Open {
  readonly head: IpPacket
  readonly parts: readonly { readonly fragment: Fragment; readonly payload: Uint8Array }[]
}

export function createReassembly(): Reassembly {
  const open = new Map<string, Open>()
  let abandoned = 0
  const giveUp = (key: string | undefined) => {
    if (key !== undefined && open.delete(key)) abandoned += 1
  }
  const add = (packet: IpPacket, fragment: Fragment): IpPacket | undefined => {
    const key = `${packet.source} ${packet.destination} ${packet.protocol} ${fragment.id}`
    const known = continued(open.get(key), packet)
    // Marked as its first fragment is: that one has the ports that a router marks by.
    const head = known === undefined || fragment.offset === 0 ? packet : known.head
    const parts = [...(known?.parts ?? []), { fragment, payload: Uint8Array.from(packet.payload) }]
    const payload = joined(parts)
    if (payload !== undefined) {
      open.delete(key)
      return { ...whole(head), payload }
    }
    open.set(key, { head, parts })
    if (parts.length > mostFragments || lengthOf(parts) > 2 * longest) giveUp(key)
    if (open.size > mostOpen) giveUp(open.keys().next().value)
    return undefined
  }
  return {
    packet: (packet) => (packet.fragment === undefined ? packet : add(packet, packet.fragment)),
    abandoned: () => abandoned + open.size,
  }
}

/** A capture that has lost a fragment still waits for it when its id comes around again: then all is new. */
function continued(known: Open | undefined, { fragment, payload }: IpPacket): Open | undefined {
  const same = known?.parts.find((part) => part.fragment.offset === fragment?.offset)
  return same === undefined || Buffer.compare(same.payload, payload) === 0 ? known : undefined
}

function whole({ fragment: _fragment, ...packet }: IpPacket): Omit<IpPacket, 'fragment'> {
  return packet
}

const lengthOf = (parts: Open['parts']) =>
  parts.reduce((sum, { payload: { length } }) => sum + length, 0)

/** Undefined while there is a hole; of what comes twice the first is taken. */
function joined(parts: Open['parts']): Uint8Array | undefined {
  const last = parts.find(({ fragment }) => fragment.isLast)
  if (last === undefined) return undefined
  const length = last.fragment.offset + last.payload.length
  if (length > longest) return undefined
  const bytes = new Uint8Array(length)
  let end = 0
  for (const { fragment, payload } of parts.toSorted(
    (a, b) => a.fragment.offset - b.fragment.offset,
  )) {
    if (fragment.offset > end) return undefined
    const fresh = payload.subarray(end - fragment.offset, length - fragment.offset)
    bytes.set(fresh, end)
    end += fresh.length
  }
  return end === length ? bytes : undefined
}
