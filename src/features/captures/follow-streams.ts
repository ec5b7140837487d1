import type { UdpDatagram } from '../../protocols/capture/read-packet.ts'
import type { RtpHeader } from '../../protocols/rtp/packet.ts'
import {
  comfortNoise,
  isVideo,
  type RtpEncoding,
  staticPayloadTypes,
  telephoneEvent,
} from '../../protocols/rtp/payload-types.ts'
import { createRtpReceiver, type RtpReceiver } from '../../protocols/rtp/reception.ts'
import { countMark } from './count-marks.ts'
import type { Announcement } from './follow-dialog.ts'
import type { Endpoint, RtpStream, Side } from './report.ts'

/** Who listens at an address, by SDP. */
interface Listener extends Announcement {
  readonly callId: string
}

export interface StreamsFollower {
  announce(callId: string, announcement: Announcement): void
  packet(header: RtpHeader, datagram: UdpDatagram, at: number | undefined): void
  streams(): readonly RtpStream[]
}

/** What no SDP speaks of is taken for RTP when this many packets count as RTP's do. */
const proof = 5
/** Streams that are not proved yet: more than a site has calls; beyond it the oldest is forgotten. */
const mostCandidates = 16_384

interface Followed {
  readonly source: Endpoint
  readonly destination: Endpoint
  readonly ssrc: number
  readonly receiver: RtpReceiver
  readonly codecs: Set<string>
  readonly marks: Map<number, number>
  packets: number
  start?: number
  end?: number
  bound?: { readonly callId: string; readonly toward: Side }
}

export function followStreams(): StreamsFollower {
  const listeners = new Map<string, Listener>()
  const proved = new Map<string, Followed>()
  const candidates = new Map<string, Followed>()

  const followed = (key: string, header: RtpHeader, datagram: UdpDatagram): Followed => {
    const known = proved.get(key) ?? candidates.get(key)
    if (known !== undefined) return known
    const oldest = candidates.keys().next().value
    if (candidates.size >= mostCandidates && oldest !== undefined) candidates.delete(oldest)
    const fresh = followedOf(header, datagram)
    candidates.set(key, fresh)
    return fresh
  }

  return {
    announce(callId, announcement) {
      const { host, port } = announcement.media
      if (port !== 0) listeners.set(`${host} ${port}`, { callId, ...announcement })
    },
    packet(header, datagram, at) {
      const from = `${datagram.source} ${datagram.sourcePort}`
      const to = `${datagram.destination} ${datagram.destinationPort}`
      const key = `${from} ${to} ${header.ssrc}`
      const stream = followed(key, header, datagram)
      const listener = listeners.get(to)
      // Behind a NAT only the sender may be where SDP said: media is sent from where it is received (RFC 4961).
      const speaker = listener === undefined ? listeners.get(from) : undefined
      const encoding = encodingOf(header.payloadType, (listener ?? speaker)?.media.encodings)
      take(stream, { header, at, encoding, dscp: datagram.dscp })
      if (stream.bound === undefined) bind(stream, listener, speaker)
      if (stream.packets >= proof || stream.bound !== undefined) {
        candidates.delete(key)
        proved.set(key, stream)
      }
    },
    streams: () => [...proved.values()].filter(isRtp).map(streamOf),
  }
}

function followedOf({ ssrc }: RtpHeader, datagram: UdpDatagram): Followed {
  return {
    source: { host: datagram.source, port: datagram.sourcePort },
    destination: { host: datagram.destination, port: datagram.destinationPort },
    ssrc,
    receiver: createRtpReceiver(),
    codecs: new Set(),
    marks: new Map(),
    packets: 0,
  }
}

function encodingOf(
  payloadType: number,
  named: ReadonlyMap<number, RtpEncoding> | undefined,
): RtpEncoding | undefined {
  return named?.get(payloadType) ?? staticPayloadTypes.get(payloadType)
}

interface Taken {
  readonly header: RtpHeader
  readonly at: number | undefined
  readonly encoding: RtpEncoding | undefined
  readonly dscp: number
}

function take(stream: Followed, { header, at, encoding, dscp }: Taken): void {
  const hasClock = encoding !== undefined && encoding.name !== telephoneEvent
  stream.receiver.packet(header, {
    ...(at === undefined ? {} : { at }),
    ...(hasClock ? { clockRate: encoding.clockRate } : {}),
    isComfortNoise: encoding?.name === comfortNoise,
  })
  stream.packets += 1
  stream.codecs.add(encoding?.name ?? `type ${header.payloadType}`)
  countMark(stream.marks, dscp)
  if (at === undefined) return
  stream.start ??= at
  stream.end = at
}

function bind(
  stream: Followed,
  listener: Listener | undefined,
  speaker: Listener | undefined,
): void {
  if (listener !== undefined) stream.bound = { callId: listener.callId, toward: listener.side }
  else if (speaker !== undefined) {
    const toward = speaker.side === 'caller' ? 'callee' : 'caller'
    stream.bound = { callId: speaker.callId, toward }
  }
}

/** What happens to begin like RTP does not count upwards packet by packet. */
function isRtp({ bound, receiver, source, destination }: Followed): boolean {
  if (bound !== undefined) return true
  const { lost, received } = receiver.reception()
  return Math.abs(lost) <= received / 2 && source.port >= 1024 && destination.port >= 1024
}

function streamOf(followed: Followed): RtpStream {
  const { source, destination, ssrc, receiver, codecs, marks, start, end, bound } = followed
  return {
    ...{ source, destination, ssrc, marks },
    codecs: [...codecs],
    isVideo: [...codecs].some(isVideo),
    reception: receiver.reception(),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(bound === undefined
      ? { foundBy: 'heuristic' }
      : { foundBy: 'sdp', dialog: bound.callId, toward: bound.toward }),
  }
}
