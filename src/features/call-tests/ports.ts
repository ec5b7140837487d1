import type { SipAddress } from '../../kernel/sip-address.ts'
import type { Milliseconds } from '../../kernel/units.ts'
import type { MediaFindings } from '../../protocols/rtp/media-session.ts'

/** What an OPTIONS request to a gateway found (W1.4). */
export type OptionsAnswer =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly reason: string
      readonly roundTrip: Milliseconds
      /** Its Server or User-Agent header; empty where it says nothing. */
      readonly server: string
      /** Our address as the far side saw it, where it says so: behind a NAT not the one we have (H1.2). */
      readonly seenAs?: { readonly host: string; readonly port: number }
    }
  /** `code` of our error where a connection did not come about. */
  | { readonly kind: 'silent'; readonly because: string; readonly code?: string }

/** What a test call found. It is hung up by us once answered. */
export type TestCallAnswer =
  | {
      readonly kind: 'answered'
      readonly callId: string
      /** INVITE → first 18x or answer. */
      readonly firstResponse: Milliseconds
      /** INVITE → 200. */
      readonly answer: Milliseconds
      /** Host of the Contact that answered, and its Server or User-Agent header: what says which side it was. */
      readonly contactHost: string
      readonly server: string
      readonly codec: string
      /** Where media was asked for: what was sent and heard. Absent when the answer has no audio of ours. */
      readonly media?: MediaFindings
    }
  | {
      readonly kind: 'refused'
      readonly callId: string
      readonly status: number
      readonly reason: string
    }
  /** Without a Call-ID where no connection came about, for which `code` stands. */
  | {
      readonly kind: 'silent'
      readonly callId?: string
      readonly because: string
      readonly code?: string
    }

/** Speaks SIP for probes and test calls. */
export interface SipProbe {
  options(target: SipAddress, signal: AbortSignal): Promise<OptionsAnswer>
  /** Calls `number` (E.164) at the gateway, from `caller`; proves who answers, hangs up. */
  call(
    request: {
      readonly target: SipAddress
      readonly number: string
      readonly caller: string
      readonly nonce: string
      /** More headers of the INVITE, `name: value`. */
      readonly headers?: readonly { readonly name: string; readonly value: string }[]
      /** Talks that long before hanging up, and presses keys meanwhile. Without it there is no media. */
      readonly talk?: { readonly duration: Milliseconds; readonly digits?: string }
      /** How long it may take to be answered. Wire time; without it as long as a phone may ring. */
      readonly patience?: Milliseconds
    },
    signal: AbortSignal,
  ): Promise<TestCallAnswer>
}
