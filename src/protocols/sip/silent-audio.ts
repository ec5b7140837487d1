import { type AudioCapabilities, g711 } from '../sdp/capabilities.ts'
import type { UserAgent } from './user-agent.ts'

/**
 * Port in our descriptions: `discard`. There is no media behind these calls; what the far side sends goes nowhere.
 */
const noMediaPort = 9

/** What a call without media offers and takes: G.711, in clear, whatever a gateway writes around it. */
export function silentAudio({ parts }: UserAgent): AudioCapabilities {
  const { transport, random } = parts
  return {
    host: transport.local.host,
    port: noMediaPort,
    codecs: g711,
    order: 'theirs',
    srtp: { use: 'off' },
    direction: 'sendrecv',
    session: random.integer(2 ** 31),
    mode: 'flexible',
    signalling: transport.local.transport,
  }
}
