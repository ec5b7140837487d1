import type { SipAddress } from '../../kernel/sip-address.ts'
import { type Milliseconds, ms } from '../../kernel/units.ts'
import { answerTo } from '../sdp/answer-to.ts'
import { offerOf } from '../sdp/capabilities.ts'
import { type SessionDescription, sdpType } from '../sdp/description.ts'
import { descriptionIn } from '../sdp/first-codec.ts'
import { formatSdp } from '../sdp/format-sdp.ts'
import { createDeferred } from './deferred.ts'
import { type Dialog, dialogOfCallee } from './dialog.ts'
import { callIdOf, fromOf, toOf } from './headers.ts'
import { noBody, type SipHeader, type SipRequest, type SipResponse } from './message.ts'
import { respondTo } from './requests.ts'
import { silentAudio } from './silent-audio.ts'
import { startTimer, transactionTimeout } from './timers.ts'
import type { Transaction } from './transaction.ts'
import { parseUri } from './uri.ts'
import { allowHeader, type UserAgent } from './user-agent.ts'

/** How a call that reached us ended. */
export type CallEnd = 'hung-up' | 'cancelled' | 'refused' | 'not-acknowledged' | 'muted'

/** An INVITE that waits for our decision. Every method may be called at any time; what comes too late does nothing. */
export interface IncomingCall {
  readonly request: SipRequest
  readonly callId: string
  /** User parts of From and To, of the Request-URI: usually numbers. */
  readonly from: string
  readonly to: string
  readonly number: string
  trying(): void
  ring(): void
  /** 200 with our SDP answer, or 488 when no codec of the offer is ours. */
  answer(): void
  refuse(status: number, reason: string): void
  /** Says nothing, ever: retransmissions and CANCEL are swallowed too. */
  mute(): void
  /** BYE after the answer; before it, nothing. */
  hangUp(): Promise<void>
  /** The owner tells that the INVITE was cancelled. */
  cancelled(): void
  readonly ended: Promise<CallEnd>
}

interface CallState {
  readonly agent: UserAgent
  readonly transaction: Transaction
  readonly peer: SipAddress
  readonly tag: string
  readonly end: (how: CallEnd) => void
  dialog: Dialog | undefined
}

export function receiveCall(
  agent: UserAgent,
  transaction: Transaction,
  peer: SipAddress,
): IncomingCall {
  const { request } = transaction
  const ending = createDeferred<CallEnd>()
  const tag = agent.newTag()
  const state: CallState = { agent, transaction, peer, tag, end: ending.resolve, dialog: undefined }
  return {
    request,
    callId: callIdOf(request),
    from: userOf(fromOf(request).uri),
    to: userOf(toOf(request).uri),
    number: userOf(request.uri),
    ended: ending.promise,
    trying: () => respond(state, respondTo(request, 100, 'Trying')),
    ring: () => respond(state, response(state, { status: 180, reason: 'Ringing' })),
    answer: () => answer(state),
    refuse: (status, reason) => refuse(state, status, reason),
    mute() {
      transaction.handle({ kind: 'ignore' })
      ending.resolve('muted')
    },
    cancelled: () => ending.resolve('cancelled'),
    async hangUp() {
      if (state.dialog === undefined) return
      await agent.bye(state.dialog)
      ending.resolve('hung-up')
    },
  }
}

function userOf(uri: string): string {
  const parsed = parseUri(uri)
  return parsed.kind === 'sip' ? (parsed.user ?? '') : parsed.rest
}

function response(
  { agent, transaction, tag }: CallState,
  parts: { status: number; reason: string; headers?: readonly SipHeader[]; body?: Uint8Array },
): SipResponse {
  const server = { name: 'Server', value: agent.parts.product }
  const headers = [agent.contact(), server, ...(parts.headers ?? [])]
  const more = { toTag: tag, headers, body: parts.body ?? noBody }
  return respondTo(transaction.request, parts.status, parts.reason, more)
}

function respond({ transaction }: CallState, message: SipResponse): void {
  if (transaction.state() === 'proceeding')
    transaction.handle({ kind: 'respond', response: message })
}

function refuse(state: CallState, status: number, reason: string): void {
  if (state.transaction.state() !== 'proceeding') return
  respond(state, response(state, { status, reason }))
  state.end('refused')
}

/** The answer to the INVITE's offer; an INVITE without one gets our offer (RFC 3261 §13.3.1.4). Undefined means 488. */
function descriptionFor(agent: UserAgent, request: SipRequest): SessionDescription | undefined {
  const ours = silentAudio(agent)
  if (request.body.length === 0) return offerOf(ours)
  const offer = descriptionIn(request.body)
  const answered = offer === undefined ? undefined : answerTo(offer, ours)
  return answered?.kind === 'answer' ? answered.description : undefined
}

function answer(state: CallState): void {
  const { agent, transaction, peer } = state
  const description = descriptionFor(agent, transaction.request)
  if (description === undefined) {
    refuse(state, 488, 'Not Acceptable Here')
    return
  }
  if (transaction.state() !== 'proceeding') return
  const body = formatSdp(description)
  const headers = [allowHeader, { name: 'Content-Type', value: sdpType }]
  const ok = response(state, { status: 200, reason: 'OK', headers, body })
  const dialog = dialogOfCallee(transaction.request, ok, peer)
  state.dialog = dialog
  const repeating = repeatUntilAck(state, ok)
  const forget = agent.keep(dialog, {
    onAck: repeating.stop,
    onBye() {
      repeating.stop()
      forget()
      state.end('hung-up')
    },
  })
  respond(state, ok)
}

/** §13.3.1.4: the 2xx is repeated by us, over TCP too, until its ACK; without one the call is hung up. */
function repeatUntilAck(state: CallState, ok: SipResponse): { stop(): void } {
  const { agent, transaction } = state
  const { clock, timers } = agent.parts
  let cancelRepeat: () => void = () => undefined
  const repeatAfter = (pause: Milliseconds) => {
    cancelRepeat = startTimer(clock, pause, () => {
      transaction.handle({ kind: 'respond', response: ok })
      repeatAfter(ms(Math.min(pause * 2, timers.t2)))
    })
  }
  const giveUp = () => {
    cancelRepeat()
    if (state.dialog !== undefined) void agent.bye(state.dialog)
    state.end('not-acknowledged')
  }
  repeatAfter(timers.t1)
  const cancelGiveUp = startTimer(clock, transactionTimeout(timers), giveUp)
  return {
    stop() {
      cancelRepeat()
      cancelGiveUp()
    },
  }
}
