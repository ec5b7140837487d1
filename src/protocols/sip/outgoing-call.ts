import type { SipAddress } from '../../kernel/sip-address.ts'
import { type EpochMs, type Milliseconds, ms, since } from '../../kernel/units.ts'
import { offerOf } from '../sdp/capabilities.ts'
import { type SessionDescription, sdpType } from '../sdp/description.ts'
import { firstCodecIn } from '../sdp/first-codec.ts'
import { formatSdp } from '../sdp/format-sdp.ts'
import { createDeferred } from './deferred.ts'
import { type Dialog, dialogOfCaller, nextHop, requestInDialog } from './dialog.ts'
import type { SipHeader, SipResponse } from './message.ts'
import { allowedMethods, cancelFor, newRequest } from './requests.ts'
import { silentAudio } from './silent-audio.ts'
import { startTimer, transactionTimeout } from './timers.ts'
import type { Transaction, TransactionFailure } from './transaction.ts'
import { formatSipUri } from './uri.ts'
import { cseqNumber, type UserAgent } from './user-agent.ts'

export interface CallRequest {
  readonly target: SipAddress
  /** User part of the Request-URI: the number called. */
  readonly number: string
  /** User part of From. */
  readonly caller: string
  readonly headers?: readonly SipHeader[]
  /** What is offered; G.711 without it. */
  readonly offer?: SessionDescription
  /** How long we wait for a final answer before we cancel. */
  readonly timeout: Milliseconds
}

/** What became of an INVITE. Whatever it is, nothing is left hanging at the far side. */
export type PlacedCall =
  | {
      readonly kind: 'answered'
      readonly callId: string
      /** INVITE → first 18x, or the 200 where none came. */
      readonly firstResponse: Milliseconds
      /** INVITE → 200. */
      readonly answer: Milliseconds
      readonly response: SipResponse
      /** First codec of the answer; empty when it has no audio. */
      readonly codec: string
      /** Resolves when the far side hangs up. */
      readonly ended: Promise<void>
      /** Sends BYE; true when it was answered. After the far side's own BYE nothing is sent. */
      hangUp(): Promise<boolean>
    }
  | { readonly kind: 'refused'; readonly callId: string; readonly response: SipResponse }
  | { readonly kind: 'silent'; readonly callId: string; readonly because: string }

/**
 * Calls a number and waits for what comes of it.
 *
 * Given up (timeout, abort), the call is cancelled as soon as the far side has said anything, and hung up
 * should it be answered all the same (RFC 3261 §9.1).
 *
 * @throws the signal's reason once it is aborted
 */
export function placeCall(
  agent: UserAgent,
  call: CallRequest,
  signal?: AbortSignal,
): Promise<PlacedCall> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const attempt = createAttempt(agent, call, resolve)
    const abort = () => {
      // First, because giving up settles the promise too.
      reject(signal?.reason)
      attempt.giveUp('the call was aborted')
    }
    const { clock } = agent.parts
    const late = () => attempt.giveUp(`no final answer within ${call.timeout} ms`)
    attempt.onSettled(startTimer(clock, call.timeout, late))
    attempt.onSettled(() => signal?.removeEventListener('abort', abort))
    signal?.addEventListener('abort', abort, { once: true })
  })
}

interface Attempt {
  giveUp(because: string): void
  onSettled(action: () => void): void
}

/** One INVITE on its way. */
interface AttemptState {
  readonly agent: UserAgent
  readonly call: CallRequest
  readonly callId: string
  readonly sentAt: EpochMs
  readonly transaction: Transaction
  /** Set once: what the caller is told. */
  readonly settle: (outcome: PlacedCall) => boolean
  firstResponse: Milliseconds | undefined
  provisional: boolean
  cancelled: boolean
  givenUp: boolean
  dialog: Dialog | undefined
}

function createAttempt(
  agent: UserAgent,
  call: CallRequest,
  resolve: (outcome: PlacedCall) => void,
): Attempt {
  const onSettled: (() => void)[] = []
  let settled = false
  const settle = (outcome: PlacedCall) => {
    if (settled) return false
    settled = true
    for (const action of onSettled) action()
    resolve(outcome)
    return true
  }
  const callId = agent.newCallId()
  const transaction = agent.layer.send(inviteFor(agent, call, callId), call.target, {
    onResponse: (response) => onResponse(state, response),
    onFailed: (because, error) =>
      settle({ kind: 'silent', callId, because: sentenceFor(because, error) }),
  })
  const state: AttemptState = {
    agent,
    call,
    callId,
    sentAt: agent.parts.clock.now(),
    transaction,
    settle,
    firstResponse: undefined,
    provisional: false,
    cancelled: false,
    givenUp: false,
    dialog: undefined,
  }
  return {
    onSettled: (action) => onSettled.push(action),
    giveUp(because) {
      if (!settle({ kind: 'silent', callId, because })) return
      state.givenUp = true
      if (state.provisional) cancel(state)
    },
  }
}

function sentenceFor(because: TransactionFailure, error: unknown): string {
  if (because === 'timeout') return 'no answer to the INVITE'
  return error instanceof Error ? error.message : 'the INVITE could not be sent'
}

function inviteFor(agent: UserAgent, call: CallRequest, callId: string) {
  const { transport, product } = agent.parts
  const own = formatSipUri(transport.local, call.caller)
  return newRequest({
    method: 'INVITE',
    uri: formatSipUri(call.target, call.number),
    from: `<${own}>;tag=${agent.newTag()}`,
    to: `<${formatSipUri(call.target, call.number)}>`,
    callId,
    headers: [
      agent.contact(call.caller),
      { name: 'Allow', value: allowedMethods },
      { name: 'User-Agent', value: product },
      ...(call.headers ?? []),
      { name: 'Content-Type', value: sdpType },
    ],
    body: formatSdp(call.offer ?? offerOf(silentAudio(agent))),
  })
}

function onResponse(state: AttemptState, response: SipResponse): void {
  if (response.status < 200) onProvisional(state, response)
  else if (response.status < 300) onAnswer(state, response)
  else state.settle({ kind: 'refused', callId: state.callId, response })
}

function onProvisional(state: AttemptState, { status }: SipResponse): void {
  state.provisional = true
  if (status > 100) state.firstResponse ??= since(state.sentAt, state.agent.parts.clock.now())
  if (state.givenUp) cancel(state)
}

/** A CANCEL once; should no final answer follow, the INVITE is forgotten after 64·T1 (§9.1). */
function cancel(state: AttemptState): void {
  if (state.cancelled) return
  state.cancelled = true
  const { agent, call, transaction } = state
  const ignore = () => undefined
  agent.layer.send(cancelFor(transaction.request), call.target, {
    onResponse: ignore,
    onFailed: ignore,
  })
  const { clock, timers } = agent.parts
  startTimer(clock, transactionTimeout(timers), () => transaction.handle({ kind: 'ignore' }))
}

/** Every 2xx has its ACK, the repeated one too; a 2xx nobody waits for is hung up (§13.2.2.4). */
function onAnswer(state: AttemptState, response: SipResponse): void {
  const { agent, call, transaction } = state
  const dialog = dialogOfCaller(transaction.request, response, call.target)
  const ack = requestInDialog(dialog, 'ACK', cseqNumber(transaction.request))
  agent.layer.sendOnce(ack, nextHop(dialog))
  if (state.dialog?.remoteTag === dialog.remoteTag) return
  const first = state.dialog === undefined
  state.dialog ??= dialog
  if (!first || !state.settle(answered(state, response, dialog))) void agent.bye(dialog)
}

function answered(state: AttemptState, response: SipResponse, dialog: Dialog): PlacedCall {
  const { agent, callId, sentAt } = state
  const answer = since(sentAt, agent.parts.clock.now())
  const far = createDeferred<void>()
  let standing = true
  const forget = agent.keep(dialog, {
    onAck: () => undefined,
    onBye() {
      standing = false
      forget()
      far.resolve(undefined)
    },
  })
  return {
    kind: 'answered',
    callId,
    firstResponse: state.firstResponse ?? ms(answer),
    answer,
    response,
    codec: firstCodecIn(response.body),
    ended: far.promise,
    async hangUp() {
      if (!standing) return true
      standing = false
      forget()
      return await agent.bye(dialog)
    },
  }
}
