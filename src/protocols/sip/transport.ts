import type { SipAddress } from '../../kernel/sip-address.ts'

/** Carries whole SIP messages: UDP, TCP or TLS sockets in production, memory in the lab. Stream framing is the transport's work. */
export interface SipTransport {
  /** Where answers reach us; what goes into Via and Contact. */
  readonly local: SipAddress
  /** Reliable transports don't retransmit (RFC 3261 §17.1.1.2). */
  readonly reliable: boolean
  /** Rejects on a transport error (RFC 3261 §18.4). */
  send(message: Uint8Array, to: SipAddress): Promise<void>
  /** Calls back for each message; returns what ends it. */
  onMessage(listener: (message: Uint8Array, from: SipAddress) => void): () => void
  /** Calls back when what led to a far side broke after it had been open: what waits there gets no answer. */
  onBroken(listener: (peer: SipAddress, error: unknown) => void): () => void
  close(): Promise<void>
}
