/** Writes captures for tests: pcap and pcapng of Ethernet frames with UDP and TCP over IPv4 and IPv6. */

import { parseIpAddress } from '../../src/kernel/ip-address.ts'

export interface Packet {
  readonly from: string
  readonly to: string
  readonly ports?: readonly [number, number]
  readonly dscp?: number
  readonly payload: Uint8Array
}

export const u16 = (value: number) => [(value >>> 8) & 0xff, value & 0xff]
export const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)]
const little = (bytes: readonly number[]) => bytes.toReversed()

function address(text: string): Uint8Array {
  const bytes = parseIpAddress(text)
  if (bytes === undefined) throw new TypeError(`${text} is no address`)
  return bytes
}

export function udp({ ports: [from, to] = [4000, 5004], payload }: Omit<Packet, 'from' | 'to'>) {
  return Uint8Array.from([...u16(from), ...u16(to), ...u16(payload.length + 8), 0, 0, ...payload])
}

export const syn = 0x02
export const ack = 0x10

export function tcp(
  { ports: [from, to] = [4000, 5060], payload }: Omit<Packet, 'from' | 'to'>,
  { sequence, flags = ack }: { readonly sequence: number; readonly flags?: number },
) {
  const head = [...u16(from), ...u16(to), ...u32(sequence), ...u32(0), 0x50, flags]
  return Uint8Array.from([...head, ...u16(65_535), 0, 0, 0, 0, ...payload])
}

interface IpFields extends Omit<Packet, 'ports'> {
  readonly protocol: number
  readonly fragment?: { readonly id: number; readonly offset: number; readonly more: boolean }
}

export function ip({ from, to, dscp = 0, payload, protocol, fragment }: IpFields): Uint8Array {
  const [source, destination] = [address(from), address(to)]
  if (source.length === 16) {
    const head = [0x60 | (dscp >> 2), (dscp & 3) << 6, 0, 0, ...u16(payload.length), protocol, 64]
    return Uint8Array.from([...head, ...source, ...destination, ...payload])
  }
  const { id = 1, offset = 0, more = false } = fragment ?? {}
  const flags = (more ? 0x2000 : 0) | (offset / 8)
  const head = [0x45, dscp << 2, ...u16(payload.length + 20), ...u16(id), ...u16(flags), 64]
  const whole = [...head, protocol, 0, 0, ...source, ...destination]
  return Uint8Array.from([
    ...whole.with(10, checksum(whole) >> 8).with(11, checksum(whole) & 0xff),
    ...payload,
  ])
}

function checksum(header: readonly number[]): number {
  let sum = 0
  for (let at = 0; at < header.length; at += 2) {
    sum += (header[at] ?? 0) * 256 + (header[at + 1] ?? 0)
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

export const udpPacket = (packet: Packet): Uint8Array =>
  ip({ ...packet, protocol: 17, payload: udp(packet) })

export function ethernet(packet: Uint8Array, tags: readonly number[] = []): Uint8Array {
  const type = (packet[0] ?? 0) >> 4 === 6 ? 0x86dd : 0x0800
  const vlans = tags.flatMap((tag) => [...u16(tag), 0, 5])
  return Uint8Array.from([...new Array(12).fill(2), ...vlans, ...u16(type), ...packet])
}

export interface Timed {
  /** Microseconds since 1970. */
  readonly at: number
  readonly bytes: Uint8Array
}

export interface PcapOptions {
  readonly linkType?: number
  readonly littleEndian?: boolean
  readonly nanoseconds?: boolean
  readonly snapLength?: number
}

export function pcap(frames: readonly Timed[], options: PcapOptions = {}): Uint8Array {
  const { linkType = 1, littleEndian = true, nanoseconds = false, snapLength = 262_144 } = options
  const order = (bytes: readonly number[]) => (littleEndian ? little(bytes) : bytes)
  const long = (value: number) => order(u32(value))
  const magic = nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4
  const head = [...long(magic), ...order(u16(2)), ...order(u16(4)), ...long(0), ...long(0)]
  const parts: Uint8Array[] = [Uint8Array.from([...head, ...long(snapLength), ...long(linkType)])]
  for (const { at, bytes } of frames) {
    const kept = bytes.subarray(0, snapLength)
    const fraction = (at % 1_000_000) * (nanoseconds ? 1000 : 1)
    const times = [...long(Math.floor(at / 1_000_000)), ...long(fraction)]
    parts.push(Uint8Array.from([...times, ...long(kept.length), ...long(bytes.length)]), kept)
  }
  return Buffer.concat(parts)
}

export interface PcapngOptions {
  readonly littleEndian?: boolean
  readonly linkType?: number
  /** The byte of if_tsresol. */
  readonly resolution?: number
  /** Seconds. */
  readonly offset?: number
  readonly snapLength?: number
}

/** Blocks of pcapng in one byte order. */
export function pcapngBlocks(options: PcapngOptions = {}) {
  const { littleEndian = true, linkType = 1, resolution = 6, offset = 0, snapLength = 0 } = options
  const order = (bytes: readonly number[]) => (littleEndian ? little(bytes) : bytes)
  const short = (value: number) => order(u16(value))
  const long = (value: number) => order(u32(value))
  const block = (type: number, body: readonly number[]): Uint8Array => {
    const padded = [...body, ...new Array((4 - (body.length % 4)) % 4).fill(0)]
    const length = long(padded.length + 12)
    return Uint8Array.from([...long(type), ...length, ...padded, ...length])
  }
  const sizes = (bytes: Uint8Array) => [...long(bytes.length), ...long(bytes.length)]
  const ticks = (value: bigint) => [
    ...long(Number(value >> 32n)),
    ...long(Number(value & 0xffff_ffffn)),
  ]
  return {
    block,
    section: () =>
      block(0x0a0d0d0a, [...long(0x1a2b3c4d), ...short(1), ...short(0), ...new Array(8).fill(255)]),
    interface: () =>
      block(1, [
        ...[...short(linkType), 0, 0, ...long(snapLength)],
        ...[...short(9), ...short(1), resolution, 0, 0, 0],
        ...[...short(14), ...short(8), ...order([0, 0, 0, 0, ...u32(offset)])],
        ...[0, 0, 0, 0],
      ]),
    enhanced: (at: bigint, bytes: Uint8Array, from = 0) =>
      block(6, [...long(from), ...ticks(at), ...sizes(bytes), ...bytes]),
    obsolete: (at: bigint, bytes: Uint8Array, from = 0) =>
      block(2, [...short(from), ...short(7), ...ticks(at), ...sizes(bytes), ...bytes]),
    simple: (bytes: Uint8Array, originalLength = bytes.length) =>
      block(3, [...long(originalLength), ...bytes]),
  }
}

/** As a file comes: in pieces of any size. */
export async function* inPieces(bytes: Uint8Array, size = 1 << 16): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
