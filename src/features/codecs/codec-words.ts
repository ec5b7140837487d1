import { type Codec, codecKey, codecsOf, isVoice, ptimeOf } from '../../protocols/sdp/codecs.ts'
import type { SdpMedia, SessionDescription } from '../../protocols/sdp/description.ts'
import type { CryptoAttribute, StreamSecurity } from '../../protocols/sdp/security.ts'

/** The list of the plans' trunks: wideband where both have it, else what every gateway has (G3.3). */
export const plannedCodecs: readonly string[] = ['G722', 'PCMU', 'PCMA']

/** The stream that people talk in: the first audio that is not refused. */
export function audioOf({ media }: SessionDescription): SdpMedia | undefined {
  return media.find((stream) => stream.media.toLowerCase() === 'audio' && stream.port !== 0)
}

export const voiceOf = (media: SdpMedia) => codecsOf(media).filter(isVoice)

/** As a plan writes it: `G722`, `OPUS`. */
export const planName = ({ name }: Codec) => name.toUpperCase()

export const listed = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '))

export const listKeys = (codecs: readonly Codec[]) => listed(codecs.map(codecKey))

/** `annexb=no; mode=30`, empty where a codec has no parameters. */
export function parametersText({ parameters }: Codec): string {
  return Object.entries(parameters)
    .map(([name, value]) => (name === '' ? value : `${name}=${value}`))
    .join('; ')
}

export function ptimeText(media: SdpMedia): string {
  const ptime = ptimeOf(media)
  return ptime === undefined ? '' : `packets of ${ptime} ms`
}

type Usable = Extract<CryptoAttribute, { kind: 'usable' }>

export const suitesOf = ({ cryptos }: StreamSecurity): readonly Usable['suite'][] =>
  cryptos.filter((crypto): crypto is Usable => crypto.kind === 'usable').map(({ suite }) => suite)

/** How the stream's media travels, in two words. */
export function securityWords(security: StreamSecurity): string {
  const suites = suitesOf(security)
  if (security.profile.kind === 'dtls-srtp') return 'DTLS-SRTP'
  if (security.profile.kind === 'unknown') return 'no RTP'
  if (suites.length > 0) return `SDES ${suites[0]}`
  return security.profile.kind === 'srtp' ? 'SRTP without key' : 'in clear'
}

/** Whether the order of what is there is the plan's, as far as the plan names it. */
export function isPlannedOrder(codecs: readonly Codec[], planned: readonly string[]): boolean {
  const places = codecs.map((codec) => planned.indexOf(planName(codec))).filter((at) => at !== -1)
  return places.every((place, index) => index === 0 || place >= (places[index - 1] ?? 0))
}

/** What to allow where two lists have nothing in common. */
export function allowOnEither(offered: readonly Codec[], taken: readonly Codec[]): string {
  const names = (codecs: readonly Codec[]) => codecs.map(planName).join(' or ')
  const there = `allow ${names(offered)} on the side that answers`
  const both = taken.length === 0 ? there : `offer ${names(taken)} as well, or ${there}`
  return `${both}; without either something between them must transcode`
}
