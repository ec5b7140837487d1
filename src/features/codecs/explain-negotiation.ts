import { codecKey, codecsOf, isTelephoneEvent, isVoice } from '../../protocols/sdp/codecs.ts'
import type { SessionDescription } from '../../protocols/sdp/description.ts'
import { holdOf } from '../../protocols/sdp/direction.ts'
import { type JudgedStream, type Judgement, judgeAnswer } from '../../protocols/sdp/judge-answer.ts'
import { type Finding, isRefusing } from '../../protocols/sdp/judgement.ts'
import { securityOf } from '../../protocols/sdp/security.ts'
import {
  allowOnEither,
  audioOf,
  isPlannedOrder,
  listed,
  listKeys,
  planName,
  ptimeText,
  securityWords,
  voiceOf,
} from './codec-words.ts'
import type { RefusalQuestion } from './explain-refusal.ts'
import type { ExplainedStream, Explanation } from './explanation.ts'

/** Says what an answer makes of its offer: by the RFCs, and by the plan's list of codecs (G3.3). */
export function explainAnswer(
  offer: SessionDescription,
  answer: SessionDescription,
  question: RefusalQuestion,
): Explanation {
  const judgement = judgeAnswer(offer, answer, question)
  const { fits, streams } = judgement
  const findings = [
    ...judgement.findings,
    ...judgeHold(answer),
    ...(agreedCodec(judgement) === undefined ? [] : judgePlanned(offer, answer, question.planned)),
  ]
  const refusing = findings.find((finding) => isRefusing(finding, question.mode))
  return {
    fits,
    summary: refusing === undefined ? summaryOf(answer, judgement) : `no: ${refusing.text}`,
    streams: streams.map((stream, index) => explainStream(stream, answer, index)),
    findings,
    advice: adviceFor(offer, answer, findings),
    fallback: [],
  }
}

/** The codec that both sides send: the answer's first for voice (RFC 3264 §6.1). */
export function agreedCodec(judgement: Pick<Judgement, 'streams'>): string | undefined {
  const pairs = judgement.streams
    .filter(({ media, state }) => media.toLowerCase() === 'audio' && state === 'accepted')
    .flatMap(({ codecs }) => codecs)
  const voice = pairs.find((pair) => isVoice(pair.answered))
  return voice === undefined ? undefined : codecKey(voice.answered)
}

function summaryOf(answer: SessionDescription, judgement: Judgement): string {
  const audio = audioOf(answer)
  const codec = agreedCodec(judgement) ?? 'no voice'
  if (audio === undefined) return 'fits, without audio'
  const keys = codecsOf(audio).some(isTelephoneEvent) ? 'keys as events' : 'no telephone-event'
  const parts = [codec, ptimeText(audio), securityWords(securityOf(answer, audio)), keys]
  return `fits: ${parts.filter((part) => part !== '').join(' · ')}`
}

function explainStream(
  { media, state, codecs, offered, answered }: JudgedStream,
  answer: SessionDescription,
  index: number,
): ExplainedStream {
  const own = answer.media[index]
  const security = own === undefined ? '' : securityWords(securityOf(answer, own))
  return {
    media,
    state,
    codecs: codecs.map((pair) => codecKey(pair.answered)),
    direction: offered === answered ? offered : `${offered} → ${answered}`,
    security: state === 'accepted' ? security : '',
  }
}

function judgeHold(answer: SessionDescription): readonly Finding[] {
  const audio = audioOf(answer)
  if (audio === undefined) return []
  const hold = holdOf(answer, audio)
  if (hold === undefined) return []
  const how = hold === 'address' ? 'by the address 0.0.0.0, as RFC 2543 had it' : 'by its direction'
  const text = `the answer holds the call (${how})`
  return [{ weight: 'note', rule: 'hold', text, source: 'RFC 3264 §8.4' }]
}

/** What the answer says of the lists: G.722 on one side only, an order that is not the plan's. */
function judgePlanned(
  offer: SessionDescription,
  answer: SessionDescription,
  planned: readonly string[],
): readonly Finding[] {
  const audio = audioOf(offer)
  const answered = audioOf(answer)
  if (audio === undefined || answered === undefined) return []
  const [offers, takes] = [voiceOf(audio), voiceOf(answered)]
  const findings: Finding[] = []
  const note = (rule: string, text: string) =>
    findings.push({ weight: 'note', rule, text, source: 'plan' })
  const hasG722 = (codecs: typeof offers) => codecs.some((codec) => planName(codec) === 'G722')
  if (hasG722(offers) && takes.length > 0 && !hasG722(takes)) {
    note(
      'one-sided-g722',
      `G722 was offered and ${listKeys(takes)} is taken: only the offering side uses G722 here; a leg that stays on it needs transcoding`,
    )
  }
  if (!isPlannedOrder(offers, planned)) {
    const text = `the offer's order is ${listKeys(offers)}; the plan's is ${listed(planned)}`
    note('order', text)
  }
  const taken = takes[0]
  if (taken !== undefined && !planned.includes(planName(taken))) {
    note(
      'not-planned',
      `${codecKey(taken)} is taken, which the plan's list (${listed(planned)}) has not`,
    )
  }
  return findings
}

function adviceFor(
  offer: SessionDescription,
  answer: SessionDescription,
  findings: readonly Finding[],
): readonly string[] {
  const rules = new Set(findings.map(({ rule }) => rule))
  const [offered, answered] = [audioOf(offer), audioOf(answer)]
  return [
    ...(rules.has('sdes-in-clear')
      ? [
          'carry the signalling over TLS (--signalling tls if it is), and change the keys that were sent',
        ]
      : []),
    ...(rules.has('no-common-codec') && offered !== undefined && answered !== undefined
      ? [allowOnEither(voiceOf(offered), voiceOf(answered))]
      : []),
    ...(rules.has('encryption-dropped')
      ? ['allow SRTP on the side that answers; encryption is not dropped to get through']
      : []),
  ]
}
