/** Where SIP is spoken to: a host, a port and how. */
export interface SipAddress {
  readonly host: string
  readonly port: number
  readonly transport: 'udp' | 'tcp' | 'tls'
  /** The name that a TLS certificate must hold (RFC 5922 §4) where it isn't `host`: the domain that was looked up. */
  readonly serverName?: string
}

/** `sip:host:port;transport=udp`, the form that plans and journals use. */
export function formatSipAddress({ host, port, transport }: SipAddress): string {
  return `sip:${host}:${port};transport=${transport}`
}
