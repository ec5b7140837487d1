import { openAgent } from '../adapters/sip/index.ts'
import { createOfferCaller } from '../adapters/sip/offer-caller.ts'
import {
  type CodecTried,
  type KnownCodec,
  type OfferRequest,
  offerEach,
} from '../features/codecs/index.ts'
import { createRandom } from '../kernel/random.ts'
import type { Milliseconds } from '../kernel/units.ts'
import { systemWireClock as wireClock } from './system-clock.ts'
import { socketTransports } from './transports.ts'

/** Offers each codec alone to a gateway, over sockets: no plan and no database is needed. */
export async function offerCodecs(
  request: OfferRequest,
  codecs: readonly KnownCodec[],
  { timeout, signal }: { readonly timeout: Milliseconds; readonly signal: AbortSignal },
): Promise<readonly CodecTried[]> {
  const random = createRandom((wireClock.now() ^ (process.pid * 2_654_435_761)) >>> 0)
  const openTransport = socketTransports().openSip
  const agent = await openAgent({ openTransport, wireClock, random }, request.target, signal)
  const caller = createOfferCaller({ agent, wireClock, timeout })
  try {
    return await offerEach(request, codecs, { caller, signal })
  } finally {
    await caller.close()
  }
}
