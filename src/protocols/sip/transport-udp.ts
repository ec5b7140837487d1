import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { SipPortError, SipTransportError } from './errors.ts'
import type { SipTransport } from './transport.ts'

type Listener = Parameters<SipTransport['onMessage']>[0]

/**
 * SIP over UDP on a local address; port 0 takes a free one.
 *
 * `advertised` is what goes into Via and Contact where the address that is bound says nothing (0.0.0.0, a NAT).
 */
export async function openUdpTransport(options: {
  readonly host: string
  readonly port?: number
  readonly advertised?: string
}): Promise<SipTransport> {
  const socket = createSocket(isIPv6(options.host) ? 'udp6' : 'udp4')
  await bind(socket, options)
  const listeners = new Set<Listener>()
  // A failed send reports to its own promise; without a listener Node would end the process.
  socket.on('error', () => undefined)
  socket.on('message', (bytes, { address, port }) => {
    for (const listener of [...listeners])
      listener(bytes, { host: address, port, transport: 'udp' })
  })
  let closing: Promise<void> | undefined
  return {
    local: {
      host: options.advertised ?? options.host,
      port: socket.address().port,
      transport: 'udp',
    },
    reliable: false,
    send: (message, to) => sendDatagram(socket, message, to),
    onMessage(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    // Without connections nothing can break: what was sent is answered or not.
    onBroken: () => () => undefined,
    close() {
      closing ??= new Promise((resolve) => socket.close(() => resolve()))
      return closing
    },
  }
}

function bind(
  socket: Socket,
  { host, port = 0 }: { readonly host: string; readonly port?: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => {
      const problem = `UDP ${host}:${port} could not be opened: ${cause.message}`
      reject(new SipPortError(problem, { cause }))
    })
    socket.bind(port, host, () => {
      socket.removeAllListeners('error')
      resolve()
    })
  })
}

function sendDatagram(socket: Socket, message: Uint8Array, to: SipAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error) =>
      reject(
        new SipTransportError(`nothing could be sent to ${to.host}:${to.port}: ${cause.message}`, {
          cause,
        }),
      )
    try {
      socket.send(message, to.port, to.host, (error) =>
        error === null ? resolve() : failed(error),
      )
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error), { cause: error }))
    }
  })
}

/** The address of ours that packets to `target` leave from; nothing is sent to find out. */
export function localHostTowards(target: SipAddress): Promise<string> {
  const socket = createSocket(isIPv6(target.host) ? 'udp6' : 'udp4')
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => {
      socket.close()
      reject(new SipTransportError(`no way to ${target.host}: ${cause.message}`, { cause }))
    })
    socket.connect(target.port, target.host, () => {
      const { address } = socket.address()
      socket.close()
      resolve(address)
    })
  })
}
