import { createUndiciTransport } from '../adapters/http-client/index.ts'
import type { SipAddress } from '../kernel/sip-address.ts'
import type { DnsTransport } from '../protocols/dns/transport.ts'
import { createSocketDnsTransport } from '../protocols/dns/transport-socket.ts'
import type { HttpTransport } from '../protocols/http/transport.ts'
import type { SipTransport } from '../protocols/sip/transport.ts'
import { openTcpTransport } from '../protocols/sip/transport-tcp.ts'
import { localHostTowards, openUdpTransport } from '../protocols/sip/transport-udp.ts'

/** How we reach the world: sockets in production; the lab's in-process front gives its own. */
export interface Transports {
  readonly http: HttpTransport
  readonly dns: DnsTransport
  readonly openSip: (transport: 'udp' | 'tcp', target: SipAddress) => Promise<SipTransport>
}

export function socketTransports(): Transports {
  return {
    http: createUndiciTransport(),
    dns: createSocketDnsTransport(),
    async openSip(transport, target) {
      const host = await localHostTowards(target)
      return transport === 'udp' ? openUdpTransport({ host }) : openTcpTransport({ host })
    },
  }
}
