import { createUndiciTransport } from '../adapters/http-client/index.ts'
import type { SipAddress } from '../kernel/sip-address.ts'
import type { DnsTransport } from '../protocols/dns/transport.ts'
import { createSocketDnsTransport } from '../protocols/dns/transport-socket.ts'
import type { HttpTransport } from '../protocols/http/transport.ts'
import type { SipTransport } from '../protocols/sip/transport.ts'
import { openTcpTransport } from '../protocols/sip/transport-tcp.ts'
import { connectTlsTransport, type TlsIdentity } from '../protocols/sip/transport-tls.ts'
import { localHostTowards, openUdpTransport } from '../protocols/sip/transport-udp.ts'

/** How we reach the world: sockets in production; the lab's in-process front gives its own. */
export interface Transports {
  readonly http: HttpTransport
  readonly dns: DnsTransport
  /** What can speak to `target` by its transport. Rejects when a connection of TLS does not come about. */
  readonly openSip: (target: SipAddress) => Promise<SipTransport>
}

/** Sockets; `tls` is whom SIP over TLS trusts and what it shows. */
export function socketTransports(tls: TlsIdentity = {}): Transports {
  return {
    http: createUndiciTransport(),
    dns: createSocketDnsTransport(),
    openSip: (target) => openSip(target, tls),
  }
}

async function openSip(target: SipAddress, tls: TlsIdentity): Promise<SipTransport> {
  const host = await localHostTowards(target)
  if (target.transport === 'udp') return openUdpTransport({ host })
  if (target.transport === 'tcp') return openTcpTransport({ host, connectTo: target })
  return connectTlsTransport(target, { host, ...tls })
}
