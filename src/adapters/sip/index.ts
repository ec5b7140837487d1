import type { OptionsAnswer, SipProbe, TestCallAnswer } from '../../features/call-tests/index.ts'
import type { WireClock } from '../../kernel/clock.ts'
import { ChangeoverError } from '../../kernel/errors.ts'
import type { Random } from '../../kernel/random.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { type Milliseconds, ms, since } from '../../kernel/units.ts'
import { contactOf, softwareOf } from '../../protocols/sip/headers.ts'
import type { SipResponse } from '../../protocols/sip/message.ts'
import { type PlacedCall, placeCall } from '../../protocols/sip/outgoing-call.ts'
import { newRequest } from '../../protocols/sip/requests.ts'
import { startTimer } from '../../protocols/sip/timers.ts'
import type { SipTransport } from '../../protocols/sip/transport.ts'
import { formatSipUri, parseUri } from '../../protocols/sip/uri.ts'
import {
  createUserAgent,
  type RequestOutcome,
  sendRequest,
  type UserAgent,
} from '../../protocols/sip/user-agent.ts'

export interface SipProbeParts {
  /** Opens a transport for one probe or call; it is closed by us when nothing of it is left. */
  readonly openTransport: (transport: 'udp' | 'tcp', target: SipAddress) => Promise<SipTransport>
  readonly wireClock: WireClock
  readonly random: Random
  /** How long OPTIONS waits for an answer, default 5 s (F1.1: no answer in 5 s is Down). */
  readonly timeout?: Milliseconds
  /** How long a test call waits to be answered, default 20 s: several rings of a phone that answers by itself. */
  readonly answerTimeout?: Milliseconds
}

/** Header by which the side that answers knows our call from a caller's. */
const nonceHeader = 'X-Changeover-Nonce'
const product = 'Changeover'
const optionsTimeout = ms(5000)
const defaultAnswerTimeout = ms(20_000)

/**
 * A gateway of the plan is reached over TLS, which this version can't probe.
 *
 * To do: name a UDP or TCP address of the gateway for probes, or check it by hand.
 */
export class SipTlsUnsupportedError extends ChangeoverError {
  readonly code = 'sip.tls-unsupported'
  readonly remedy = 'operator'
}

/**
 * OPTIONS probes and test calls over our own SIP (W1.4).
 *
 * What a gateway does is a value, refusal and silence included. Rejects only for what is on our side:
 * an aborted signal, a transport that can't be opened or spoken.
 */
export function createSipProbe(parts: SipProbeParts): SipProbe {
  return {
    async options(target, signal) {
      const agent = await openAgent(parts, target, signal)
      try {
        return await sendOptions(parts, agent, { target, signal })
      } finally {
        // Nothing is left at the far side, whether it answered or not.
        await agent.close()
      }
    },
    async call(request, signal) {
      const agent = await openAgent(parts, request.target, signal)
      let over = false
      try {
        const { answer, hungUp } = await makeTestCall(parts, agent, { ...request, signal })
        over = hungUp
        return answer
      } finally {
        if (over) await agent.close()
        else closeLater(agent)
      }
    },
  }
}

export async function openAgent(
  parts: SipProbeParts,
  target: SipAddress,
  signal: AbortSignal,
): Promise<UserAgent> {
  signal.throwIfAborted()
  if (target.transport === 'tls') {
    throw new SipTlsUnsupportedError(`${target.host}:${target.port} is reached over TLS only`)
  }
  const { wireClock: clock, random } = parts
  const transport = await parts.openTransport(target.transport, target)
  return createUserAgent({ transport, clock, random, product })
}

/**
 * The transport outlives the answer while a transaction does: an INVITE that was given up may still be answered,
 * and must then be hung up (RFC 3261 §9.1; at most 64·T1 = 32 s for the INVITE and as much for its CANCEL).
 */
function closeLater(agent: UserAgent): void {
  void agent.layer.whenIdle().then(() => agent.close())
}

async function sendOptions(
  parts: SipProbeParts,
  agent: UserAgent,
  { target, signal }: { readonly target: SipAddress; readonly signal: AbortSignal },
): Promise<OptionsAnswer> {
  const { wireClock } = parts
  const timeout = parts.timeout ?? optionsTimeout
  const began = wireClock.now()
  const stopWaiting = new AbortController()
  const outcome = await Promise.race([
    sendRequest(agent, optionsFor(agent, target), target),
    wireClock
      .sleep(timeout, AbortSignal.any([signal, stopWaiting.signal]))
      .then(() => 'late' as const),
  ]).finally(() => stopWaiting.abort())
  if (outcome === 'late') return { kind: 'silent', because: `no answer within ${timeout} ms` }
  if (outcome.kind === 'failed') return { kind: 'silent', because: sentenceFor(outcome) }
  const { status, reason } = outcome.response
  return { kind: 'answered', status, reason, roundTrip: since(began, wireClock.now()) }
}

function sentenceFor({ because, error }: Extract<RequestOutcome, { kind: 'failed' }>): string {
  if (because === 'timeout') return 'no answer'
  return error instanceof Error ? error.message : 'the request could not be sent'
}

function optionsFor(agent: UserAgent, target: SipAddress) {
  const uri = formatSipUri(target)
  return newRequest({
    method: 'OPTIONS',
    uri,
    from: `<${formatSipUri(agent.parts.transport.local, 'probe')}>;tag=${agent.newTag()}`,
    to: `<${uri}>`,
    callId: agent.newCallId(),
    headers: [
      agent.contact('probe'),
      { name: 'Accept', value: 'application/sdp' },
      { name: 'User-Agent', value: product },
    ],
  })
}

async function makeTestCall(
  parts: SipProbeParts,
  agent: UserAgent,
  request: Parameters<SipProbe['call']>[0] & { readonly signal: AbortSignal },
): Promise<{ readonly answer: TestCallAnswer; readonly hungUp: boolean }> {
  const { target, number, caller, nonce, patience, signal } = request
  const headers = [{ name: nonceHeader, value: nonce }]
  const timeout = patience ?? parts.answerTimeout ?? defaultAnswerTimeout
  const placed = await placeCall(agent, { target, number, caller, headers, timeout }, signal)
  if (placed.kind === 'silent') return { answer: placed, hungUp: false }
  const { kind, callId, response } = placed
  if (kind === 'refused') {
    const { status, reason } = response
    return { answer: { kind, callId, status, reason }, hungUp: false }
  }
  const hungUp = await hangUp(parts, placed)
  const { firstResponse, answer, codec } = placed
  const contactHost = contactHostOf(response)
  const server = softwareOf(response)
  return { answer: { kind, callId, firstResponse, answer, contactHost, server, codec }, hungUp }
}

/** The BYE is sent in any case; its answer is waited for no longer than that of an OPTIONS. */
function hangUp(
  { wireClock, timeout = optionsTimeout }: SipProbeParts,
  call: Extract<PlacedCall, { kind: 'answered' }>,
): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = startTimer(wireClock, timeout, () => resolve(false))
    void call.hangUp().then((answered) => {
      cancel()
      resolve(answered)
    })
  })
}

function contactHostOf(response: SipResponse): string {
  const uri = parseUri(contactOf(response)?.uri ?? 'none:')
  return uri.kind === 'sip' ? uri.host : ''
}
