/** Where media is sent to and comes from. */
export interface MediaAddress {
  readonly host: string
  readonly port: number
}

/** Carries RTP, and RTCP one port above (RFC 3550 §11): UDP sockets in production, memory in the lab. */
export interface MediaTransport {
  /** Where RTP reaches us: what goes into `c=` and `m=`. */
  readonly local: MediaAddress
  send(packet: Uint8Array, to: MediaAddress): Promise<void>
  /** Calls back for each packet of either port, with when it came, in milliseconds with fractions. */
  onPacket(listener: (packet: Uint8Array, from: MediaAddress, at: number) => void): () => void
  close(): Promise<void>
}

/** Where RTCP of a stream goes, unless its description says otherwise (RFC 3605). */
export const controlOf = ({ host, port }: MediaAddress): MediaAddress => ({ host, port: port + 1 })
