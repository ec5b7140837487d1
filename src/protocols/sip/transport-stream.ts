import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { type Milliseconds, ms } from '../../kernel/units.ts'
import { SipFormatError, SipPortError, SipTransportError } from './errors.ts'
import { createStreamFramer, type StreamFramer } from './stream-framing.ts'
import type { SipTransport } from './transport.ts'

/** Where TCP and TLS differ: how a connection is begun, and what its failure means. */
export interface StreamKind {
  readonly transport: 'tcp' | 'tls'
  /** Begins a connection from our address `host`. */
  dial(to: SipAddress, host: string): Socket
  /** The event after which it carries SIP. */
  readonly ready: 'connect' | 'secureConnect'
  /** Says what a failure of a connection means; `stage` is `open` until it carries SIP. */
  explain(cause: Error, to: SipAddress, stage: 'open' | 'ready'): Error
  /** Nobody answered within the time to connect. */
  stalled(to: SipAddress, after: Milliseconds): Error
}

export interface StreamOptions {
  /** Address of ours that connections leave from. */
  readonly host: string
  /** What goes into Via and Contact where it isn't `host`. */
  readonly advertised?: string
  /** A SYN that nobody answers is repeated by the system for two minutes; no SIP timer waits that long. */
  readonly connectTimeout?: Milliseconds
  /** How long a message may take to arrive whole, and a connection may stand with half of one. */
  readonly messageTimeout?: Milliseconds
}

const defaultConnectTimeout = ms(5000)
/** 64·T1: by then the request it would have been is given up by whoever sent it. */
const defaultMessageTimeout = ms(32_000)
/** The system asks a silent far side whether it is still there; a half-open connection ends by that. */
const keepAliveAfter = ms(30_000)

type MessageListener = Parameters<SipTransport['onMessage']>[0]
type BrokenListener = Parameters<SipTransport['onBroken']>[0]

/** The connections of one transport. */
export interface Streams {
  readonly kind: StreamKind
  readonly host: string
  readonly connectTimeout: Milliseconds
  readonly messageTimeout: Milliseconds
  /** Whether the far side can connect to us: an answer may then come after a connection was closed (§18.2.2). */
  readonly callable: boolean
  readonly listeners: Set<MessageListener>
  readonly broken: Set<BrokenListener>
  /** By far side; answers go back on the connection they came for (§18.2.2). */
  readonly connections: Map<string, Promise<Socket>>
  readonly sockets: Set<Socket>
}

export function createStreams(
  kind: StreamKind,
  options: StreamOptions & { readonly callable: boolean },
): Streams {
  return {
    kind,
    host: options.host,
    callable: options.callable,
    connectTimeout: options.connectTimeout ?? defaultConnectTimeout,
    messageTimeout: options.messageTimeout ?? defaultMessageTimeout,
    listeners: new Set(),
    broken: new Set(),
    connections: new Map(),
    sockets: new Set(),
  }
}

/** The transport over `streams`; with a `server` it takes connections too. */
export function streamTransport(
  streams: Streams,
  local: { readonly host: string; readonly port: number },
  server?: Server,
): SipTransport {
  return {
    local: { ...local, transport: streams.kind.transport },
    reliable: true,
    send: (message, to) => send(streams, message, to),
    onMessage(listener) {
      streams.listeners.add(listener)
      return () => streams.listeners.delete(listener)
    },
    onBroken(listener) {
      streams.broken.add(listener)
      return () => streams.broken.delete(listener)
    },
    close: () => closeStreams(streams, server),
  }
}

/** Takes free port 0 or the one given; a port that somebody has is an error. */
export function listenOn(server: Server, { kind, host }: Streams, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const problem = `${kind.transport.toUpperCase()} ${host}:${port} could not be opened: ${cause.message}`
      reject(new SipPortError(problem, { cause }))
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function keyOf({ host, port, serverName }: SipAddress): string {
  return `${host} ${port} ${serverName ?? ''}`
}

function farSide(socket: Socket, transport: SipAddress['transport']): SipAddress {
  return { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0, transport }
}

/** A connection that somebody else began. */
export function takeConnection(streams: Streams, socket: Socket): void {
  const address = farSide(socket, streams.kind.transport)
  streams.connections.set(keyOf(address), Promise.resolve(socket))
  receive(streams, socket, { address, key: keyOf(address) })
}

/** The far side, and the name under which the connection is kept. */
interface Peer {
  readonly address: SipAddress
  readonly key: string
}

function receive(streams: Streams, socket: Socket, peer: Peer): void {
  const framer = createStreamFramer()
  const whole = createPatience(streams.messageTimeout)
  streams.sockets.add(socket)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, keepAliveAfter)
  let problem: Error | undefined
  socket.on('error', (cause) => {
    problem = streams.kind.explain(cause, peer.address, 'ready')
    socket.destroy()
  })
  socket.on('close', () => {
    whole.end()
    streams.sockets.delete(socket)
    streams.connections.delete(peer.key)
    if (problem === undefined && !streams.callable) {
      const { host, port } = peer.address
      problem = new SipTransportError(`${host}:${port} closed the connection`)
    }
    if (problem === undefined) return
    for (const listener of [...streams.broken]) listener(peer.address, problem)
  })
  socket.on('data', (chunk) => {
    const messages = framed(framer, chunk, socket)
    if (messages.length > 0) whole.end()
    if (framer.holds()) whole.begin(() => socket.destroy())
    for (const message of messages) {
      for (const listener of [...streams.listeners]) listener(message, peer.address)
    }
  })
}

/** One timer that is begun once until it is ended. */
function createPatience(after: Milliseconds) {
  let timer: NodeJS.Timeout | undefined
  return {
    begin(late: () => void) {
      timer ??= setTimeout(late, after)
    },
    end() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}

/** A stream whose messages can't be told apart any more is of no use to either side (§18.3). */
function framed(framer: StreamFramer, chunk: Uint8Array, socket: Socket): readonly Uint8Array[] {
  try {
    return framer.push(chunk)
  } catch (error) {
    if (!(error instanceof SipFormatError)) throw error
    socket.destroy()
    return []
  }
}

/** The connection to `to`, begun where there is none. */
export function connectTo(streams: Streams, to: SipAddress): Promise<Socket> {
  const key = keyOf(to)
  const known = streams.connections.get(key)
  if (known !== undefined) return known
  const connecting = dial(streams, to)
  streams.connections.set(key, connecting)
  connecting.catch(() => forget(streams, key, connecting))
  return connecting
}

function forget(streams: Streams, key: string, connecting: Promise<Socket>): void {
  if (streams.connections.get(key) === connecting) streams.connections.delete(key)
}

function dial(streams: Streams, to: SipAddress): Promise<Socket> {
  const { kind, connectTimeout } = streams
  const socket = kind.dial(to, streams.host)
  streams.sockets.add(socket)
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      clearTimeout(timer)
      streams.sockets.delete(socket)
      socket.destroy()
      reject(error)
    }
    const timer = setTimeout(() => failed(kind.stalled(to, connectTimeout)), connectTimeout)
    const onError = (cause: Error) => failed(kind.explain(cause, to, 'open'))
    const onClose = () => failed(kind.explain(new Error('closed by the far side'), to, 'open'))
    socket.once('error', onError)
    socket.once('close', onClose)
    socket.once(kind.ready, () => {
      clearTimeout(timer)
      socket.removeListener('error', onError)
      socket.removeListener('close', onClose)
      receive(streams, socket, { address: to, key: keyOf(to) })
      resolve(socket)
    })
  })
}

async function send(streams: Streams, message: Uint8Array, to: SipAddress): Promise<void> {
  const connecting = connectTo(streams, to)
  try {
    const socket = await connecting
    if (socket.destroyed)
      throw new SipTransportError(`the connection to ${to.host}:${to.port} is closed`)
    await write(socket, message)
  } catch (error) {
    forget(streams, keyOf(to), connecting)
    throw error
  }
}

function write(socket: Socket, message: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(message, (cause) => {
      if (cause === undefined || cause === null) resolve()
      else reject(new SipTransportError(`the connection broke: ${cause.message}`, { cause }))
    })
  })
}

async function closeStreams({ sockets }: Streams, server: Server | undefined): Promise<void> {
  for (const socket of sockets) socket.end()
  const closed = server?.listening === true ? once(server, 'close') : undefined
  server?.close()
  for (const socket of sockets) socket.destroySoon()
  await closed
}
