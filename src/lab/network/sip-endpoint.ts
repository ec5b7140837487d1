import { assertNever } from '../../kernel/assert-never.ts'
import type { WireClock } from '../../kernel/clock.ts'
import { createRandom, type Random } from '../../kernel/random.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { type Milliseconds, ms } from '../../kernel/units.ts'
import { type IncomingCall, receiveCall } from '../../protocols/sip/incoming-call.ts'
import { headerValue, type SipRequest } from '../../protocols/sip/message.ts'
import { placeCall } from '../../protocols/sip/outgoing-call.ts'
import { respondTo } from '../../protocols/sip/requests.ts'
import type { SipTimers } from '../../protocols/sip/timers.ts'
import type { Transaction } from '../../protocols/sip/transaction.ts'
import type { SipTransport } from '../../protocols/sip/transport.ts'
import { allowHeader, createUserAgent, type UserAgent } from '../../protocols/sip/user-agent.ts'

/** Header in which a test call carries its nonce, so that the side it reached can be told. */
const nonceHeader = 'X-Changeover-Nonce'

/** An INVITE that reached a simulated gateway or phone. */
export interface SipInvite {
  readonly callId: string
  readonly from: string
  readonly to: string
  /** User part of the Request-URI. */
  readonly number: string
  readonly nonce?: string
}

export type InviteDecision =
  | { readonly kind: 'answer' }
  | { readonly kind: 'reject'; readonly status: number; readonly reason: string }
  | { readonly kind: 'silence' }
  /** Rings, and answers only after that much wire time. */
  | { readonly kind: 'late'; readonly afterMs: number }

export type OptionsDecision =
  | { readonly kind: 'ok' }
  | { readonly kind: 'reject'; readonly status: number }
  | { readonly kind: 'silence' }

export interface SipEndpointParts {
  readonly transport: SipTransport
  readonly wireClock: WireClock
  /** Server header: says which side answered. */
  readonly server: string
  readonly onInvite: (invite: SipInvite) => Promise<InviteDecision>
  readonly onOptions: () => OptionsDecision
  /** A call that was answered has ended, or one that was not came to its end. Once per INVITE. */
  readonly onEnded?: (callId: string) => void
  /** Draws tags and Call-IDs; by default from the address and the time of opening. */
  readonly random?: Random
  readonly timers?: SipTimers
}

export interface SampleCall {
  readonly target: SipAddress
  readonly number: string
  readonly caller: string
  /** Wire time from the answer to our BYE. */
  readonly hangUpAfter: Milliseconds
  /** Wire time that the caller waits for an answer. */
  readonly patience: Milliseconds
  readonly nonce?: string
}

export type SampleCallEnd =
  | {
      readonly kind: 'completed'
      readonly callId: string
      /** Server header of the side that answered. */
      readonly server: string
      readonly hungUpBy: 'caller' | 'callee'
    }
  | { readonly kind: 'refused'; readonly callId: string; readonly status: number }
  | { readonly kind: 'silent'; readonly callId: string; readonly because: string }

/** A gateway, a phone or a caller of the lab, on any transport. */
export interface SipEndpoint {
  readonly local: SipAddress
  /** Places one real call and ends it; aborted, it is hung up at once. */
  placeCall(call: SampleCall, signal?: AbortSignal): Promise<SampleCallEnd>
  /** BYE to a call that was answered here; nothing when it is over. */
  hangUp(callId: string): Promise<void>
  /** Calls that stand or ring here. */
  calls(): number
  /** Stops at once and closes the transport; calls that stand are dropped without a BYE. */
  close(): Promise<void>
}

interface EndpointState {
  readonly parts: SipEndpointParts
  readonly agent: UserAgent
  /** By the INVITE itself: a caller may use a Call-ID twice, and some do. */
  readonly calls: Map<SipRequest, IncomingCall>
  closed: boolean
}

export function createSipEndpoint(parts: SipEndpointParts): SipEndpoint {
  const calls = new Map<SipRequest, IncomingCall>()
  const random = parts.random ?? createRandom(seedOf(parts))
  const agent = createUserAgent(
    {
      transport: parts.transport,
      clock: parts.wireClock,
      random,
      product: parts.server,
      ...(parts.timers === undefined ? {} : { timers: parts.timers }),
    },
    {
      onInvite: (_request, transaction, from) => void onInvite(state, transaction, from),
      onRequest: (_request, transaction) => onRequest(state, transaction),
      onCancel: (invite) => calls.get(invite)?.cancelled(),
    },
  )
  const state: EndpointState = { parts, agent, calls, closed: false }
  return {
    local: parts.transport.local,
    placeCall: (call, signal) => callAndHangUp(state, call, signal),
    async hangUp(callId) {
      const call = [...calls.values()].find((known) => known.callId === callId)
      await call?.hangUp()
    },
    calls: () => calls.size,
    close() {
      state.closed = true
      return agent.close()
    },
  }
}

/** Differs by address and by start, so that no endpoint repeats another's Call-IDs or its own earlier ones. */
function seedOf({ transport, wireClock }: SipEndpointParts): number {
  const text = `${transport.local.host} ${transport.local.port} ${transport.local.transport} ${wireClock.now()}`
  return [...text].reduce(
    (seed, letter) => Math.imul(seed ^ (letter.codePointAt(0) ?? 0), 16_777_619),
    1,
  )
}

async function onInvite(
  state: EndpointState,
  transaction: Transaction,
  from: SipAddress,
): Promise<void> {
  const { parts, agent, calls } = state
  const call = receiveCall(agent, transaction, from)
  calls.set(call.request, call)
  const ended = call.ended.then(() => {
    calls.delete(call.request)
    parts.onEnded?.(call.callId)
  })
  const nonce = headerValue(call.request, nonceHeader)
  const { callId, number, to } = call
  const invite = { callId, from: call.from, to, number, ...(nonce === undefined ? {} : { nonce }) }
  const decision = await parts.onInvite(invite)
  if (!state.closed) await carryOut(state, call, decision)
  await ended
}

async function carryOut(
  { parts }: EndpointState,
  call: IncomingCall,
  decision: InviteDecision,
): Promise<void> {
  switch (decision.kind) {
    case 'silence':
      call.mute()
      return
    case 'reject':
      call.trying()
      call.refuse(decision.status, decision.reason)
      return
    case 'answer':
    case 'late':
      call.trying()
      call.ring()
      if (decision.kind === 'late') await parts.wireClock.sleep(ms(decision.afterMs))
      call.answer()
      return
    default:
      assertNever(decision)
  }
}

function onRequest({ parts, agent }: EndpointState, transaction: Transaction): void {
  const { request } = transaction
  const headers = [allowHeader, { name: 'Server', value: parts.server }]
  const answer = (status: number, reason: string) => {
    const response = respondTo(request, status, reason, { headers, toTag: agent.newTag() })
    transaction.handle({ kind: 'respond', response })
  }
  if (request.method !== 'OPTIONS') {
    answer(501, 'Not Implemented')
    return
  }
  const decision = parts.onOptions()
  if (decision.kind === 'ok') answer(200, 'OK')
  else if (decision.kind === 'reject') answer(decision.status, 'Rejected')
  else transaction.handle({ kind: 'ignore' })
}

async function callAndHangUp(
  { agent, parts }: EndpointState,
  call: SampleCall,
  signal: AbortSignal | undefined,
): Promise<SampleCallEnd> {
  const headers = call.nonce === undefined ? [] : [{ name: nonceHeader, value: call.nonce }]
  const { target, number, caller, patience } = call
  const placed = await placeCall(
    agent,
    { target, number, caller, headers, timeout: patience },
    signal,
  )
  if (placed.kind === 'silent') return placed
  const { callId } = placed
  if (placed.kind === 'refused') return { kind: 'refused', callId, status: placed.response.status }
  const over = new AbortController()
  const talking = AbortSignal.any([over.signal, ...(signal === undefined ? [] : [signal])])
  const ours = () => 'caller' as const
  const byUs = parts.wireClock.sleep(call.hangUpAfter, talking).then(ours, ours)
  const byThem = placed.ended.then(() => 'callee' as const)
  const hungUpBy = await Promise.race([byUs, byThem])
  over.abort()
  await placed.hangUp()
  return {
    kind: 'completed',
    callId,
    server: headerValue(placed.response, 'Server') ?? '',
    hungUpBy,
  }
}
