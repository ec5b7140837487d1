import { codecKey, codecsOf, ptimeOf } from '../../protocols/sdp/codecs.ts'
import {
  connectionOf,
  type SdpMedia,
  type SessionDescription,
} from '../../protocols/sdp/description.ts'
import { directionOf } from '../../protocols/sdp/direction.ts'
import type { Finding } from '../../protocols/sdp/judgement.ts'
import { securityOf } from '../../protocols/sdp/security.ts'
import { audioOf, securityWords, voiceOf } from './codec-words.ts'

/** An offer and its answer. */
export interface Exchange {
  readonly offer: SessionDescription
  readonly answer: SessionDescription
}

/**
 * What a second exchange in the same call changes against the first (H1.2): codec, packets, encryption, and for each
 * side its direction, its address and what its payload types mean.
 *
 * A codec that changes is heard, and breaks what records or transcodes; encryption that ends is never right.
 */
export function compareExchanges(first: Exchange, second: Exchange): readonly Finding[] {
  const before = audioOf(first.answer)
  const after = audioOf(second.answer)
  if (before === undefined && after === undefined) return []
  if (before === undefined || after === undefined) {
    const begins = 'audio begins with the second answer'
    return [
      note('audio-changed', after === undefined ? 'the second answer ends the audio' : begins),
    ]
  }
  return [
    ...changed('codec-renegotiated', 'the codec changes in the call', [before, after].map(codecOf)),
    ...encryption([securityOf(first.answer, before), securityOf(second.answer, after)]),
    ...changed('ptime-changed', 'packets change', [before, after].map(packetsOf)),
    ...compareSide('offer', first, second.offer),
    ...compareSide('answer', first, second.answer),
  ]
}

const note = (rule: string, text: string): Finding => ({
  weight: 'note',
  rule,
  text,
  source: 'RFC 3264 §8',
})

function changed(rule: string, what: string, [was = '', is = '']: readonly string[]) {
  return was === is ? [] : [note(rule, `${what}: ${was} → ${is}`)]
}

const codecOf = (media: SdpMedia) => voiceOf(media).map(codecKey)[0] ?? 'none'

/** 20 ms where nobody says otherwise (RFC 3551 §4.2). */
const packetsOf = (media: SdpMedia) => `${ptimeOf(media) ?? 20} ms`

/** Either side may offer again, so each is compared with what it said itself before. */
function compareSide(
  role: 'offer' | 'answer',
  { offer, answer }: Exchange,
  now: SessionDescription,
): readonly Finding[] {
  const own = [answer, offer].find((description) => isSameSession(description, now))
  const [before, after] = [own && audioOf(own), audioOf(now)]
  if (own === undefined || before === undefined || after === undefined) return []
  const side = `who writes the second ${role}`
  return [
    ...changed('direction-changed', `${side} changes direction`, [
      directionOf(own, before),
      directionOf(now, after),
    ]),
    ...changed('media-moved', `${side} takes media elsewhere`, [
      placeOf(own, before),
      placeOf(now, after),
    ]),
    ...renumbered(before, after),
  ]
}

/** All of `o=` but the version stays as long as the session does (RFC 3264 §8). */
function isSameSession({ origin: one }: SessionDescription, { origin: other }: SessionDescription) {
  return (
    one.username === other.username &&
    one.sessionId === other.sessionId &&
    one.address === other.address
  )
}

function placeOf(description: SessionDescription, media: SdpMedia): string {
  return `${connectionOf(description, media)?.address ?? '?'}:${media.port}`
}

/** A payload type means one codec for the whole session (§8.3.2). */
function renumbered(before: SdpMedia, after: SdpMedia): readonly Finding[] {
  const meant = new Map(codecsOf(before).map((codec) => [codec.payloadType, codecKey(codec)]))
  return codecsOf(after).flatMap((codec): readonly Finding[] => {
    const was = meant.get(codec.payloadType)
    if (was === undefined || was === codecKey(codec)) return []
    const text = `payload type ${codec.payloadType} was ${was} and is now ${codecKey(codec)}`
    const source = 'RFC 3264 §8.3.2'
    return [{ weight: 'deviation', rule: 'payload-type-reused', text, source }]
  })
}

function encryption(sides: readonly ReturnType<typeof securityOf>[]): readonly Finding[] {
  const [was = '', is = ''] = sides.map(securityWords)
  if (was === is) return []
  const text = `encryption changes in the call: ${was} → ${is}`
  const weight = is === 'in clear' ? 'broken' : 'note'
  return [{ weight, rule: 'encryption-changed', text, source: 'RFC 4568 §7.1' }]
}
