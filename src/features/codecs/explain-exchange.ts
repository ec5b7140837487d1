import {
  type Finding,
  isRefusing,
  type NegotiationMode,
  type Signalling,
  signallings,
} from '../../protocols/sdp/judgement.ts'
import { compareExchanges, type Exchange } from './compare-exchanges.ts'
import { explainAnswer } from './explain-negotiation.ts'
import { explainRefusal } from './explain-refusal.ts'
import type { Explanation } from './explanation.ts'
import type { NegotiationSide, SideProblem } from './read-side.ts'

/** How two files are to be judged; what carried the messages may be left to the messages themselves. */
export interface ExchangeQuestion {
  readonly mode: NegotiationMode
  readonly signalling?: Signalling
  /** The plan's list of codecs, most wanted first. */
  readonly planned: readonly string[]
}

type ExplainedExchange =
  | { readonly kind: 'explained'; readonly explanation: Explanation }
  | { readonly kind: 'unusable'; readonly problem: SideProblem }

/** What carried the messages: as asked, as the least safe Via has it, else UDP, over which no key is safe. */
export function signallingOf(
  sides: readonly NegotiationSide[],
  asked: Signalling | undefined,
): Signalling {
  const used = sides.map(({ signalling }) => signalling)
  return asked ?? signallings.find((one) => used.includes(one)) ?? 'udp'
}

/** Judges the answer of one file by the offer of another, or explains why there is none. */
function explainExchange(
  offer: NegotiationSide,
  answer: NegotiationSide,
  question: ExchangeQuestion,
): ExplainedExchange {
  const rules = { ...question, signalling: signallingOf([offer, answer], question.signalling) }
  const { description, message } = answer
  if (offer.description === undefined) return { kind: 'unusable', problem: noOffer(offer) }
  if (message?.kind === 'response' && message.status >= 300) {
    const refusal = { ...message, ...(description === undefined ? {} : { description }) }
    return { kind: 'explained', explanation: explainRefusal(offer.description, refusal, rules) }
  }
  if (description === undefined) return { kind: 'unusable', problem: noAnswer(answer) }
  const explanation = explainAnswer(offer.description, description, rules)
  const findings = [...aroundAnswer(offer, answer), ...explanation.findings]
  return { kind: 'explained', explanation: { ...explanation, findings } }
}

function noOffer({ file, message }: NegotiationSide): SideProblem {
  const isInvite = message?.kind === 'request' && message.method === 'INVITE'
  return {
    ...atTop(file),
    message: isInvite ? 'this INVITE has no offer' : 'no SDP in this message; an offer expected',
    advice: isInvite
      ? 'the offer is then in its 200 and the answer in its ACK (RFC 3261 §13.2.1): give those two'
      : 'give the message that carries the offer',
  }
}

function noAnswer({ file }: NegotiationSide): SideProblem {
  return {
    ...atTop(file),
    message: 'no SDP in this message; an answer, or a final response of 300 or more, expected',
    advice:
      'the answer is in the 200, or in the first reliable 18x; to an offer in the 200 it is in the ACK',
  }
}

const atTop = (file: string) =>
  ({ file, line: 1, column: 1, severity: 'error', code: 'sdp.missing' }) as const

/** What the messages say beside their descriptions. */
function aroundAnswer(offer: NegotiationSide, answer: NegotiationSide): readonly Finding[] {
  const note = { weight: 'note', source: 'RFC 3261 §13.2.1' } as const
  if (offer.message?.kind === 'response') {
    const text = 'the INVITE had no offer: the far side named its codecs first, in its answer'
    return [{ ...note, rule: 'offer-in-response', text }]
  }
  const { message } = answer
  if (message?.kind !== 'response' || message.status >= 200) return []
  const text = `the answer came early, in ${message.status}: media may flow before the call is answered`
  return [{ ...note, rule: 'early-answer', text }]
}

/** One exchange of a call, explained. */
export interface ExchangeInCall {
  readonly offer: NegotiationSide
  readonly answer: NegotiationSide
  readonly explanation: Explanation
}

export type ExplainedCall =
  | { readonly kind: 'explained'; readonly exchanges: readonly ExchangeInCall[] }
  | { readonly kind: 'unusable'; readonly problem: SideProblem }

/** The exchanges of one call in their order; the later ones say what they change as well (H1.2). */
export function explainCall(
  pairs: readonly (readonly [NegotiationSide, NegotiationSide])[],
  question: ExchangeQuestion,
): ExplainedCall {
  const exchanges: ExchangeInCall[] = []
  for (const [offer, answer] of pairs) {
    const explained = explainExchange(offer, answer, question)
    if (explained.kind === 'unusable') return explained
    const before = exchanges.at(-1)
    const explanation = afterFirst(before, { offer, answer, ...explained }, question.mode)
    exchanges.push({ offer, answer, explanation })
  }
  return { kind: 'explained', exchanges }
}

function afterFirst(
  before: ExchangeInCall | undefined,
  now: ExchangeInCall,
  mode: NegotiationMode,
): Explanation {
  const first = before === undefined ? undefined : exchangeOf(before)
  const second = exchangeOf(now)
  const { explanation } = now
  if (first === undefined || second === undefined) return explanation
  const changes = compareExchanges(first, second)
  const refusing = changes.find((change) => isRefusing(change, mode))
  const findings = [...changes, ...explanation.findings]
  if (refusing === undefined || !explanation.fits) return { ...explanation, findings }
  return { ...explanation, findings, fits: false, summary: `no: ${refusing.text}` }
}

/** Undefined where the offer was refused: nothing was then agreed, and what was before goes on (RFC 3264 §8). */
function exchangeOf({ offer, answer }: ExchangeInCall): Exchange | undefined {
  const refused = answer.message?.kind === 'response' && answer.message.status >= 300
  if (refused || offer.description === undefined || answer.description === undefined)
    return undefined
  return { offer: offer.description, answer: answer.description }
}
