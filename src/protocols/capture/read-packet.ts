import { u8, u16, u32 } from './bytes.ts'
import { createReassembly } from './fragments.ts'
import type { CapturedFrame } from './frame.ts'
import { type IpPacket, ipProtocols, parseIpPacket } from './ip-packet.ts'
import { ipPacketOf } from './link-layer.ts'

interface Transported {
  /** Of the frame, counted from 1. */
  readonly number: number
  /** Nanoseconds since 1970. */
  readonly at?: bigint
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
  readonly dscp: number
  readonly payload: Uint8Array
  /** The capture has kept only the beginning of it. */
  readonly isCut: boolean
}

export interface UdpDatagram extends Transported {
  readonly kind: 'udp'
}

export interface TcpSegment extends Transported {
  readonly kind: 'tcp'
  readonly sequence: number
  readonly isSyn: boolean
  readonly isReset: boolean
}

export type TransportPacket = UdpDatagram | TcpSegment

/** Frames that held nothing for us, and why. */
export interface PassedOver {
  /** By link type. */
  readonly unknownLinks: ReadonlyMap<number, number>
  /** Neither UDP nor TCP over IP. */
  readonly other: number
  /** Headers that are not all there or contradict themselves. */
  readonly malformed: number
  /** Fragmented packets of which a fragment is missing. */
  readonly incomplete: number
}

/** Takes frames apart down to UDP and TCP. */
export interface PacketReader {
  read(frame: CapturedFrame): TransportPacket | undefined
  passedOver(): PassedOver
}

/** IP in IP in IP …: real tunnels have one or two. */
const deepestTunnel = 4

export function createPacketReader(): PacketReader {
  const reassembly = createReassembly()
  const unknownLinks = new Map<number, number>()
  let other = 0
  let malformed = 0
  const inner = (bytes: Uint8Array, depth = 0): IpPacket | undefined => {
    const parsed = parseIpPacket(bytes)
    if (parsed === undefined) {
      malformed += 1
      return undefined
    }
    const packet = reassembly.packet(parsed)
    if (packet === undefined) return undefined
    const { protocol, payload } = packet
    const isTunnel = protocol === ipProtocols.ipip || protocol === ipProtocols.ipv6
    // Inside a tunnel it is the endpoints that count: their addresses, and the mark that they wrote.
    return isTunnel && depth < deepestTunnel ? inner(payload, depth + 1) : packet
  }
  return {
    read(frame) {
      const found = ipPacketOf(frame.linkType, frame.bytes)
      if (found.kind === 'unknown-link') {
        unknownLinks.set(frame.linkType, (unknownLinks.get(frame.linkType) ?? 0) + 1)
        return undefined
      }
      if (found.kind === 'other') {
        other += 1
        return undefined
      }
      const packet = inner(found.bytes)
      if (packet === undefined) return undefined
      const read = transportOf(packet, frame)
      if (read === 'other') other += 1
      else if (read === 'malformed') malformed += 1
      else return read
      return undefined
    },
    passedOver: () => ({ unknownLinks, other, malformed, incomplete: reassembly.abandoned() }),
  }
}

function transportOf(
  packet: IpPacket,
  frame: CapturedFrame,
): TransportPacket | 'other' | 'malformed' {
  if (packet.protocol === ipProtocols.udp) return udpOf(packet, frame)
  return packet.protocol === ipProtocols.tcp ? tcpOf(packet, frame) : 'other'
}

function common({ source, destination, dscp, payload }: IpPacket, frame: CapturedFrame) {
  return {
    number: frame.number,
    ...(frame.at === undefined ? {} : { at: frame.at }),
    source,
    sourcePort: u16(payload, 0),
    destination,
    destinationPort: u16(payload, 2),
    dscp,
    isCut: frame.bytes.length < frame.originalLength,
  }
}

function udpOf(packet: IpPacket, frame: CapturedFrame): UdpDatagram | 'malformed' {
  const { payload } = packet
  const length = u16(payload, 4) || payload.length
  if (payload.length < 8 || length < 8) return 'malformed'
  return { kind: 'udp', ...common(packet, frame), payload: payload.subarray(8, length) }
}

function tcpOf(packet: IpPacket, frame: CapturedFrame): TcpSegment | 'malformed' {
  const { payload } = packet
  const header = (u8(payload, 12) >> 4) * 4
  if (payload.length < 20 || header < 20 || payload.length < header) return 'malformed'
  const flags = u8(payload, 13)
  return {
    kind: 'tcp',
    ...common(packet, frame),
    sequence: u32(payload, 4),
    isSyn: (flags & 0x02) !== 0,
    isReset: (flags & 0x04) !== 0,
    payload: payload.subarray(header),
  }
}
