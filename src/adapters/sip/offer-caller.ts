import type { OfferCaller, OfferedCall } from '../../features/codecs/index.ts'
import type { Milliseconds } from '../../kernel/units.ts'
import { knownCodecs, offerOf } from '../../protocols/sdp/capabilities.ts'
import type { SessionDescription } from '../../protocols/sdp/description.ts'
import { descriptionIn } from '../../protocols/sdp/first-codec.ts'
import { type PlacedCall, placeCall } from '../../protocols/sip/outgoing-call.ts'
import { silentAudio } from '../../protocols/sip/silent-audio.ts'
import type { UserAgent } from '../../protocols/sip/user-agent.ts'
import { warningsOf } from '../../protocols/sip/warnings.ts'
import { closeAfter, type Rest } from './agent.ts'

export interface OfferCallerParts {
  /** For all calls of the series; it is closed by us. */
  readonly agent: UserAgent
  /** How long a call waits to be answered. */
  readonly timeout: Milliseconds
}

/** Offers one codec in a test call, tells what was answered, hangs up (B5.1). */
export function createOfferCaller({
  agent,
  timeout,
}: OfferCallerParts): OfferCaller & { close(): void } {
  let rest: Rest = 'nothing'
  return {
    async offer(request, codec, signal) {
      const offer = offerOf({ ...silentAudio(agent), codecs: [knownCodecs[codec]] })
      const before = rest
      rest = 'call'
      const placed = await placeCall(agent, { ...request, offer, timeout }, signal)
      if (placed.kind !== 'silent') rest = before === 'call' ? 'call' : 'repetitions'
      if (placed.kind === 'answered') await placed.hangUp()
      return outcomeOf(placed, offer)
    },
    close: () => closeAfter(agent, rest),
  }
}

function outcomeOf(placed: PlacedCall, offer: SessionDescription): OfferedCall {
  if (placed.kind === 'silent') return { kind: 'silent', because: placed.because }
  const { kind, response } = placed
  const description = descriptionIn(response.body)
  if (kind === 'answered') {
    return { kind, offer, ...(description === undefined ? {} : { answer: description }) }
  }
  const { status, reason } = response
  const takes = description === undefined ? {} : { description }
  return { kind, offer, status, reason, warnings: warningsOf(response), ...takes }
}
