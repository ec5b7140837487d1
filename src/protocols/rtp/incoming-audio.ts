import { decodeG711, type G711Law } from './g711.ts'
import { parseRtpPacket, type RtpPacket } from './packet.ts'
import { staticPayloadTypes } from './payload-types.ts'
import { createRtpReceiver, type RtpReceiver, type RtpReception } from './reception.ts'
import { parseEvent } from './telephone-event.ts'
import { levelOf, shareAt, type TonePair } from './tone.ts'
import type { MediaAddress } from './transport.ts'

/** One source that was heard. */
export interface HeardStream {
  readonly ssrc: number
  readonly from: MediaAddress
  /** Of its last packet. */
  readonly payloadType: number
  /** As RFC 3551 or the descriptions name it; absent where nobody does. */
  readonly codec?: string
  readonly reception: RtpReception
  /** dBm0 of its loudest packet; absent for what is not G.711, which is not decoded. */
  readonly loudest?: number
  /** Packets that are louder than a quiet line. */
  readonly voiced: number
  /** Packets that hold our own tones, counted where both are heard. */
  readonly echoed: number
  /** Keys that were pressed there. */
  readonly keys: string
}

export interface HearingRules {
  /** Frequencies of our own tones. */
  readonly tones: TonePair
  /** Payload type of key presses. */
  readonly events?: number
  /** Sources that are listened to: those that come first. */
  readonly most: number
}

/** A quiet line hums below this (ITU-T G.711 silence is minus infinity, an idle codec about -65 dBm0). */
const quietBelow = -45
/** Of a packet's power; a voice or a melody has no more than half of it at one frequency for long. */
const ownTone = 0.7

interface Ear {
  readonly from: MediaAddress
  readonly receiver: RtpReceiver
  payloadType: number
  highestSequence: number
  wraps: number
  loudest: number | undefined
  voiced: number
  readonly echoed: [number, number]
  keys: string
  lastKeyAt: number | undefined
}

/** What a receiver says of a source in its reports. */
export interface SourceReport {
  readonly ssrc: number
  readonly reception: RtpReception
  readonly highestSequence: number
}

/** Listens to whatever sources send to us, each by itself. */
export interface IncomingAudio {
  /** @throws {RtpFormatError} for what is no RTP */
  packet(bytes: Uint8Array, from: MediaAddress, at: number): void
  heard(): readonly HeardStream[]
  reports(): readonly SourceReport[]
}

export function createIncomingAudio(rules: HearingRules): IncomingAudio {
  const ears = new Map<number, Ear>()
  const earOf = (ssrc: number, from: MediaAddress): Ear | undefined => {
    const known = ears.get(ssrc)
    if (known !== undefined || ears.size >= rules.most) return known
    const ear = newEar(from)
    ears.set(ssrc, ear)
    return ear
  }
  return {
    packet(bytes, from, at) {
      const packet = parseRtpPacket(bytes)
      const ear = earOf(packet.ssrc, from)
      if (ear === undefined) return
      const clockRate = staticPayloadTypes.get(packet.payloadType)?.clockRate ?? 8000
      const isEvent = packet.payloadType === rules.events
      // A press keeps its timestamp: it says nothing about the network's jitter.
      ear.receiver.packet(packet, { at, ...(isEvent ? {} : { clockRate }) })
      follow(ear, packet.sequence)
      if (isEvent) hearKey(ear, packet)
      else hearVoice(ear, packet, rules)
    },
    heard: () => [...ears].map(([ssrc, ear]) => heardStream(ssrc, ear)),
    reports: () =>
      [...ears].map(([ssrc, ear]) => ({
        ssrc,
        reception: ear.receiver.reception(),
        highestSequence: ear.wraps * 0x1_0000 + ear.highestSequence,
      })),
  }
}

function newEar(from: MediaAddress): Ear {
  return {
    from,
    receiver: createRtpReceiver(),
    payloadType: 0,
    highestSequence: 0,
    wraps: 0,
    loudest: undefined,
    voiced: 0,
    echoed: [0, 0],
    keys: '',
    lastKeyAt: undefined,
  }
}

function follow(ear: Ear, sequence: number): void {
  const ahead = (sequence - ear.highestSequence) & 0xffff
  if (ahead === 0 || ahead > 0x7fff) return
  if (sequence < ear.highestSequence) ear.wraps += 1
  ear.highestSequence = sequence
}

function hearKey(ear: Ear, { payload, timestamp }: RtpPacket): void {
  const event = parseEvent(payload)
  // Every packet of one press has the same timestamp.
  if (event === undefined || ear.lastKeyAt === timestamp) return
  ear.lastKeyAt = timestamp
  ear.keys += event.key
}

function lawOf(payloadType: number): G711Law | undefined {
  if (payloadType === 0) return 'PCMU'
  return payloadType === 8 ? 'PCMA' : undefined
}

function hearVoice(ear: Ear, { payloadType, payload }: RtpPacket, { tones }: HearingRules): void {
  ear.payloadType = payloadType
  const law = lawOf(payloadType)
  if (law === undefined) return
  const samples = decodeG711(law, payload)
  const level = levelOf(samples)
  ear.loudest = Math.max(ear.loudest ?? level, level)
  if (level < quietBelow) return
  ear.voiced += 1
  for (const which of [0, 1] as const) {
    if (shareAt(tones[which], samples) > ownTone) ear.echoed[which] += 1
  }
}

function heardStream(ssrc: number, ear: Ear): HeardStream {
  const codec = staticPayloadTypes.get(ear.payloadType)?.name
  return {
    ssrc,
    from: ear.from,
    payloadType: ear.payloadType,
    ...(codec === undefined ? {} : { codec }),
    reception: ear.receiver.reception(),
    ...(ear.loudest === undefined ? {} : { loudest: ear.loudest }),
    voiced: ear.voiced,
    echoed: 2 * Math.min(...ear.echoed),
    keys: ear.keys,
  }
}
