import {
  type Codec,
  codecKey,
  codecsOf,
  eventsOf,
  hasAnnexB,
  isSameFormat,
  isTelephoneEvent,
  isVoice,
  maxptimeOf,
  ptimeOf,
} from './codecs.ts'
import type { SdpMedia } from './description.ts'
import type { FindingList } from './judgement.ts'

/** One codec of an answer, and what it answers. */
export interface CodecPair {
  readonly offered: Codec
  readonly answered: Codec
}

/** Compares the formats of an accepted stream with those that were offered (RFC 3264 §6.1). */
export function judgeFormats(
  offered: SdpMedia,
  answered: SdpMedia,
  findings: FindingList,
): readonly CodecPair[] {
  const theirs = codecsOf(offered)
  const pairs: CodecPair[] = []
  const added: Codec[] = []
  for (const codec of codecsOf(answered)) {
    const match = offeredFor(codec, theirs)
    if (match === undefined) added.push(codec)
    else pairs.push({ offered: match, answered: codec })
  }
  if (pairs.length === 0) sayNothingCommon(theirs, added, findings)
  else {
    if (added.length > 0) sayAdded(added, findings)
    judgeVoice(theirs, pairs, findings)
    for (const pair of pairs) judgePair(pair, theirs, findings)
    judgeOrder(pairs, theirs, findings)
  }
  judgePtime(offered, answered, findings)
  return pairs
}

/** The offered codec that it is; that with its own payload type first. */
function offeredFor(codec: Codec, offered: readonly Codec[]): Codec | undefined {
  const same = offered.filter((other) => isSameFormat(other, codec))
  return same.find(({ payloadType }) => payloadType === codec.payloadType) ?? same[0]
}

export const codecNames = (codecs: readonly Codec[]) => codecs.map(codecKey).join(', ') || 'nothing'

function sayNothingCommon(
  offered: readonly Codec[],
  added: readonly Codec[],
  { add }: FindingList,
): void {
  const text = `no codec in common: offered ${codecNames(offered)}, answered ${codecNames(added)}`
  add({ weight: 'broken', rule: 'no-common-codec', text, source: 'RFC 3264 §6.1' })
}

function sayAdded(added: readonly Codec[], { add }: FindingList): void {
  const text = `the answer adds ${codecNames(added)}, which was not offered; §6.1 lets it, but it can't be sent now and not every offerer reads on`
  add({ weight: 'deviation', rule: 'codec-added', text, source: 'RFC 3264 §6.1' })
}

function judgeVoice(
  offered: readonly Codec[],
  pairs: readonly CodecPair[],
  { add }: FindingList,
): void {
  const voice = pairs.filter((pair) => isVoice(pair.answered))
  if (offered.some(isVoice) && voice.length === 0) {
    const text = 'the answer takes no codec for voice, only what goes beside one'
    add({ weight: 'broken', rule: 'no-voice-codec', text, source: 'RFC 3264 §6.1' })
  }
  if (voice.length > 1) {
    const text = `the answer keeps ${codecNames(voice.map((pair) => pair.answered))}: either side may change between them at any time, without a new offer`
    add({ weight: 'note', rule: 'several-codecs', text, source: 'RFC 3264 §6.1' })
  }
  const events = pairs.some((pair) => isTelephoneEvent(pair.answered))
  if (offered.some(isTelephoneEvent) && !events) {
    const text = 'telephone-event was offered and not taken: keys are heard as tones, or not at all'
    add({ weight: 'note', rule: 'no-telephone-event', text, source: 'RFC 4733 §2.5.1' })
  }
}

function judgePair(
  { offered, answered }: CodecPair,
  all: readonly Codec[],
  { add }: FindingList,
): void {
  const key = codecKey(answered)
  if (offered.payloadType !== answered.payloadType) {
    const meant = all.find(({ payloadType }) => payloadType === answered.payloadType)
    const renumbered = `${key} was offered as payload type ${offered.payloadType} and is answered as ${answered.payloadType}`
    const rule = 'payload-type-changed'
    const source = 'RFC 3264 §6.1'
    if (meant === undefined) add({ weight: 'note', rule, text: renumbered, source })
    else {
      const text = `${renumbered}, which is ${codecKey(meant)} in the offer`
      add({ weight: 'deviation', rule, text, source })
    }
  }
  if (key === 'G729/8000') judgeAnnexB({ offered, answered }, { add })
  if (isTelephoneEvent(answered)) judgeEvents({ offered, answered }, { add })
  const modes = [offered, answered].map(({ parameters }) => parameters['mode'])
  if (key === 'ILBC/8000' && modes[0] !== modes[1]) {
    const text = 'iLBC frames differ (mode); both sides must then use 30 ms'
    add({ weight: 'note', rule: 'ilbc-mode', text, source: 'RFC 3952 §5' })
  }
}

function judgeAnnexB({ offered, answered }: CodecPair, { add }: Pick<FindingList, 'add'>): void {
  if (hasAnnexB(offered) === hasAnnexB(answered)) return
  const source = 'RFC 7261 §3'
  if (hasAnnexB(answered)) {
    const text =
      'G.729 was offered with annexb=no and is answered without it: silence may come as frames that the offerer can’t decode'
    add({ weight: 'deviation', rule: 'annexb', text, source })
  } else {
    const text = 'G.729 is answered with annexb=no: both sides send without silence suppression'
    add({ weight: 'note', rule: 'annexb', text, source })
  }
}

function judgeEvents({ offered, answered }: CodecPair, { add }: Pick<FindingList, 'add'>): void {
  const theirs = eventsOf(answered)
  const keys = Array.from({ length: 12 }, (_, event) => event)
  const missing = keys.filter((event) => eventsOf(offered).has(event) && !theirs.has(event))
  if (missing.length === 0) return
  const text = `events ${missing.join(', ')} (keys of a phone) are not taken`
  add({ weight: 'note', rule: 'events-missing', text, source: 'RFC 4733 §2.5.1.1' })
}

function judgeOrder(
  pairs: readonly CodecPair[],
  offered: readonly Codec[],
  { add }: FindingList,
): void {
  const places = pairs
    .filter((pair) => isVoice(pair.answered))
    .map((pair) => offered.indexOf(pair.offered))
  if (places.every((place, index) => index === 0 || place > (places[index - 1] ?? -1))) return
  const text =
    'the answer has the codecs in another order than the offer: each side may send another one'
  add({ weight: 'note', rule: 'order-changed', text, source: 'RFC 3264 §6.1' })
}

function judgePtime(offered: SdpMedia, answered: SdpMedia, { add }: FindingList): void {
  const asked = ptimeOf(offered)
  const ptime = ptimeOf(answered)
  const most = maxptimeOf(offered)
  if (ptime !== undefined && most !== undefined && ptime > most) {
    const text = `the answer wants packets of ${ptime} ms, the offer takes ${most} ms at most`
    add({ weight: 'deviation', rule: 'ptime-above-maximum', text, source: 'RFC 3264 §6.1' })
  } else if (asked !== undefined && ptime !== undefined && asked !== ptime) {
    const text = `packets of ${asked} ms were asked for, ${ptime} ms are answered`
    add({ weight: 'note', rule: 'ptime-differs', text, source: 'RFC 3264 §6.1' })
  }
}
