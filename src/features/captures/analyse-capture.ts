import type { TransportPacket, UdpDatagram } from '../../protocols/capture/read-packet.ts'
import { isRtcp, parseRtpHeader } from '../../protocols/rtp/packet.ts'
import { SipFormatError } from '../../protocols/sip/errors.ts'
import { cseqOf } from '../../protocols/sip/headers.ts'
import { headerValue } from '../../protocols/sip/message.ts'
import { readMessage } from '../../protocols/sip/parse-message.ts'
import { countMark } from './count-marks.ts'
import { beginsAsSip, createSipOverTcp } from './find-sip.ts'
import { type DialogFollower, followDialog } from './follow-dialog.ts'
import { followStreams } from './follow-streams.ts'
import type { BrokenMessage, CaptureReport, RtpStream, Side } from './report.ts'

/** Finds out, packet by packet, what was said and heard; keeps what is counted and no packet. */
export interface CaptureAnalysis {
  packet(packet: TransportPacket): void
  report(): CaptureReport
}

const mostDialogs = 100_000
const mostBroken = 20
/** SIP over TLS can't be read, but its packets are marked or not like any others. */
const sipsPort = 5061

export function createCaptureAnalysis(): CaptureAnalysis {
  const times = followTimes()
  const streams = followStreams()
  const overTcp = createSipOverTcp()
  const signalling = createSignalling(streams)
  let rtcpPackets = 0
  const takeUdp = (datagram: UdpDatagram, at: number | undefined) => {
    if (isRtcp(datagram.payload)) {
      rtcpPackets += 1
      return
    }
    const header = parseRtpHeader(datagram.payload)
    if (header !== undefined) streams.packet(header, datagram, at)
    else if (beginsAsSip(datagram.payload)) signalling.message(datagram.payload, datagram, at)
  }
  return {
    packet(packet) {
      const at = times.take(packet.at)
      if (packet.kind === 'udp') return takeUdp(packet, at)
      for (const message of overTcp.segment(packet)) signalling.message(message, packet, at)
      const isTls = packet.sourcePort === sipsPort || packet.destinationPort === sipsPort
      if (isTls && packet.payload.length > 0) signalling.mark(packet)
    },
    report: () => {
      const found = streams.streams()
      return {
        ...times.facts(),
        ...signalling.facts(found, times.facts().span),
        streams: found,
        rtcpPackets,
      }
    },
  }
}

/** Milliseconds since the first packet: as numbers, they keep the nanoseconds that times since 1970 lose. */
function followTimes() {
  let first: bigint | undefined
  let span = 0
  return {
    take(at: bigint | undefined): number | undefined {
      if (at === undefined) return undefined
      first ??= at
      const since = Number(at - first) / 1e6
      span = Math.max(span, since)
      return since
    },
    facts: () => ({
      span,
      ...(first === undefined ? {} : { startedAt: Number(first / 1_000_000n) }),
    }),
  }
}

type Sent = Pick<TransportPacket, 'number' | 'source' | 'dscp' | 'isCut'>

function createSignalling(streams: ReturnType<typeof followStreams>) {
  const marks = new Map<string, Map<number, number>>()
  const dialogs = new Map<string, DialogFollower>()
  const broken: BrokenMessage[] = []
  const counts = { sipMessages: 0, brokenCount: 0, dialogsLeftOut: 0 }
  const mark = ({ source, dscp }: Sent) => {
    const ofHost = marks.get(source) ?? new Map<number, number>()
    marks.set(source, ofHost)
    countMark(ofHost, dscp)
  }
  const dialogOf = (callId: string): DialogFollower | undefined => {
    const known = dialogs.get(callId)
    if (known !== undefined) return known
    if (dialogs.size >= mostDialogs) {
      counts.dialogsLeftOut += 1
      return undefined
    }
    const fresh = followDialog(callId)
    dialogs.set(callId, fresh)
    return fresh
  }
  const read = (bytes: Uint8Array, at: number | undefined) => {
    const message = readMessage(bytes)
    const callId = headerValue(message, 'Call-ID')
    if (callId === undefined) throw new SipFormatError('Call-ID is missing')
    const { method } = cseqOf(message)
    const announcement = dialogOf(callId)?.message(message, method, at)
    if (announcement !== undefined) streams.announce(callId, announcement)
  }
  return {
    mark,
    message(bytes: Uint8Array, sent: Sent, at: number | undefined) {
      counts.sipMessages += 1
      mark(sent)
      try {
        read(bytes, at)
      } catch (error) {
        if (!(error instanceof SipFormatError)) throw error
        counts.brokenCount += 1
        const problem = sent.isCut ? 'the capture kept only its beginning' : error.message
        if (broken.length < mostBroken) broken.push({ packet: sent.number, problem })
      }
    },
    facts(found: readonly RtpStream[], span: number) {
      const heard = heardBy(found)
      const none = { caller: false, callee: false }
      return {
        ...counts,
        broken,
        dialogs: [...dialogs].map(([id, one]) => one.dialog(heard.get(id) ?? none, span)),
        signalling: [...marks].map(([host, ofHost]) => ({ host, marks: ofHost })),
      }
    },
  }
}

/** Toward which sides of each dialog media was seen. */
function heardBy(streams: readonly RtpStream[]): ReadonlyMap<string, Record<Side, boolean>> {
  const heard = new Map<string, Record<Side, boolean>>()
  for (const { dialog, toward } of streams) {
    if (dialog === undefined || toward === undefined) continue
    const sides = heard.get(dialog) ?? { caller: false, callee: false }
    sides[toward] = true
    heard.set(dialog, sides)
  }
  return heard
}
