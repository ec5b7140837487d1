import { createConnection, createServer } from 'node:net'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { SipTransportError } from './errors.ts'
import type { SipTransport } from './transport.ts'
import {
  connectTo,
  createStreams,
  listenOn,
  type StreamKind,
  type StreamOptions,
  streamTransport,
  takeConnection,
} from './transport-stream.ts'

const tcp: StreamKind = {
  transport: 'tcp',
  ready: 'connect',
  dial: (to, localAddress) => createConnection({ host: to.host, port: to.port, localAddress }),
  explain(cause, to, stage) {
    const what = stage === 'open' ? 'no connection to' : 'the connection broke to'
    return new SipTransportError(`${what} ${to.host}:${to.port}: ${cause.message}`, { cause })
  },
  stalled: (to, after) =>
    new SipTransportError(`no connection to ${to.host}:${to.port}: no answer within ${after} ms`),
}

/**
 * SIP over TCP: listens on a local address (port 0 takes a free one) and keeps one connection per far side.
 *
 * With `connectTo` the first stands before this resolves: its time is none of the first request's.
 *
 * @throws {SipPortError} {SipTransportError} when there is no connection
 */
export async function openTcpTransport(
  options: StreamOptions & { readonly port?: number; readonly connectTo?: SipAddress },
): Promise<SipTransport> {
  const streams = createStreams(tcp, { ...options, callable: true })
  const server = createServer((socket) => takeConnection(streams, socket))
  const port = await listenOn(server, streams, options.port ?? 0)
  const local = { host: options.advertised ?? options.host, port }
  const transport = streamTransport(streams, local, server)
  if (options.connectTo === undefined) return transport
  try {
    await connectTo(streams, options.connectTo)
    return transport
  } catch (error) {
    await transport.close()
    throw error
  }
}
