import type { Milliseconds } from '../../kernel/units.ts'

export interface DnsServer {
  readonly host: string
  readonly port: number
}

/** Carries one DNS message there and its answer back: UDP or TCP in production, memory in the lab. */
export interface DnsTransport {
  /** Rejects when nothing comes back within `timeout` (wire time), or the server can't be reached. */
  exchange(
    server: DnsServer,
    message: Uint8Array,
    options: {
      readonly protocol: 'udp' | 'tcp'
      readonly timeout: Milliseconds
      readonly signal: AbortSignal
    },
  ): Promise<Uint8Array>
}

/** Answers one DNS message; undefined is silence. What a simulated server is, whichever front it stands behind. */
export type DnsHandler = (
  message: Uint8Array,
  protocol: 'udp' | 'tcp',
) => Promise<Uint8Array | undefined>
