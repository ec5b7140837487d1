import { codecsOf } from '../../protocols/sdp/codecs.ts'
import type { SdpMedia, SessionDescription } from '../../protocols/sdp/description.ts'
import { judgeDescription } from '../../protocols/sdp/judge-description.ts'
import type { Finding, NegotiationRules } from '../../protocols/sdp/judgement.ts'
import { type Profile, profileOf } from '../../protocols/sdp/security.ts'
import type { SipWarning } from '../../protocols/sip/warnings.ts'
import { codecMatrix } from './codec-matrix.ts'
import { audioOf, listed, listKeys, planName, voiceOf } from './codec-words.ts'
import type { Explanation } from './explanation.ts'

/** A final answer that is no 200. */
export interface Refusal {
  readonly status: number
  readonly reason: string
  readonly warnings: readonly SipWarning[]
  /** What the far side would have taken, where it says so (RFC 3261 §21.4.26). */
  readonly description?: SessionDescription
}

export interface RefusalQuestion extends NegotiationRules {
  readonly planned: readonly string[]
}

/** Statuses that are about the description: 415 its type, 488 and 606 what is in it. */
const aboutMedia = new Set([415, 488, 606])

/** RFC 3261 §20.43. */
const warningWords: Readonly<Record<number, string>> = {
  300: 'a network protocol that it does not take',
  301: 'an address format that it does not take (IPv4, IPv6)',
  302: 'a transport profile that it does not take (RTP/AVP, RTP/SAVP)',
  303: 'a bandwidth unit that it does not know',
  304: 'a kind of media that it does not take',
  305: 'a codec that it does not take',
  306: 'an attribute that it does not know',
  307: 'a parameter that it does not know',
  330: 'multicast is not there',
  331: 'unicast is not there',
  370: 'not enough bandwidth',
  399: 'something else',
}

/** Says why an offer was refused, and what can be offered or allowed instead (B5.1). */
export function explainRefusal(
  offer: SessionDescription,
  refusal: Refusal,
  question: RefusalQuestion,
): Explanation {
  const { status, reason, warnings, description } = refusal
  const what = `${status} ${reason}`.trim()
  const base = { fits: false, streams: [], fallback: [] }
  if (!aboutMedia.has(status)) {
    const text = `${what} is not about the description: what was offered can't be judged by it`
    const findings: readonly Finding[] = [
      { weight: 'broken', rule: 'other-refusal', text, source: 'RFC 3261 §21' },
    ]
    return { ...base, summary: text, findings, advice: [] }
  }
  const audio = audioOf(offer)
  const findings = [
    ...warnings.map(findingOf),
    ...judgeDescription(offer, 'offer', question.signalling),
    ...(description === undefined ? [] : compare(offer, description, question)),
  ]
  if (audio === undefined) {
    return { ...base, summary: `${what}: the offer has no audio stream`, findings, advice: [] }
  }
  const offered = `${audio.protocol} with ${listKeys(codecsOf(audio))}`
  const summary = `${what}: ${offered} was offered, and nothing of it is taken`
  const fallback = fallbackFor(audio, question.planned)
  const advice = adviceFor(audio, refusal, { ...question, fallback })
  return { ...base, summary, findings, advice, fallback }
}

function findingOf({ code, text }: SipWarning): Finding {
  const meaning = warningWords[code] ?? 'no meaning of its own'
  return {
    weight: 'broken',
    rule: `warning-${code}`,
    text: `the far side says: "${text}" (${code}: ${meaning})`,
    source: 'RFC 3261 §20.43',
  }
}

function compare(
  offer: SessionDescription,
  takes: SessionDescription,
  question: RefusalQuestion,
): readonly Finding[] {
  const names = { left: 'the offer', right: 'the far side' }
  const matrix = codecMatrix(offer, takes, { ...question, names })
  const audio = audioOf(takes)
  if (matrix === undefined || audio === undefined) return []
  const text = `its answer lists what it takes: ${audio.protocol} with ${listKeys(codecsOf(audio))}`
  const takesThat: Finding = {
    weight: 'note',
    rule: 'far-side-takes',
    text,
    source: 'RFC 3261 §21.4.26',
  }
  const encryption = matrix.findings.filter(({ rule }) => rule === 'encryption-differs')
  return [takesThat, ...encryption]
}

/** What most gateways take when they take nothing else (B5.1). */
const lastResorts = ['PCMU', 'PCMA', 'G729']

/** Codecs of the plan's list, then those, that were not offered: what the next attempt can add. */
function fallbackFor(audio: SdpMedia, planned: readonly string[]): readonly string[] {
  const offered = new Set(voiceOf(audio).map(planName))
  return [...new Set([...planned, ...lastResorts])].filter((name) => !offered.has(name))
}

function adviceFor(
  audio: SdpMedia,
  { warnings, description }: Refusal,
  { fallback }: { readonly fallback: readonly string[] },
): readonly string[] {
  const codes = new Set(warnings.map(({ code }) => code))
  const aboutCodec = codes.size === 0 || codes.has(305)
  const aboutProfile = codes.size === 0 || codes.has(302) || codes.has(399)
  const takes = description === undefined ? undefined : audioOf(description)
  const offered = voiceOf(audio).map(planName)
  const wanted = takes === undefined ? fallback : voiceOf(takes).map(planName)
  const allow = `allow ${listed(offered)} on the side that answers`
  const codecAdvice = wanted.length > 0 ? `offer ${listed(wanted)} as well, or ${allow}` : allow
  return [
    ...(aboutCodec ? [codecAdvice] : []),
    ...(aboutProfile ? profileAdvice(profileOf(audio)) : []),
    ...(codes.size === 0
      ? ['it gives no reason (no Warning): ask its log which of these it was']
      : []),
  ]
}

/** Never to leave encryption off: that is for whoever wrote the plan (H1.1). */
function profileAdvice({ kind }: Profile): readonly string[] {
  switch (kind) {
    case 'rtp':
      return ['where the far side makes SRTP mandatory, RTP/AVP gets 488: offer RTP/SAVP over TLS']
    case 'srtp':
      return [
        'where the far side has no SRTP, RTP/SAVP gets 488: allow SRTP there; encryption is not dropped to get through',
      ]
    case 'dtls-srtp':
      return ['SIP trunks mostly take SDES (RTP/SAVP over TLS), not DTLS-SRTP']
    case 'unknown':
      return ['the transport profile is none of RTP']
  }
}
