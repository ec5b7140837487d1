import { parseIpAddress } from '../../kernel/ip-address.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'

/** One SIP message as it crossed the network, for a capture server such as Homer. */
export interface MirroredMessage {
  readonly payload: Uint8Array
  readonly from: SipAddress
  readonly to: SipAddress
  /** Milliseconds since 1970, with fractions. */
  readonly at: number
  /** Number of this capture agent, 32 bits: which of many has seen it. */
  readonly agent: number
}

/** Chunk types of vendor 0 (HEP/EEP draft, revision 36, §4). */
const chunk = {
  family: 1,
  protocol: 2,
  source4: 3,
  destination4: 4,
  source6: 5,
  destination6: 6,
  sourcePort: 7,
  destinationPort: 8,
  seconds: 9,
  microseconds: 10,
  payloadType: 11,
  agent: 12,
  payload: 15,
} as const

const sip = 1
const families = { v4: 2, v6: 10 } as const
const protocols = { udp: 17, tcp: 6, tls: 6 } as const
const magic = new TextEncoder().encode('HEP3')
const chunkHead = 6
/** A length of 16 bits, the chunks before the message taken off. */
const longest = 65_000

/**
 * A HEP3 packet; undefined when an end is no IP address, or the message too long for one.
 */
export function formatHep(message: MirroredMessage): Uint8Array | undefined {
  const source = parseIpAddress(message.from.host)
  const destination = parseIpAddress(message.to.host)
  if (source === undefined || destination?.length !== source.length) return undefined
  if (message.payload.length > longest) return undefined
  const isV6 = source.length === 16
  const micros = Math.round(message.at * 1000)
  return joined([
    [chunk.family, Uint8Array.of(isV6 ? families.v6 : families.v4)],
    [chunk.protocol, Uint8Array.of(protocols[message.from.transport])],
    [isV6 ? chunk.source6 : chunk.source4, source],
    [isV6 ? chunk.destination6 : chunk.destination4, destination],
    [chunk.sourcePort, word(message.from.port)],
    [chunk.destinationPort, word(message.to.port)],
    [chunk.seconds, longWord(Math.floor(micros / 1_000_000))],
    [chunk.microseconds, longWord(micros % 1_000_000)],
    [chunk.payloadType, Uint8Array.of(sip)],
    [chunk.agent, longWord(message.agent)],
    [chunk.payload, message.payload],
  ])
}

function joined(chunks: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const length = chunks.reduce((sum, [, bytes]) => sum + chunkHead + bytes.length, magic.length + 2)
  const packet = new Uint8Array(length)
  const view = new DataView(packet.buffer)
  packet.set(magic)
  view.setUint16(magic.length, length)
  let at = magic.length + 2
  for (const [type, bytes] of chunks) {
    view.setUint16(at + 2, type)
    view.setUint16(at + 4, chunkHead + bytes.length)
    packet.set(bytes, at + chunkHead)
    at += chunkHead + bytes.length
  }
  return packet
}

const word = (value: number) => Uint8Array.of(value >> 8, value & 0xff)

function longWord(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}
