import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { Milliseconds } from '../../kernel/units.ts'
import { isAnswerTo } from './client.ts'
import { DnsExchangeError } from './errors.ts'
import { type DnsMessage, decodeMessage } from './message.ts'
import type { DnsServer, DnsTransport } from './transport.ts'

/**
 * DNS over the system's sockets, one socket per exchange.
 *
 * UDP: the source port is drawn by the system, the socket is connected, so only the server's own address
 * is heard, and what doesn't answer the question is passed over (RFC 5452 §9): an off-path forger has to
 * guess port and id. A cut answer is returned as it is: `askServer` goes on over TCP.
 */
export function createSocketDnsTransport(): DnsTransport {
  return {
    exchange: (server, message, options) => {
      const exchange = options.protocol === 'udp' ? exchangeUdp : exchangeTcp
      return settle(server, options, (resolve, reject) =>
        exchange(server, message, resolve, reject),
      )
    },
  }
}

type Resolve = (answer: Uint8Array) => void
type Reject = (reason: unknown) => void

/** Runs one exchange until it has an answer, fails, takes too long or is called off; then closes its socket. */
function settle(
  server: DnsServer,
  options: { readonly timeout: Milliseconds; readonly signal: AbortSignal },
  start: (resolve: Resolve, reject: Reject) => () => void,
): Promise<Uint8Array> {
  const { timeout, signal } = options
  if (signal.aborted) return Promise.reject(signal.reason)
  const where = `${server.host}:${server.port}`
  return new Promise<Uint8Array>((resolve, reject) => {
    const finish = (act: () => void) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      close()
      act()
    }
    const abort = () => finish(() => reject(signal.reason))
    const expire = () =>
      finish(() => reject(new DnsExchangeError(`${where} did not answer within ${timeout} ms`)))
    const timer = setTimeout(expire, timeout)
    signal.addEventListener('abort', abort, { once: true })
    const close = start(
      (answer) => finish(() => resolve(answer)),
      (cause) => finish(() => reject(new DnsExchangeError(`${where} can't be reached`, { cause }))),
    )
  })
}

function exchangeUdp(
  server: DnsServer,
  message: Uint8Array,
  resolve: Resolve,
  reject: Reject,
): () => void {
  const socket = createSocket(server.host.includes(':') ? 'udp6' : 'udp4')
  const query = decodeMessage(message)
  let open = true
  socket.on('error', (error) => open && reject(error))
  socket.on('message', (datagram: Uint8Array) => {
    if (open && isAnswer(query, datagram)) resolve(new Uint8Array(datagram))
  })
  socket.connect(server.port, server.host, () => {
    if (open) socket.send(message)
  })
  return () => {
    open = false
    socket.close()
  }
}

function isAnswer(query: DnsMessage, datagram: Uint8Array): boolean {
  try {
    return isAnswerTo(query, decodeMessage(datagram))
  } catch {
    // a forger's noise must not end the wait for the real answer
    return false
  }
}

/** RFC 1035 §4.2.2: each message follows its length in two bytes. */
function exchangeTcp(
  server: DnsServer,
  message: Uint8Array,
  resolve: Resolve,
  reject: Reject,
): () => void {
  let open = true
  let received = Buffer.alloc(0)
  const socket = connect(server.port, server.host, () => {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(message.length)
    socket.write(Buffer.concat([length, message]))
  })
  socket.on('error', (error) => open && reject(error))
  socket.on('close', () => open && reject(new DnsExchangeError('the connection was closed')))
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    if (!open || received.length < 2) return
    const end = 2 + received.readUInt16BE(0)
    if (received.length >= end) resolve(new Uint8Array(received.subarray(2, end)))
  })
  return () => {
    open = false
    socket.destroy()
  }
}
