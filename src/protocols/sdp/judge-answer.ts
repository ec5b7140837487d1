import { attributeValue, type SdpMedia, type SessionDescription } from './description.ts'
import { allowedAnswers, type Direction, directionOf } from './direction.ts'
import { judgeDescription } from './judge-description.ts'
import { type CodecPair, judgeFormats } from './judge-formats.ts'
import { judgeSecurity } from './judge-security.ts'
import {
  createFindings,
  type Finding,
  type FindingList,
  isRefusing,
  type NegotiationRules,
} from './judgement.ts'
import { securityOf } from './security.ts'

/** What became of one offered stream. */
export interface JudgedStream {
  readonly media: string
  /** `refused` by the answer; `ended` by the offer itself; `missing` in the answer. */
  readonly state: 'accepted' | 'refused' | 'ended' | 'missing'
  /** In the answer's order. */
  readonly codecs: readonly CodecPair[]
  readonly offered: Direction
  readonly answered: Direction
}

export interface Judgement {
  /** A call can stand on it: nothing in it refuses, and a stream is accepted. */
  readonly fits: boolean
  readonly findings: readonly Finding[]
  /** By position, as many as the offer has. */
  readonly streams: readonly JudgedStream[]
}

/** Judges an answer by its offer (RFC 3264 §6). */
export function judgeAnswer(
  offer: SessionDescription,
  answer: SessionDescription,
  { mode, signalling }: NegotiationRules,
): Judgement {
  const findings: Finding[] = [
    ...judgeDescription(offer, 'offer', signalling),
    ...judgeDescription(answer, 'answer', signalling),
  ]
  const whole = createFindings(undefined)
  judgeCount(offer, answer, whole)
  const streams = offer.media.map((media, index) => {
    const own = createFindings(index)
    const judged = judgeStream(offer, answer, { media, index }, own)
    findings.push(...own.all)
    return judged
  })
  if (!streams.some(({ state }) => state === 'accepted')) sayNothingAccepted(streams, whole)
  findings.push(...whole.all)
  const refused = findings.some((finding) => isRefusing(finding, mode))
  return { fits: !refused, findings, streams }
}

function sayNothingAccepted(streams: readonly JudgedStream[], { add }: FindingList): void {
  const ended = streams.some(({ state }) => state === 'ended')
  const text = ended ? 'no stream is left' : 'no stream is accepted: every one has port 0'
  add({ weight: 'broken', rule: 'nothing-accepted', text, source: 'RFC 3264 §6' })
}

function judgeCount(
  offer: SessionDescription,
  answer: SessionDescription,
  { add }: FindingList,
): void {
  const [offered, answered] = [offer.media.length, answer.media.length]
  if (offered === answered) return
  const text = `the offer has ${offered} m= lines, the answer ${answered}; each must be answered in its place`
  // A gateway that leaves out a video stream at the end is understood by most; streams out of nowhere are not.
  const cut = offer.media.slice(answered)
  const harmless = answered > 0 && answered < offered && cut.every(({ media }) => media !== 'audio')
  const weight = harmless ? 'deviation' : 'broken'
  add({ weight, rule: 'stream-count', text, source: 'RFC 3264 §6' })
}

interface Position {
  readonly media: SdpMedia
  readonly index: number
}

function judgeStream(
  offer: SessionDescription,
  answer: SessionDescription,
  { media, index }: Position,
  findings: FindingList,
): JudgedStream {
  const offered = directionOf(offer, media)
  const other = answer.media[index]
  const none = { media: media.media, codecs: [], offered }
  if (other === undefined) return { ...none, state: 'missing', answered: 'inactive' }
  const answered = directionOf(answer, other)
  if (other.media.toLowerCase() !== media.media.toLowerCase()) {
    const text = `stream ${index + 1} is ${media.media} in the offer and ${other.media} in the answer`
    findings.add({ weight: 'broken', rule: 'stream-order', text, source: 'RFC 3264 §6' })
    return { ...none, state: 'missing', answered }
  }
  if (media.port === 0) {
    if (other.port !== 0) sayRevived(index, findings)
    return { ...none, state: 'ended', answered }
  }
  if (other.port === 0) return { ...none, state: 'refused', answered }
  judgeDirection({ offered, answered }, findings)
  judgeMultiplexing(media, other, findings)
  judgeSecurity(
    { offered: securityOf(offer, media), answered: securityOf(answer, other) },
    { offered: media.protocol, answered: other.protocol },
    findings,
  )
  const codecs = judgeFormats(media, other, findings)
  return { media: media.media, state: 'accepted', codecs, offered, answered }
}

function sayRevived(index: number, { add }: FindingList): void {
  const text = `stream ${index + 1} was ended by the offer (port 0) and has a port in the answer`
  add({ weight: 'deviation', rule: 'stream-revived', text, source: 'RFC 3264 §8.2' })
}

function judgeDirection(
  { offered, answered }: Pick<JudgedStream, 'offered' | 'answered'>,
  { add }: FindingList,
): void {
  const allowed: readonly Direction[] = allowedAnswers[offered]
  if (allowed.includes(answered)) return
  const text = `${offered} is answered with ${answered}; allowed is ${allowed.join(' or ')}`
  add({ weight: 'deviation', rule: 'direction', text, source: 'RFC 3264 §6.1' })
}

function judgeMultiplexing(offered: SdpMedia, answered: SdpMedia, { add }: FindingList): void {
  const has = (media: SdpMedia) => attributeValue(media, 'rtcp-mux') !== undefined
  if (!has(answered) || has(offered)) return
  const text = 'the answer puts RTCP on the port of RTP (rtcp-mux), which was not offered'
  add({ weight: 'deviation', rule: 'rtcp-mux', text, source: 'RFC 5761 §5.1.1' })
}
