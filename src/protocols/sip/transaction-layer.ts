import type { Random } from '../../kernel/random.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { SipFormatError } from './errors.ts'
import { formatMessage } from './format-message.ts'
import { cseqOf, formatVia, magicCookie, responseAddress, topVia, type Via } from './headers.ts'
import { inviteClientMachine } from './invite-client-transaction.ts'
import { inviteServerMachine } from './invite-server-transaction.ts'
import {
  headerValue,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  withHeader,
} from './message.ts'
import { nonInviteClientMachine } from './non-invite-client-transaction.ts'
import { nonInviteServerMachine } from './non-invite-server-transaction.ts'
import { readIncoming } from './read-incoming.ts'
import { newBranch } from './requests.ts'
import {
  runTransaction,
  type Transaction,
  type TransactionFailure,
  type TransactionPorts,
} from './transaction.ts'

export interface ClientListener {
  onResponse(response: SipResponse): void
  onFailed(because: TransactionFailure, error: unknown): void
}

export interface TransactionUser {
  /** A request that begins a server transaction; answer it with `transaction.handle({ kind: 'respond' })`. */
  onRequest(request: SipRequest, transaction: Transaction, from: SipAddress): void
  /** The ACK of a 2xx: it belongs to a dialog, not to a transaction. */
  onAck(request: SipRequest): void
  /** A response could not be delivered, or nobody acknowledged it. */
  onServerFailed(request: SipRequest, because: TransactionFailure): void
}

/** Matches messages to transactions (RFC 3261 §17.1.3, §17.2.3) and keeps them while they live. */
export interface TransactionLayer {
  /** Sends a request in a transaction of its own. A Via is put on unless it has one (CANCEL). */
  send(request: SipRequest, to: SipAddress, listener: ClientListener): Transaction
  /** Sends without a transaction: the ACK of a 2xx. Errors are swallowed, as its loss would be. */
  sendOnce(request: SipRequest, to: SipAddress): void
  findServer(request: SipRequest, method: string): Transaction | undefined
  /** Resolves once no transaction lives: nothing is left to wait for or to repeat. */
  whenIdle(): Promise<void>
  /** Stops listening and every timer; the transport stays open. */
  close(): void
}

interface LayerState {
  readonly ports: TransactionPorts & { readonly random: Random }
  readonly user: TransactionUser
  readonly clients: Map<string, Transaction>
  readonly servers: Map<string, Transaction>
  readonly waiting: Set<() => void>
}

export function createTransactionLayer(
  ports: LayerState['ports'],
  user: TransactionUser,
): TransactionLayer {
  const layer: LayerState = {
    ports,
    user,
    clients: new Map(),
    servers: new Map(),
    waiting: new Set(),
  }
  const stopListening = ports.transport.onMessage((bytes, from) => survive(layer, bytes, from))
  const stopWatching = ports.transport.onBroken((peer, error) => failThose(layer, peer, error))
  return {
    send: (request, to, listener) => beginClient(layer, request, { to, listener }),
    sendOnce: (request, to) => sendOnce(layer, withVia(layer, request), to),
    findServer: (request, method) => layer.servers.get(serverKey(request, method)),
    whenIdle: () => whenIdle(layer),
    close() {
      stopListening()
      stopWatching()
      for (const transaction of [...layer.clients.values(), ...layer.servers.values()]) {
        transaction.stop()
      }
      layer.clients.clear()
      layer.servers.clear()
      noticeIdle(layer)
    },
  }
}

function whenIdle(layer: LayerState): Promise<void> {
  return new Promise((resolve) => {
    layer.waiting.add(resolve)
    noticeIdle(layer)
  })
}

function noticeIdle(layer: LayerState): void {
  if (layer.clients.size + layer.servers.size > 0) return
  for (const resolve of layer.waiting) resolve()
  layer.waiting.clear()
}

/** Requests on a connection that broke: their answers won't come (§17.1.4). */
function failThose({ clients }: LayerState, peer: SipAddress, error: unknown): void {
  for (const transaction of [...clients.values()]) {
    const { host, port } = transaction.peer
    if (host === peer.host && port === peer.port)
      transaction.handle({ kind: 'transport-error', error })
  }
}

function withVia({ ports }: LayerState, request: SipRequest): SipRequest {
  if (headerValue(request, 'Via') !== undefined) return request
  const { host, port, transport } = ports.transport.local
  const via: Via = {
    transport: transport.toUpperCase(),
    host,
    port,
    // RFC 3581: answers come back to where we sent from, through a NAT too.
    parameters: { branch: newBranch(ports.random), rport: '' },
  }
  return withHeader(request, 'Via', formatVia(via))
}

function sendOnce({ ports }: LayerState, message: SipMessage, to: SipAddress): void {
  void ports.transport.send(formatMessage(message), to).catch(() => undefined)
}

function beginClient(
  layer: LayerState,
  bare: SipRequest,
  { to, listener }: { readonly to: SipAddress; readonly listener: ClientListener },
): Transaction {
  const request = withVia(layer, bare)
  const key = clientKey(request)
  const work = { request, peer: to, ports: layer.ports }
  const watch = {
    onMessage: (message: SipMessage) => {
      if (message.kind === 'response') listener.onResponse(message)
    },
    onFailed: listener.onFailed,
    onTerminated: () => {
      layer.clients.delete(key)
      noticeIdle(layer)
    },
  }
  const transaction =
    request.method === 'INVITE'
      ? runTransaction(inviteClientMachine, work, watch)
      : runTransaction(nonInviteClientMachine, work, watch)
  layer.clients.set(key, transaction)
  return transaction
}

/** Branch and method: a CANCEL has the branch of its INVITE (§17.1.3). */
function clientKey(message: SipMessage): string {
  return `${topVia(message).parameters['branch'] ?? ''} ${cseqOf(message).method}`
}

/** Branch, sent-by and method, ACK standing for INVITE; before RFC 3261 the whole set of ids (§17.2.3). */
function serverKey(request: SipRequest, method: string): string {
  const via = topVia(request)
  const branch = via.parameters['branch'] ?? ''
  const sentBy = `${via.host.toLowerCase()}:${via.port ?? ''}`
  if (branch.startsWith(magicCookie)) return `${branch} ${sentBy} ${method}`
  const from = headerValue(request, 'From') ?? ''
  const callId = headerValue(request, 'Call-ID') ?? ''
  return [request.uri, from, callId, cseqOf(request).number, branch, sentBy, method].join(' ')
}

/** A message that is sound as a whole, and can't be used where somebody looks closer, is as good as lost. */
function survive(layer: LayerState, bytes: Uint8Array, from: SipAddress): void {
  try {
    receive(layer, bytes, from)
  } catch (error) {
    if (!(error instanceof SipFormatError)) throw error
  }
}

function receive(layer: LayerState, bytes: Uint8Array, from: SipAddress): void {
  const incoming = readIncoming(bytes, from)
  if (incoming.kind === 'nothing') return
  if (incoming.kind === 'refuse') {
    sendOnce(layer, incoming.response, incoming.to)
    return
  }
  const { message } = incoming
  if (message.kind === 'response') {
    // One that matches nothing is late or not ours (§18.1.2): there is nobody to tell.
    layer.clients.get(clientKey(message))?.handle({ kind: 'received', message })
    return
  }
  receiveRequest(layer, message, from)
}

function receiveRequest(layer: LayerState, request: SipRequest, from: SipAddress): void {
  const method = request.method === 'ACK' ? 'INVITE' : request.method
  const known = layer.servers.get(serverKey(request, method))
  if (known !== undefined) known.handle({ kind: 'received', message: request })
  else if (request.method === 'ACK') layer.user.onAck(request)
  else beginServer(layer, request, from)
}

function beginServer(layer: LayerState, request: SipRequest, from: SipAddress): void {
  const key = serverKey(request, request.method)
  const peer = responseAddress(topVia(request), from)
  const work = { request, peer, ports: layer.ports }
  const watch = {
    onMessage: (message: SipMessage) => {
      if (message.kind === 'request') layer.user.onAck(message)
    },
    onFailed: (because: TransactionFailure) => layer.user.onServerFailed(request, because),
    onTerminated: () => {
      layer.servers.delete(key)
      noticeIdle(layer)
    },
  }
  const transaction =
    request.method === 'INVITE'
      ? runTransaction(inviteServerMachine, work, watch)
      : runTransaction(nonInviteServerMachine, work, watch)
  layer.servers.set(key, transaction)
  layer.user.onRequest(request, transaction, from)
}
