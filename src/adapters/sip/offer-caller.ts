import type { OfferCaller, OfferedCall } from '../../features/codecs/index.ts'
import type { WireClock } from '../../kernel/clock.ts'
import { type Milliseconds, ms } from '../../kernel/units.ts'
import { knownCodecs, offerOf } from '../../protocols/sdp/capabilities.ts'
import type { SessionDescription } from '../../protocols/sdp/description.ts'
import { descriptionIn } from '../../protocols/sdp/first-codec.ts'
import { type PlacedCall, placeCall } from '../../protocols/sip/outgoing-call.ts'
import { silentAudio } from '../../protocols/sip/silent-audio.ts'
import type { UserAgent } from '../../protocols/sip/user-agent.ts'
import { warningsOf } from '../../protocols/sip/warnings.ts'
import { closeLater } from './agent.ts'

export interface OfferCallerParts {
  /** For all calls of the series; it is closed by us. */
  readonly agent: UserAgent
  readonly wireClock: WireClock
  /** How long a call waits to be answered. */
  readonly timeout: Milliseconds
}

/** What is still repeated or cancelled gets this long before the socket goes (RFC 3261 §17.1.1.2 would take 32 s). */
const lastWords = ms(2000)

/** Offers one codec in a test call, tells what was answered, hangs up (B5.1). */
export function createOfferCaller(
  parts: OfferCallerParts,
): OfferCaller & { close(): Promise<void> } {
  const { agent, wireClock, timeout } = parts
  /** A call that was given up may still be answered, and is then hung up: the socket must not go before. */
  let isGivenUp = false
  return {
    async offer(request, codec, signal) {
      const offer = offerOf({ ...silentAudio(agent), codecs: [knownCodecs[codec]] })
      const before = isGivenUp
      isGivenUp = true
      const placed = await placeCall(agent, { ...request, offer, timeout }, signal)
      isGivenUp = before || placed.kind === 'silent'
      if (placed.kind === 'answered') await placed.hangUp()
      return outcomeOf(placed, offer)
    },
    async close() {
      if (isGivenUp) {
        closeLater(agent)
        return
      }
      const over = new AbortController()
      const late = wireClock.sleep(lastWords, over.signal).catch(() => undefined)
      await Promise.race([agent.layer.whenIdle(), late])
      over.abort()
      await agent.close()
    },
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
