import { explainAnswer } from './explain-negotiation.ts'
import { explainRefusal } from './explain-refusal.ts'
import type { Explanation } from './explanation.ts'
import type { KnownCodec, OfferCaller, OfferedCall, OfferRequest } from './ports.ts'

/** What a gateway makes of one codec. */
export interface CodecTried {
  readonly codec: KnownCodec
  /** `odd` is answered with something that does not answer the offer. */
  readonly outcome: 'taken' | 'refused' | 'odd' | 'silent'
  readonly text: string
}

/**
 * Offers each codec alone, one call after the other, so that what is taken is known codec by codec (B5.1): the list
 * of what is taken, in this order, is the path after a 488.
 */
export async function offerEach(
  request: OfferRequest,
  codecs: readonly KnownCodec[],
  { caller, signal }: { readonly caller: OfferCaller; readonly signal: AbortSignal },
): Promise<readonly CodecTried[]> {
  const tried: CodecTried[] = []
  for (const codec of codecs) {
    const call = await caller.offer(request, codec, signal)
    tried.push({ codec, ...judgeCall(call, { ...request, codec }) })
  }
  return tried
}

function judgeCall(
  call: OfferedCall,
  { target, codec }: OfferRequest & { readonly codec: KnownCodec },
): Omit<CodecTried, 'codec'> {
  const question = { mode: 'flexible', signalling: target.transport, planned: [codec] } as const
  if (call.kind === 'silent') return { outcome: 'silent', text: call.because }
  if (call.kind === 'refused') {
    const { findings } = explainRefusal(call.offer, call, question)
    const status = `${call.status} ${call.reason}`.trim()
    return { outcome: 'refused', text: withReason(status, findings) }
  }
  if (call.answer === undefined) return { outcome: 'odd', text: '200 without an answer' }
  const { fits, summary, findings } = explainAnswer(call.offer, call.answer, question)
  if (!fits) return { outcome: 'odd', text: `200, but ${summary}` }
  return { outcome: 'taken', text: withReason(summary.replace('fits: ', ''), findings) }
}

/** With what is worth knowing, but that keys are not events: none were offered. */
function withReason(text: string, findings: Explanation['findings']): string {
  return [text.replace(' · no telephone-event', ''), ...findings.map((one) => one.text)].join('; ')
}
