import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { type Milliseconds, ms } from '../../kernel/units.ts'
import { SipFormatError, SipTransportError } from './errors.ts'
import { createStreamFramer } from './stream-framing.ts'
import type { SipTransport } from './transport.ts'

type Listener = Parameters<SipTransport['onMessage']>[0]

/** A SYN that nobody answers is repeated by the system for two minutes; no SIP timer waits that long. */
const defaultConnectTimeout = ms(5000)

interface TcpState {
  readonly host: string
  readonly connectTimeout: Milliseconds
  readonly listeners: Set<Listener>
  /** By the far side's host and port; answers go back on the connection they came for (§18.2.2). */
  readonly connections: Map<string, Promise<Socket>>
  readonly sockets: Set<Socket>
}

/** SIP over TCP: listens on a local address (port 0 takes a free one) and keeps one connection per far side. */
export async function openTcpTransport(options: {
  readonly host: string
  readonly port?: number
  readonly advertised?: string
  readonly connectTimeout?: Milliseconds
}): Promise<SipTransport> {
  const state: TcpState = {
    host: options.host,
    connectTimeout: options.connectTimeout ?? defaultConnectTimeout,
    listeners: new Set(),
    connections: new Map(),
    sockets: new Set(),
  }
  const server = createServer((socket) => {
    state.connections.set(farSide(socket).key, Promise.resolve(socket))
    receive(state, socket)
  })
  const port = await listen(server, options.host, options.port ?? 0)
  return {
    local: { host: options.advertised ?? options.host, port, transport: 'tcp' },
    reliable: true,
    send: (message, to) => send(state, message, to),
    onMessage(listener) {
      state.listeners.add(listener)
      return () => state.listeners.delete(listener)
    },
    close: () => close(server, state),
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const problem = `TCP ${host}:${port} could not be opened: ${cause.message}`
      reject(new SipTransportError(problem, { cause }))
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function farSide(socket: Socket): { readonly key: string; readonly address: SipAddress } {
  const host = socket.remoteAddress ?? ''
  const port = socket.remotePort ?? 0
  return { key: `${host} ${port}`, address: { host, port, transport: 'tcp' } }
}

function receive(state: TcpState, socket: Socket): void {
  const { key, address } = farSide(socket)
  const framer = createStreamFramer()
  state.sockets.add(socket)
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    state.sockets.delete(socket)
    state.connections.delete(key)
  })
  socket.on('data', (chunk) => {
    for (const message of framed(framer.push, chunk, socket)) {
      for (const listener of [...state.listeners]) listener(message, address)
    }
  })
}

/** A stream whose messages can't be told apart any more is of no use to either side (§18.3). */
function framed(
  push: (chunk: Uint8Array) => readonly Uint8Array[],
  chunk: Uint8Array,
  socket: Socket,
): readonly Uint8Array[] {
  try {
    return push(chunk)
  } catch (error) {
    if (!(error instanceof SipFormatError)) throw error
    socket.destroy()
    return []
  }
}

function connect(state: TcpState, to: SipAddress): Promise<Socket> {
  const socket = createConnection({ host: to.host, port: to.port, localAddress: state.host })
  state.sockets.add(socket)
  return new Promise((resolve, reject) => {
    const failed = (cause: Error) => {
      state.sockets.delete(socket)
      socket.destroy()
      const problem = `no connection to ${to.host}:${to.port}: ${cause.message}`
      reject(new SipTransportError(problem, { cause }))
    }
    socket.setTimeout(state.connectTimeout, () => failed(new SipTransportError('no answer')))
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.removeListener('error', failed)
      receive(state, socket)
      resolve(socket)
    })
  })
}

async function send(state: TcpState, message: Uint8Array, to: SipAddress): Promise<void> {
  const key = `${to.host} ${to.port}`
  const known = state.connections.get(key)
  const connecting = known ?? connect(state, to)
  if (known === undefined) state.connections.set(key, connecting)
  try {
    const socket = await connecting
    if (socket.destroyed)
      throw new SipTransportError(`the connection to ${to.host}:${to.port} is closed`)
    await write(socket, message)
  } catch (error) {
    if (state.connections.get(key) === connecting) state.connections.delete(key)
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

async function close(server: Server, state: TcpState): Promise<void> {
  for (const socket of state.sockets) socket.end()
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  for (const socket of state.sockets) socket.destroySoon()
  await closed
}
