import type { SipProbe, TestCallAnswer } from '../../features/call-tests/index.ts'
import { ms } from '../../kernel/units.ts'
import { contactOf, softwareOf } from '../../protocols/sip/headers.ts'
import type { SipResponse } from '../../protocols/sip/message.ts'
import { type PlacedCall, placeCall } from '../../protocols/sip/outgoing-call.ts'
import { startTimer } from '../../protocols/sip/timers.ts'
import { parseUri } from '../../protocols/sip/uri.ts'
import type { UserAgent } from '../../protocols/sip/user-agent.ts'
import type { SipProbeParts } from './agent.ts'
import { optionsTimeout } from './options.ts'

/** Header by which the side that answers knows our call from a caller's. */
const nonceHeader = 'X-Changeover-Nonce'
const defaultAnswerTimeout = ms(20_000)

/** One test call; `hungUp` is false while something of it may still come. */
export async function makeTestCall(
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
