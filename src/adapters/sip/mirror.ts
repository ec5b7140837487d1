import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { formatHep } from '../../protocols/hep/hep3.ts'
import type { SipTransport } from '../../protocols/sip/transport.ts'

export interface MirrorOptions {
  readonly host: string
  readonly port: number
}

/** Our number among the agents of a capture server. */
const agent = 2001

/**
 * Shows every SIP message of a transport, both ways, to a capture server such as Homer (HEP3 over UDP).
 *
 * What it can't take is not shown, and whether it is there at all is nothing that a call notices.
 */
export function createMirror({
  host,
  port,
}: MirrorOptions): (transport: SipTransport) => SipTransport {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  socket.on('error', () => undefined)
  socket.unref()
  const show = (payload: Uint8Array, from: SipAddress, to: SipAddress) => {
    const at = performance.timeOrigin + performance.now()
    const packet = formatHep({ payload, from, to, at, agent })
    if (packet !== undefined) socket.send(packet, port, host)
  }
  return (transport) => ({
    ...transport,
    send(message, to) {
      show(message, transport.local, to)
      return transport.send(message, to)
    },
    onMessage: (listener) =>
      transport.onMessage((message, from) => {
        show(message, from, transport.local)
        listener(message, from)
      }),
  })
}
