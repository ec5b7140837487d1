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

/**
 * What a second answer in the same call changes against the first (H1.2): codec, packets, encryption, direction, address.
 *
 * A codec that changes is heard, and breaks what records or transcodes; encryption that ends is never right.
 */
export function compareAnswers(
  first: SessionDescription,
  second: SessionDescription,
): readonly Finding[] {
  const before = audioOf(first)
  const after = audioOf(second)
  const source = 'RFC 3264 §8'
  if (before === undefined || after === undefined) {
    if (before === undefined && after === undefined) return []
    const text =
      after === undefined
        ? 'the second answer ends the audio'
        : 'audio begins with the second answer'
    return [{ weight: 'note', rule: 'audio-changed', text, source }]
  }
  const note = (
    rule: string,
    what: string,
    sides: readonly [string, string],
  ): readonly Finding[] =>
    sides[0] === sides[1]
      ? []
      : [{ weight: 'note', rule, text: `${what}: ${sides[0]} → ${sides[1]}`, source }]
  return [
    ...note('codec-renegotiated', 'the codec changes in the call', [
      codecOf(before),
      codecOf(after),
    ]),
    ...renumbered(before, after),
    ...encryption([securityOf(first, before), securityOf(second, after)]),
    ...note('ptime-changed', 'packets change', [packetsOf(before), packetsOf(after)]),
    ...note('direction-changed', 'the direction changes', [
      directionOf(first, before),
      directionOf(second, after),
    ]),
    ...note('media-moved', 'media goes elsewhere', [
      placeOf(first, before),
      placeOf(second, after),
    ]),
  ]
}

const codecOf = (media: SdpMedia) => voiceOf(media).map(codecKey)[0] ?? 'none'

const packetsOf = (media: SdpMedia) => `${ptimeOf(media) ?? 20} ms`

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
