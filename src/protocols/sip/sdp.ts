import type { Random } from '../../kernel/random.ts'

/** G.711, the codecs that every gateway has; static payload types of RFC 3551 §6. */
export const g711 = ['PCMU', 'PCMA'] as const
export type G711 = (typeof g711)[number]

const payloadTypes = { PCMU: 0, PCMA: 8 } as const satisfies Record<G711, number>

export interface AudioDescription {
  /** IPv4 or IPv6 literal, or a name. */
  readonly host: string
  /** 0 means that the stream is refused (RFC 3264 §6). */
  readonly port: number
  /** In the order of preference; names in capitals, unknown payload types as their number. */
  readonly codecs: readonly string[]
}

/**
 * Port in our descriptions: `discard`. There is no media behind these calls; what the far side sends goes nowhere.
 */
export const noMediaPort = 9

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const sdpType = 'application/sdp'

/** An offer or answer of one audio stream (RFC 8866, RFC 3264). */
export function formatSdp(
  audio: { readonly host: string; readonly port: number; readonly codecs: readonly G711[] },
  random: Random,
): Uint8Array {
  const family = audio.host.includes(':') ? 'IP6' : 'IP4'
  const session = random.integer(2 ** 31)
  const types = audio.codecs.map((codec) => payloadTypes[codec])
  const lines = [
    'v=0',
    `o=- ${session} 1 IN ${family} ${audio.host}`,
    's=-',
    `c=IN ${family} ${audio.host}`,
    't=0 0',
    `m=audio ${audio.port} RTP/AVP ${types.join(' ')}`,
    ...audio.codecs.map((codec) => `a=rtpmap:${payloadTypes[codec]} ${codec}/8000`),
  ]
  return encoder.encode(`${lines.join('\r\n')}\r\n`)
}

/** The first audio stream of a description; undefined when there is none that can be read. */
export function parseSdp(body: Uint8Array): AudioDescription | undefined {
  const lines = decoder.decode(body).split(/\r?\n/)
  const start = lines.findIndex((line) => line.startsWith('m=audio '))
  const media = /^m=audio (\d{1,5})(?:\/\d+)? \S+ (.+)$/.exec(lines[start] ?? '')
  if (media === null) return undefined
  const rest = lines.slice(start + 1)
  const next = rest.findIndex((line) => line.startsWith('m='))
  const own = next === -1 ? rest : rest.slice(0, next)
  const host = connectionOf(own) ?? connectionOf(lines.slice(0, start))
  if (host === undefined) return undefined
  const names = codecNames(own)
  const types = (media[2] ?? '').trim().split(/\s+/)
  return { host, port: Number(media[1]), codecs: types.map((type) => names.get(type) ?? type) }
}

function connectionOf(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const match = /^c=IN IP[46] ([^\s/]+)/.exec(line)
    if (match !== null) return match[1]
  }
  return undefined
}

function codecNames(lines: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>(
    g711.map((codec) => [String(payloadTypes[codec]), codec] as const),
  )
  for (const line of lines) {
    const match = /^a=rtpmap:(\d+) ([^/\s]+)/.exec(line)
    if (match?.[1] !== undefined && match[2] !== undefined) {
      names.set(match[1], match[2].toUpperCase())
    }
  }
  return names
}

/** The codec that answers an offer: the offer's first that we have; undefined means 488 (RFC 3264 §6). */
export function chooseCodec(
  offer: AudioDescription,
  ours: readonly G711[] = g711,
): G711 | undefined {
  for (const name of offer.codecs) {
    const codec = ours.find((own) => own === name)
    if (codec !== undefined) return codec
  }
  return undefined
}
