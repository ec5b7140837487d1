import {
  type AudioCapabilities,
  codecAttributes,
  describeSession,
  directionAttributes,
  type OwnCodec,
  streamOf,
} from './capabilities.ts'
import { type Codec, codecsOf, isSameFormat, isVoice } from './codecs.ts'
import {
  connectionOf,
  type SdpAttribute,
  type SdpMedia,
  type SessionDescription,
} from './description.ts'
import { answerDirection, directionOf } from './direction.ts'
import { judgeDescription } from './judge-description.ts'
import { codecNames } from './judge-formats.ts'
import { type Finding, isRefusing } from './judgement.ts'
import { type CryptoAttribute, keyLengthOf, securityOf } from './security.ts'

/** Why there is no answer: goes into the Warning header beside 488 (RFC 3261 §20.43). */
export interface Refusal {
  readonly kind: 'refused'
  readonly status: 488
  /** 302 transport protocol, 304 media, 305 format, 399 anything else. */
  readonly warning: 302 | 304 | 305 | 399
  readonly because: string
}

export type Answer =
  | {
      readonly kind: 'answer'
      readonly description: SessionDescription
      /** The one codec for voice. */
      readonly codec: Codec
      /** What was passed over in the offer. */
      readonly remarks: readonly Finding[]
    }
  | Refusal

/** A stream of the offer that could be taken. */
interface Candidate {
  readonly index: number
  readonly voice: Codec
  readonly codecs: readonly { readonly codec: Codec; readonly own: OwnCodec }[]
  readonly crypto: Usable | undefined
}

type Usable = Extract<CryptoAttribute, { kind: 'usable' }>
type Reason = Pick<Refusal, 'warning' | 'because'>

/**
 * The answer to an offer (RFC 3264 §6): one audio stream with one codec for voice, so that nobody changes it later;
 * every other stream is refused with port 0.
 */
export function answerTo(offer: SessionDescription, ours: AudioCapabilities): Answer {
  const findings = judgeDescription(offer, 'offer', ours.signalling)
  const candidates: Candidate[] = []
  const reasons: Reason[] = []
  offer.media.forEach((media, index) => {
    const found = candidateIn(offer, { media, index, findings }, ours)
    if ('warning' in found) reasons.push(found)
    else candidates.push(found)
  })
  const chosen = candidates.find(({ crypto }) => crypto !== undefined) ?? candidates[0]
  if (chosen === undefined) {
    const nothing = { warning: 304, because: 'the offer has no stream' } as const
    return { kind: 'refused', status: 488, ...(mostTelling(reasons) ?? nothing) }
  }
  const media = offer.media.map((offered, index) =>
    index === chosen.index ? answerStream(offer, offered, chosen, ours) : refuseStream(offered),
  )
  const remarks = findings.filter(({ stream }) => stream === chosen.index)
  const description = describeSession(ours, media)
  return { kind: 'answer', description, codec: chosen.voice, remarks }
}

/** Of the audio streams rather than of the others: they are why people call. */
function mostTelling(reasons: readonly Reason[]): Reason | undefined {
  return reasons.find(({ warning }) => warning !== 304) ?? reasons[0]
}

interface Position {
  readonly media: SdpMedia
  readonly index: number
  readonly findings: readonly Finding[]
}

function candidateIn(
  offer: SessionDescription,
  { media, index, findings }: Position,
  ours: AudioCapabilities,
): Candidate | Reason {
  if (media.media.toLowerCase() !== 'audio') {
    return { warning: 304, because: `${media.media} is not taken` }
  }
  if (media.port === 0) return { warning: 304, because: 'the audio stream has port 0' }
  if (connectionOf(offer, media) === undefined) {
    return { warning: 399, because: 'the audio stream has no address' }
  }
  const refusing = findings.find(
    (finding) => finding.stream === index && isRefusing(finding, ours.mode),
  )
  if (refusing !== undefined) return { warning: 399, because: refusing.text }
  const crypto = cryptoFor(offer, media, ours)
  if (crypto !== undefined && 'warning' in crypto) return crypto
  const codecs = codecsFor(media, ours)
  const voice = codecs.find(({ codec }) => isVoice(codec))?.codec
  if (voice !== undefined) return { index, voice, codecs, crypto }
  const wanted = ours.codecs.map(({ name }) => name).join(', ')
  const offered = codecNames(codecsOf(media))
  return { warning: 305, because: `no codec in common: offered ${offered}, taken ${wanted}` }
}

/** How the stream is to be encrypted: with a key, undefined for not at all, or why it can't be taken. */
function cryptoFor(
  offer: SessionDescription,
  media: SdpMedia,
  ours: AudioCapabilities,
): Usable | Reason | undefined {
  const { profile, cryptos } = securityOf(offer, media)
  const { protocol } = media
  if (profile.kind === 'unknown') return { warning: 302, because: `${protocol} is not taken` }
  if (profile.kind === 'dtls-srtp') {
    return { warning: 302, because: `${protocol} is not taken: there is no DTLS here` }
  }
  const key =
    ours.srtp.use === 'off' ? undefined : cryptos.find((crypto) => crypto.kind === 'usable')
  if (profile.kind === 'rtp') {
    if (ours.srtp.use !== 'mandatory') return key
    return { warning: 302, because: `SRTP is mandatory, ${protocol} was offered` }
  }
  if (key !== undefined) return key
  return { warning: 302, because: `${protocol} is not taken: SRTP is off` }
}

/** One codec for voice and what goes beside it at the same clock rate. */
function codecsFor(media: SdpMedia, ours: AudioCapabilities): Candidate['codecs'] {
  const common = codecsOf(media).flatMap((codec) => {
    const own = ours.codecs.find((one) => isOurs(codec, one))
    return own === undefined ? [] : [{ codec, own }]
  })
  if (ours.order === 'ours') {
    common.sort((one, other) => ours.codecs.indexOf(one.own) - ours.codecs.indexOf(other.own))
  }
  const voice = common.find(({ codec }) => isVoice(codec))
  if (voice === undefined) return []
  const beside = common.filter(({ codec }) => !isVoice(codec))
  // RFC 4733 §2.1 wants the clock rate of the voice; G.711's serves where nothing else was offered.
  const sameClock = beside.filter(({ codec }) => codec.clockRate === voice.codec.clockRate)
  return [voice, ...(sameClock.length > 0 ? sameClock : beside.slice(0, 1))]
}

function isOurs(codec: Codec, own: OwnCodec): boolean {
  if (codec.known === 'unknown') return false
  const { name, clockRate, channels } = own
  return isSameFormat(codec, { ...codec, name, clockRate, channels })
}

function answerStream(
  offer: SessionDescription,
  offered: SdpMedia,
  { codecs, crypto }: Candidate,
  ours: AudioCapabilities,
): SdpMedia {
  const direction = answerDirection(directionOf(offer, offered), ours.direction)
  const attributes = [
    ...codecs.flatMap(({ codec, own }) => codecAttributes(codec.payloadType, own)),
    ...cryptoAttributes(crypto, ours),
    ...directionAttributes(direction),
  ]
  const formats = codecs.map(({ codec }) => codec.payloadType)
  return streamOf({ port: ours.port, protocol: offered.protocol, formats, attributes })
}

/** The offered suite under its tag, with a key of our own (RFC 4568 §5.1.2). */
function cryptoAttributes(
  crypto: Usable | undefined,
  { srtp }: AudioCapabilities,
): readonly SdpAttribute[] {
  if (crypto === undefined || srtp.use === 'off') return []
  const key = btoa(String.fromCharCode(...srtp.secretBytes(keyLengthOf(crypto.suite))))
  return [{ name: 'crypto', value: `${crypto.tag} ${crypto.suite} inline:${key}` }]
}

/** Refused in its place; the formats are kept because one must stand there (RFC 3264 §6). */
function refuseStream(offered: SdpMedia): SdpMedia {
  const { media, protocol, formats } = offered
  return { media, port: 0, protocol, formats, connections: [], bandwidths: [], attributes: [] }
}
