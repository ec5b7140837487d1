import { staticPayloadTypes } from '../rtp/payload-types.ts'
import { attributeValue, attributeValues, type SdpMedia } from './description.ts'

/** One format of a stream, with what the attributes say of it. */
export interface Codec {
  /** Payload type as the `m=` line has it. */
  readonly payloadType: string
  /** As written; the payload type itself where nothing says what it is. */
  readonly name: string
  /** 0 where it is not known. */
  readonly clockRate: number
  readonly channels: number
  readonly parameters: FormatParameters
  /** Where the name comes from: `a=rtpmap`, the table of RFC 3551, nowhere. */
  readonly known: 'mapped' | 'static' | 'unknown'
}

/** `a=fmtp` taken apart: names in lower case. What has no `=` stands under the empty name. */
export type FormatParameters = Readonly<Record<string, string>>

/** The payload type that a codec has without `a=rtpmap`, by its name at 8000 Hz. */
export function staticTypeOf(name: string): string | undefined {
  for (const [type, known] of staticPayloadTypes) {
    if (known.name === name && known.clockRate === 8000) return String(type)
  }
  return undefined
}

const mapForm = /^(\d{1,3})\s+([^\s/]+)\s*\/\s*(\d{1,9})(?:\/(\d{1,3}))?\s*$/

/** The stream's formats, most wanted first. */
export function codecsOf(media: SdpMedia): readonly Codec[] {
  const maps = new Map(
    attributeValues(media, 'rtpmap').flatMap((value) => {
      const match = mapForm.exec(value)
      return match?.[1] === undefined ? [] : [[match[1], match] as const]
    }),
  )
  return media.formats.map((payloadType) => ({
    payloadType,
    ...encodingOf(payloadType, maps.get(payloadType)),
    parameters: parametersOf(media, payloadType),
  }))
}

type Encoding = Pick<Codec, 'name' | 'clockRate' | 'channels' | 'known'>

function encodingOf(payloadType: string, map: RegExpExecArray | undefined): Encoding {
  if (map !== undefined) {
    const [, , name = payloadType, clockRate, channels = '1'] = map
    const numbers = { clockRate: Number(clockRate), channels: Number(channels) }
    return { name, ...numbers, known: 'mapped' }
  }
  const fixed = staticPayloadTypes.get(Number(payloadType))
  if (fixed === undefined) return { name: payloadType, clockRate: 0, channels: 1, known: 'unknown' }
  return { channels: 1, ...fixed, known: 'static' }
}

function parametersOf(media: SdpMedia, payloadType: string): FormatParameters {
  const parameters: Record<string, string> = {}
  for (const value of attributeValues(media, 'fmtp')) {
    const [type, ...rest] = value.trim().split(/\s+/)
    if (type !== payloadType) continue
    for (const part of rest.join(' ').split(';')) {
      const [name = '', ...after] = part.split('=')
      if (part.trim() === '') continue
      if (after.length === 0) parameters[''] = part.trim()
      else parameters[name.trim().toLowerCase()] = after.join('=').trim()
    }
  }
  return parameters
}

/** `a=ptime`: milliseconds of media in a packet; undefined where it isn't said. */
export function ptimeOf(media: SdpMedia): number | undefined {
  return positive(attributeValue(media, 'ptime'))
}

export function maxptimeOf(media: SdpMedia): number | undefined {
  return positive(attributeValue(media, 'maxptime'))
}

function positive(value: string | undefined): number | undefined {
  const number = Number(value?.trim())
  return Number.isFinite(number) && number > 0 ? number : undefined
}

/** Clock rate and channels that a codec has, whatever is written: slips of the field (RFC 3551 §4.5.2, RFC 7587 §7). */
const fixedClocks: Readonly<Record<string, readonly [number, number]>> = {
  G722: [8000, 1],
  OPUS: [48_000, 2],
}

/** What makes two codecs the same, case aside: `PCMU/8000`, `OPUS/48000/2`. */
export function codecKey(codec: Codec): string {
  const name = codec.name.toUpperCase()
  const [clockRate, channels] = fixedClocks[name] ?? [codec.clockRate, codec.channels]
  if (codec.known === 'unknown') return `payload type ${codec.payloadType}`
  return `${name}/${clockRate}${channels === 1 ? '' : `/${channels}`}`
}

/** What is written where the codec's own clock rate and channels should be; undefined when they are there. */
export function clockSlip({ name, clockRate, channels }: Codec): string | undefined {
  const fixed = fixedClocks[name.toUpperCase()]
  if (fixed === undefined || (fixed[0] === clockRate && fixed[1] === channels)) return undefined
  const written = `${name}/${clockRate}${channels === 1 ? '' : `/${channels}`}`
  return `${written} is written; it is ${name}/${fixed[0]}${fixed[1] === 1 ? '' : `/${fixed[1]}`}`
}

/** Parameters without which one side can't decode what the other sends; absent is the second value. */
const mustAgree: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AMR: { 'octet-align': '0', interleaving: '', crc: '0', 'robust-sorting': '0' },
  'AMR-WB': { 'octet-align': '0', interleaving: '', crc: '0', 'robust-sorting': '0' },
  G7221: { bitrate: '' },
  H264: { 'packetization-mode': '0' },
}

/** Whether what the one sends is what the other reads: the same codec, in the same form. */
export function isSameFormat(one: Codec, other: Codec): boolean {
  if (codecKey(one) !== codecKey(other)) return false
  const parameters = Object.entries(mustAgree[one.name.toUpperCase()] ?? {})
  return parameters.every(
    ([name, absent]) => (one.parameters[name] ?? absent) === (other.parameters[name] ?? absent),
  )
}

const notVoice = new Set(['TELEPHONE-EVENT', 'TONE', 'CN', 'RED', 'ULPFEC', 'PARITYFEC', 'RTX'])

/** Whether it carries speech; the others go beside a codec that does. */
export function isVoice(codec: Codec): boolean {
  return codec.known !== 'unknown' && !notVoice.has(codec.name.toUpperCase())
}

export function isTelephoneEvent({ name }: Codec): boolean {
  return name.toUpperCase() === 'TELEPHONE-EVENT'
}

/** Events of `a=fmtp:101 0-15,66`; without the attribute 0 to 15, the keys of a phone (RFC 4733 §2.5.1.1). */
export function eventsOf({ parameters }: Codec): ReadonlySet<number> {
  const list = parameters[''] ?? parameters['events'] ?? '0-15'
  const events = new Set<number>()
  for (const part of list.split(',')) {
    const match = /^\s*(\d{1,3})(?:-(\d{1,3}))?\s*$/.exec(part)
    if (match === null) continue
    const first = Number(match[1])
    const last = Math.min(Number(match[2] ?? match[1]), 255)
    for (let event = first; event <= last; event += 1) events.add(event)
  }
  return events
}

/** G.729 with silence suppression, unless it says `annexb=no` (RFC 4856 §2.1.9). */
export function hasAnnexB({ parameters }: Codec): boolean {
  return parameters['annexb']?.toLowerCase() !== 'no'
}
