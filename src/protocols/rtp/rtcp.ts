import { RtpFormatError } from './errors.ts'

/** What a receiver says of one source (RFC 3550 §6.4.1). */
export interface ReceptionReport {
  readonly ssrc: number
  /** Since the last report: 0 to 1, in steps of 1/256. */
  readonly fractionLost: number
  /** Since the beginning; below zero where packets came twice. */
  readonly lost: number
  /** With its wraps. */
  readonly highestSequence: number
  /** In ticks of the source's clock. */
  readonly jitter: number
  /** The middle 32 bits of the last sender report's time; 0 before there was one. */
  readonly lastReport: number
  /** Since that one came in, in 1/65536 s. */
  readonly delaySinceLast: number
}

/** SR, or RR where `sent` is absent. */
export interface RtcpReport {
  readonly ssrc: number
  readonly sent?: SenderInfo
  readonly reports: readonly ReceptionReport[]
}

export interface SenderInfo {
  /** Seconds since 1900, with their fraction, when this was sent. */
  readonly ntp: number
  readonly timestamp: number
  readonly packets: number
  readonly octets: number
}

const types = { senderReport: 200, receiverReport: 201, description: 202 } as const
const senderLength = 20
const blockLength = 24

/**
 * The reports of a compound packet; what else is in it (names, farewells, feedback) is passed over.
 *
 * @throws {RtpFormatError} and nothing else, whatever the bytes are
 */
export function parseRtcp(bytes: Uint8Array): readonly RtcpReport[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const reports: RtcpReport[] = []
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < 4) throw new RtpFormatError('an RTCP packet ends within its header')
    const end = at + 4 + view.getUint16(at + 2) * 4
    if (view.getUint8(at) >> 6 !== 2) throw new RtpFormatError('not RTCP: not of version 2')
    if (end > bytes.length) throw new RtpFormatError('an RTCP packet is cut off')
    const type = view.getUint8(at + 1)
    if (type === types.senderReport || type === types.receiverReport)
      reports.push(readReport(view, { at, end, isSender: type === types.senderReport }))
    at = end
  }
  return reports
}

function readReport(
  view: DataView,
  { at, end, isSender }: { readonly at: number; readonly end: number; readonly isSender: boolean },
): RtcpReport {
  const count = view.getUint8(at) & 0x1f
  const blocks = at + 8 + (isSender ? senderLength : 0)
  if (blocks + count * blockLength > end) throw new RtpFormatError('an RTCP report is cut off')
  return {
    ssrc: view.getUint32(at + 4),
    ...(isSender ? { sent: readSender(view, at + 8) } : {}),
    reports: Array.from({ length: count }, (_, index) =>
      readBlock(view, blocks + index * blockLength),
    ),
  }
}

function readSender(view: DataView, at: number): SenderInfo {
  return {
    ntp: view.getUint32(at) + view.getUint32(at + 4) / 2 ** 32,
    timestamp: view.getUint32(at + 8),
    packets: view.getUint32(at + 12),
    octets: view.getUint32(at + 16),
  }
}

function readBlock(view: DataView, at: number): ReceptionReport {
  return {
    ssrc: view.getUint32(at),
    fractionLost: view.getUint8(at + 4) / 256,
    // 24 bits with a sign.
    lost: (view.getInt32(at + 4) << 8) >> 8,
    highestSequence: view.getUint32(at + 8),
    jitter: view.getUint32(at + 12),
    lastReport: view.getUint32(at + 16),
    delaySinceLast: view.getUint32(at + 20),
  }
}

/** A compound packet: the report, and the name that it must carry (§6.1). */
export function formatRtcp(report: RtcpReport, cname: string): Uint8Array {
  const { sent, reports } = report
  const length = 8 + (sent === undefined ? 0 : senderLength) + reports.length * blockLength
  const name = new TextEncoder().encode(cname)
  // SSRC, item, its length, the name, and at least one zero that ends the list.
  const chunk = Math.ceil((4 + 2 + name.length + 1) / 4) * 4
  const bytes = new Uint8Array(length + 4 + chunk)
  const view = new DataView(bytes.buffer)
  const type = sent === undefined ? types.receiverReport : types.senderReport
  writeHeader(view, 0, { count: reports.length, type, length })
  view.setUint32(4, report.ssrc)
  if (sent !== undefined) writeSender(view, 8, sent)
  const blocks = 8 + (sent === undefined ? 0 : senderLength)
  for (const [index, block] of reports.entries())
    writeBlock(view, blocks + index * blockLength, block)
  writeHeader(view, length, { count: 1, type: types.description, length: 4 + chunk })
  view.setUint32(length + 4, report.ssrc)
  bytes.set([1, name.length], length + 8)
  bytes.set(name, length + 10)
  return bytes
}

function writeHeader(
  view: DataView,
  at: number,
  {
    count,
    type,
    length,
  }: { readonly count: number; readonly type: number; readonly length: number },
): void {
  view.setUint8(at, 0x80 | count)
  view.setUint8(at + 1, type)
  view.setUint16(at + 2, length / 4 - 1)
}

function writeSender(view: DataView, at: number, sent: SenderInfo): void {
  view.setUint32(at, Math.floor(sent.ntp))
  view.setUint32(at + 4, Math.floor((sent.ntp % 1) * 2 ** 32))
  view.setUint32(at + 8, sent.timestamp)
  view.setUint32(at + 12, sent.packets)
  view.setUint32(at + 16, sent.octets)
}

function writeBlock(view: DataView, at: number, block: ReceptionReport): void {
  view.setUint32(at, block.ssrc)
  view.setUint32(at + 4, block.lost & 0xff_ffff)
  view.setUint8(at + 4, Math.min(255, Math.floor(block.fractionLost * 256)))
  view.setUint32(at + 8, block.highestSequence)
  view.setUint32(at + 12, Math.round(block.jitter))
  view.setUint32(at + 16, block.lastReport)
  view.setUint32(at + 20, block.delaySinceLast)
}

/** The middle 32 bits of an NTP time, as reports repeat it. */
export function middleOf(ntp: number): number {
  return Math.floor((ntp % 65_536) * 65_536)
}

/** Seconds from our report to its echo, without the time that the far side held it; undefined where it had none. */
export function roundTripOf(block: ReceptionReport, ntpNow: number): number | undefined {
  if (block.lastReport === 0) return undefined
  const units = (middleOf(ntpNow) - block.lastReport - block.delaySinceLast) | 0
  return Math.max(0, units / 65_536)
}
