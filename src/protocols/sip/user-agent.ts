import type { WireClock } from '../../kernel/clock.ts'
import type { Random } from '../../kernel/random.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { type Dialog, dialogKey, dialogKeyOfRequest, nextHop, requestInDialog } from './dialog.ts'
import { cseqOf } from './headers.ts'
import type { SipHeader, SipRequest, SipResponse } from './message.ts'
import { allowedMethods, randomToken, respondTo } from './requests.ts'
import { rfcTimers, type SipTimers } from './timers.ts'
import type { Transaction, TransactionFailure } from './transaction.ts'
import { createTransactionLayer, type TransactionLayer } from './transaction-layer.ts'
import type { SipTransport } from './transport.ts'
import { formatSipUri } from './uri.ts'

export interface UserAgentParts {
  readonly transport: SipTransport
  readonly clock: WireClock
  readonly random: Random
  /** Shortened by tests only. */
  readonly timers?: SipTimers
  /** Goes into User-Agent and Server. */
  readonly product: string
}

/** What the agent asks its owner; without an owner everything from outside is answered 403. */
export interface UserAgentOwner {
  onInvite(request: SipRequest, transaction: Transaction, from: SipAddress): void
  /** OPTIONS and what else is no part of a call. */
  onRequest(request: SipRequest, transaction: Transaction): void
  /** The INVITE was cancelled; the 487 has been sent. */
  onCancel(invite: SipRequest): void
}

/** A call that stands, from the agent's point of view. */
export interface DialogWatch {
  onAck(): void
  onBye(): void
}

/** One SIP endpoint: a transport, its transactions and its calls. */
export interface UserAgent {
  readonly parts: Required<UserAgentParts>
  readonly layer: TransactionLayer
  /** Our Contact, with a user where one is wanted. */
  contact(user?: string): SipHeader
  newTag(): string
  newCallId(): string
  /** From now on ACK and BYE of this dialog are told to `watch`; returns what ends it. */
  keep(dialog: Dialog, watch: DialogWatch): () => void
  /** Sends BYE; true when it is answered, and not with 481: a call that the far side no longer knew was over before. */
  bye(dialog: Dialog): Promise<boolean>
  /** Ends timers and the transport. Calls that stand are not hung up. */
  close(): Promise<void>
}

const forbid: UserAgentOwner = {
  onInvite: (_request, transaction) => refuse(transaction, 403, 'Forbidden'),
  onRequest: (_request, transaction) => refuse(transaction, 403, 'Forbidden'),
  onCancel: () => undefined,
}

function refuse(transaction: Transaction, status: number, reason: string): void {
  const response = respondTo(transaction.request, status, reason, { toTag: 'refused' })
  transaction.handle({ kind: 'respond', response })
}

export function createUserAgent(given: UserAgentParts, owner: UserAgentOwner = forbid): UserAgent {
  const parts = { timers: rfcTimers, ...given }
  const { transport, random } = parts
  const dialogs = new Map<string, DialogWatch>()
  const layer = createTransactionLayer(parts, {
    onAck: (request) => dialogs.get(dialogKeyOfRequest(request))?.onAck(),
    onServerFailed: () => undefined,
    onRequest: (request, transaction, from) =>
      dispatch({ owner, dialogs, layer }, { request, transaction, from }),
  })
  return {
    parts,
    layer,
    contact: (user) => ({ name: 'Contact', value: `<${formatSipUri(transport.local, user)}>` }),
    newTag: () => randomToken(random),
    newCallId: () => `${randomToken(random, 20)}@${transport.local.host}`,
    keep(dialog, watch) {
      const key = dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag)
      dialogs.set(key, watch)
      return () => dialogs.delete(key)
    },
    bye: (dialog) => bye(layer, dialog),
    close() {
      layer.close()
      return transport.close()
    },
  }
}

function bye(layer: TransactionLayer, dialog: Dialog): Promise<boolean> {
  const request = requestInDialog(dialog, 'BYE', dialog.cseq + 1)
  return new Promise((resolve) => {
    layer.send(request, nextHop(dialog), {
      onResponse: ({ status }) => status >= 200 && resolve(status !== 481),
      onFailed: () => resolve(false),
    })
  })
}

interface Routing {
  readonly owner: UserAgentOwner
  readonly dialogs: ReadonlyMap<string, DialogWatch>
  readonly layer: TransactionLayer
}

interface Arrival {
  readonly request: SipRequest
  readonly transaction: Transaction
  readonly from: SipAddress
}

function dispatch(routing: Routing, arrival: Arrival): void {
  const { request, transaction, from } = arrival
  if (request.method === 'CANCEL') onCancel(routing, arrival)
  else if (request.method === 'BYE') onBye(routing, arrival)
  else if (request.method === 'INVITE') onInvite(routing, arrival, from)
  else routing.owner.onRequest(request, transaction)
}

function onInvite(
  { owner, dialogs }: Routing,
  { request, transaction }: Arrival,
  from: SipAddress,
) {
  // A call that stands is not renegotiated; 488 leaves it as it was (§14.2).
  if (dialogs.has(dialogKeyOfRequest(request))) refuse(transaction, 488, 'Not Acceptable Here')
  else owner.onInvite(request, transaction, from)
}

function onBye({ dialogs }: Routing, { request, transaction }: Arrival): void {
  const watch = dialogs.get(dialogKeyOfRequest(request))
  if (watch === undefined) {
    refuse(transaction, 481, 'Call/Transaction Does Not Exist')
    return
  }
  transaction.handle({ kind: 'respond', response: respondTo(request, 200, 'OK') })
  watch.onBye()
}

/** §9.2: the CANCEL is answered by itself, the INVITE with 487 unless it has its final answer. */
function onCancel({ owner, layer }: Routing, { request, transaction }: Arrival): void {
  const invite = layer.findServer(request, 'INVITE')
  if (invite === undefined) {
    refuse(transaction, 481, 'Call/Transaction Does Not Exist')
    return
  }
  if (invite.state() === 'mute') {
    transaction.handle({ kind: 'ignore' })
    return
  }
  refuse(transaction, 200, 'OK')
  if (invite.state() !== 'proceeding') return
  refuse(invite, 487, 'Request Terminated')
  owner.onCancel(invite.request)
}

export type RequestOutcome =
  | { readonly kind: 'response'; readonly response: SipResponse }
  | { readonly kind: 'failed'; readonly because: TransactionFailure; readonly error: unknown }

/** Sends a request that makes no dialog and resolves with its final response. */
export function sendRequest(
  agent: UserAgent,
  request: SipRequest,
  to: SipAddress,
): Promise<RequestOutcome> {
  return new Promise((resolve) => {
    agent.layer.send(request, to, {
      onResponse: (response) => response.status >= 200 && resolve({ kind: 'response', response }),
      onFailed: (because, error) => resolve({ kind: 'failed', because, error }),
    })
  })
}

/** Headers of an answer that says what we take. */
export const allowHeader: SipHeader = { name: 'Allow', value: allowedMethods }

/** Number of a request within its dialog: what the ACK of an INVITE repeats. */
export const cseqNumber = (request: SipRequest) => cseqOf(request).number
