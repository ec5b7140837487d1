import type { SipAddress } from '../../kernel/sip-address.ts'
import type { SessionDescription } from '../../protocols/sdp/description.ts'
import type { SipWarning } from '../../protocols/sip/warnings.ts'

/** What a gateway said to an offer. */
export type OfferedCall =
  | {
      readonly kind: 'answered'
      readonly offer: SessionDescription
      /** Absent when the answer has no SDP that can be read. */
      readonly answer?: SessionDescription
    }
  | {
      readonly kind: 'refused'
      readonly offer: SessionDescription
      readonly status: number
      readonly reason: string
      readonly warnings: readonly SipWarning[]
      readonly description?: SessionDescription
    }
  | { readonly kind: 'silent'; readonly because: string }

export interface OfferRequest {
  readonly target: SipAddress
  readonly number: string
  readonly caller: string
}

/** Calls with an offer of our choice. An answered call is hung up at once: there is no media in it. */
export interface OfferCaller {
  offer(request: OfferRequest, codec: KnownCodec, signal: AbortSignal): Promise<OfferedCall>
}

/** Codecs that can be offered, by their names in plans. */
export const knownCodecNames = ['G722', 'PCMU', 'PCMA', 'G729', 'OPUS'] as const
export type KnownCodec = (typeof knownCodecNames)[number]
