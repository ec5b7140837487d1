import { staticTypeOf } from './codecs.ts'
import type { SdpAttribute, SdpMedia, SessionDescription } from './description.ts'
import type { Direction } from './direction.ts'
import type { NegotiationRules } from './judgement.ts'

/** A codec of ours. */
export interface OwnCodec {
  readonly name: string
  readonly clockRate: number
  readonly channels: number
  /** Value of `a=fmtp` behind the payload type. */
  readonly format?: string
}

/** The codecs of plans (H1.1, G3.3) and what goes beside them. */
export const knownCodecs = {
  G722: { name: 'G722', clockRate: 8000, channels: 1 },
  PCMU: { name: 'PCMU', clockRate: 8000, channels: 1 },
  PCMA: { name: 'PCMA', clockRate: 8000, channels: 1 },
  G729: { name: 'G729', clockRate: 8000, channels: 1, format: 'annexb=no' },
  OPUS: { name: 'opus', clockRate: 48_000, channels: 2 },
  events: { name: 'telephone-event', clockRate: 8000, channels: 1, format: '0-15' },
} as const satisfies Record<string, OwnCodec>

/** G.711, the codecs that every gateway has. */
export const g711: readonly OwnCodec[] = [knownCodecs.PCMU, knownCodecs.PCMA]

/** Whether we encrypt. `secretBytes` gives what nobody can guess, for SDES keys: never `Random`. */
export type OwnSrtp =
  | { readonly use: 'off' }
  | {
      readonly use: 'optional' | 'mandatory'
      readonly secretBytes: (count: number) => Uint8Array
    }

/** What our side of a call can do. */
export interface AudioCapabilities extends NegotiationRules {
  /** IPv4 or IPv6 literal, or a name. */
  readonly host: string
  readonly port: number
  /** Most wanted first. */
  readonly codecs: readonly OwnCodec[]
  /** Whose order of codecs counts in an answer; `theirs` is what RFC 3264 §6.1 recommends. */
  readonly order: 'theirs' | 'ours'
  readonly srtp: OwnSrtp
  readonly direction: Direction
  /** Number of the session in `o=`. */
  readonly session: number
}

/** Our description around the streams. */
export function describeSession(
  { host, session }: Pick<AudioCapabilities, 'host' | 'session'>,
  media: readonly SdpMedia[],
): SessionDescription {
  const family = host.includes(':') ? 'IP6' : 'IP4'
  return {
    origin: {
      username: '-',
      sessionId: String(session),
      sessionVersion: '1',
      family,
      address: host,
    },
    name: '-',
    emails: [],
    phones: [],
    connection: { family, address: host },
    bandwidths: [],
    times: [{ start: '0', stop: '0', repeats: [] }],
    attributes: [],
    media,
  }
}

export function streamOf(
  parts: Pick<SdpMedia, 'port' | 'protocol' | 'formats' | 'attributes'>,
): SdpMedia {
  return { media: 'audio', connections: [], bandwidths: [], ...parts }
}

/** `a=rtpmap`, and `a=fmtp` where the codec has parameters. */
export function codecAttributes(payloadType: string, codec: OwnCodec): readonly SdpAttribute[] {
  const { name, clockRate, channels, format } = codec
  const encoding = `${name}/${clockRate}${channels === 1 ? '' : `/${channels}`}`
  return [
    { name: 'rtpmap', value: `${payloadType} ${encoding}` },
    ...(format === undefined ? [] : [{ name: 'fmtp', value: `${payloadType} ${format}` }]),
  ]
}

/** Nothing is said where media goes both ways: that is what silence means. */
export const directionAttributes = (direction: Direction): readonly SdpAttribute[] =>
  direction === 'sendrecv' ? [] : [{ name: direction }]

/** Payload types that most equipment uses for them, else the first free one (RFC 3551 §6: 96 to 127). */
const usualTypes: Readonly<Record<string, string>> = { OPUS: '111', 'TELEPHONE-EVENT': '101' }

function payloadTypes(codecs: readonly OwnCodec[]): readonly string[] {
  let free = 96
  return codecs.map(({ name }) => {
    const usual = staticTypeOf(name) ?? usualTypes[name.toUpperCase()]
    if (usual !== undefined) return usual
    free += 1
    return String(free - 1)
  })
}

/**
 * An offer of one audio stream in RTP/AVP: the codecs of ours, most wanted first.
 *
 * Also what answers an INVITE without an offer; the answer then comes in its ACK (RFC 3261 §13.2.1).
 */
export function offerOf(
  capabilities: Pick<AudioCapabilities, 'host' | 'port' | 'codecs' | 'direction' | 'session'>,
): SessionDescription {
  const { port, codecs, direction } = capabilities
  const formats = payloadTypes(codecs)
  const attributes = [
    ...codecs.flatMap((codec, index) => codecAttributes(formats[index] ?? '', codec)),
    ...directionAttributes(direction),
  ]
  return describeSession(capabilities, [
    streamOf({ port, protocol: 'RTP/AVP', formats, attributes }),
  ])
}
