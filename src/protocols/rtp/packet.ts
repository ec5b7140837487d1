import { RtpFormatError } from './errors.ts'

/** The fields that every RTP packet begins with (RFC 3550 §5.1). */
export interface RtpHeader {
  /** On audio: the first packet after a silence (RFC 3551 §4.1). */
  readonly marker: boolean
  /** 0 to 127. */
  readonly payloadType: number
  /** 16 bits; begins anywhere and wraps. */
  readonly sequence: number
  /** 32 bits, in ticks of the payload's clock; begins anywhere and wraps. */
  readonly timestamp: number
  /** Who sends, as a random number of 32 bits. */
  readonly ssrc: number
}

export interface RtpPacket extends RtpHeader {
  /** Whose voices a mixer has put together; at most 15. */
  readonly csrcs?: readonly number[]
  readonly extension?: RtpExtension
  readonly payload: Uint8Array
  /** Bytes added after the payload, their count included; 0 or absent for none. */
  readonly padding?: number
}

/** What profiles add to the header (§5.3.1); `data` is a multiple of four bytes. */
export interface RtpExtension {
  readonly profile: number
  readonly data: Uint8Array
}

const version = 2
const fixedLength = 12

/** Whether the bytes can be RTP or RTCP at all: their version is 2, and RTP's fixed fields or RTCP's are there. */
function isVersion2(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && (bytes[0] ?? 0) >> 6 === version
}

/**
 * RTCP on a port that RTP may use too. Its packet types 192 to 223 stand where RTP has marker and payload type, so
 * 64 to 95 are never given to RTP (RFC 5761 §4).
 */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = bytes[1] ?? 0
  return isVersion2(bytes) && type >= 192 && type <= 223
}

/** The fixed fields; undefined when the bytes are no RTP. Enough where only the beginning of a packet was kept. */
export function parseRtpHeader(bytes: Uint8Array): RtpHeader | undefined {
  if (bytes.length < fixedLength || !isVersion2(bytes) || isRtcp(bytes)) return undefined
  const view = viewOf(bytes)
  const second = view.getUint8(1)
  return {
    marker: second >= 128,
    payloadType: second & 0x7f,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
  }
}

/**
 * Reads one packet: the whole of a datagram.
 *
 * @throws {RtpFormatError} and nothing else, whatever the bytes are
 */
export function parseRtpPacket(bytes: Uint8Array): RtpPacket {
  const header = parseRtpHeader(bytes)
  if (header === undefined) throw new RtpFormatError('not RTP: too short, or not of version 2')
  const first = bytes[0] ?? 0
  const csrcCount = first & 0x0f
  const afterCsrcs = fixedLength + csrcCount * 4
  if (bytes.length < afterCsrcs) throw new RtpFormatError('the packet ends within its CSRC list')
  const view = viewOf(bytes)
  const csrcs = Array.from({ length: csrcCount }, (_, index) =>
    view.getUint32(fixedLength + index * 4),
  )
  const extension = (first & 0x10) === 0 ? undefined : readExtension(bytes, afterCsrcs)
  const start = afterCsrcs + (extension === undefined ? 0 : 4 + extension.data.length)
  const padding = (first & 0x20) === 0 ? 0 : readPadding(bytes, start)
  return {
    ...header,
    ...(csrcCount === 0 ? {} : { csrcs }),
    ...(extension === undefined ? {} : { extension }),
    payload: Uint8Array.from(bytes.subarray(start, bytes.length - padding)),
    ...(padding === 0 ? {} : { padding }),
  }
}

function readExtension(bytes: Uint8Array, at: number): RtpExtension {
  const view = viewOf(bytes)
  const end = bytes.length < at + 4 ? undefined : at + 4 + view.getUint16(at + 2) * 4
  if (end === undefined || bytes.length < end) {
    throw new RtpFormatError('the packet ends within its header extension')
  }
  return { profile: view.getUint16(at), data: Uint8Array.from(bytes.subarray(at + 4, end)) }
}

function readPadding(bytes: Uint8Array, start: number): number {
  const padding = bytes.length > start ? (bytes.at(-1) ?? 0) : 0
  if (padding === 0 || padding > bytes.length - start) {
    throw new RtpFormatError('the padding is longer than the packet')
  }
  return padding
}

/** Writes one packet. @throws {RtpFormatError} when a field does not fit */
export function formatRtpPacket(packet: RtpPacket): Uint8Array {
  const { csrcs = [], extension, payload, padding = 0 } = packet
  const extensionLength = extension === undefined ? 0 : 4 + extension.data.length
  const start = fixedLength + csrcs.length * 4 + extensionLength
  if (csrcs.length > 15) throw new RtpFormatError('a packet holds at most 15 CSRCs')
  const bytes = new Uint8Array(start + payload.length + fitting(padding, 0xff))
  const view = viewOf(bytes)
  const marks = (padding === 0 ? 0 : 0x20) | (extension === undefined ? 0 : 0x10)
  view.setUint8(0, (version << 6) | marks | csrcs.length)
  view.setUint8(1, (packet.marker ? 0x80 : 0) | fitting(packet.payloadType, 0x7f))
  view.setUint16(2, fitting(packet.sequence, 0xffff))
  view.setUint32(4, fitting(packet.timestamp, 0xffff_ffff))
  view.setUint32(8, fitting(packet.ssrc, 0xffff_ffff))
  for (const [index, csrc] of csrcs.entries()) {
    view.setUint32(fixedLength + index * 4, fitting(csrc, 0xffff_ffff))
  }
  if (extension !== undefined) writeExtension(view, start - extensionLength, extension)
  bytes.set(payload, start)
  if (padding > 0) bytes[bytes.length - 1] = padding
  // A payload type of 64 to 95 with the marker would be read as RTCP by everybody.
  if (isRtcp(bytes)) throw new RtpFormatError(`payload type ${packet.payloadType} is RTCP's`)
  return bytes
}

function writeExtension(view: DataView, at: number, { profile, data }: RtpExtension): void {
  if (data.length % 4 !== 0) throw new RtpFormatError('an extension is whole words of four bytes')
  view.setUint16(at, fitting(profile, 0xffff))
  view.setUint16(at + 2, fitting(data.length / 4, 0xffff))
  for (const [index, byte] of data.entries()) view.setUint8(at + 4 + index, byte)
}

function fitting(value: number, most: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value
  throw new RtpFormatError(`${value} does not fit: a whole number from 0 to ${most} is needed`)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
