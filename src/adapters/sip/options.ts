import type { OptionsAnswer } from '../../features/call-tests/index.ts'
import { ChangeoverError } from '../../kernel/errors.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { ms } from '../../kernel/units.ts'
import { softwareOf, topVia } from '../../protocols/sip/headers.ts'
import type { SipResponse } from '../../protocols/sip/message.ts'
import { newRequest } from '../../protocols/sip/requests.ts'
import { formatSipUri } from '../../protocols/sip/uri.ts'
import { type RequestOutcome, sendRequest, type UserAgent } from '../../protocols/sip/user-agent.ts'
import { openAgent, product, type SipProbeParts, silenceOf } from './agent.ts'

export const optionsTimeout = ms(5000)

/** One OPTIONS on a transport of its own, so that each finds the whole way anew. */
export async function probeOnce(
  parts: SipProbeParts,
  target: SipAddress,
  signal: AbortSignal,
): Promise<OptionsAnswer> {
  const agent = await openAgent(parts, target, signal)
  if ('kind' in agent) return agent
  try {
    return await sendOptions(parts, agent, { target, signal })
  } finally {
    // Nothing is left at the far side, whether it answered or not.
    await agent.close()
  }
}

async function sendOptions(
  parts: SipProbeParts,
  agent: UserAgent,
  { target, signal }: { readonly target: SipAddress; readonly signal: AbortSignal },
): Promise<OptionsAnswer> {
  const { wireClock } = parts
  const timeout = parts.timeout ?? optionsTimeout
  const stopwatch = parts.stopwatch ?? (() => ms(wireClock.now()))
  const began = stopwatch()
  const stopWaiting = new AbortController()
  const outcome = await Promise.race([
    sendRequest(agent, optionsFor(agent, target), target),
    wireClock
      .sleep(timeout, AbortSignal.any([signal, stopWaiting.signal]))
      .then(() => 'late' as const),
  ]).finally(() => stopWaiting.abort())
  if (outcome === 'late') return { kind: 'silent', because: `no answer within ${timeout} ms` }
  if (outcome.kind === 'failed') return failureOf(outcome)
  const { response } = outcome
  const { status, reason } = response
  const roundTrip = ms(stopwatch() - began)
  return {
    kind: 'answered',
    status,
    reason,
    roundTrip,
    server: softwareOf(response),
    ...seenAs(response),
  }
}

function failureOf({ because, error }: Extract<RequestOutcome, { kind: 'failed' }>): OptionsAnswer {
  if (because === 'timeout') return { kind: 'silent', because: 'no answer' }
  if (error instanceof ChangeoverError) return silenceOf(error)
  return { kind: 'silent', because: 'the request could not be sent' }
}

/** Where the far side saw us come from: what it wrote onto our Via (RFC 3261 §18.2.1, RFC 3581 §4). */
function seenAs(
  response: SipResponse,
): Pick<Extract<OptionsAnswer, { kind: 'answered' }>, 'seenAs'> {
  const { host, port, parameters } = topVia(response)
  const { received, rport } = parameters
  if (received === undefined && (rport === undefined || rport === '')) return {}
  return { seenAs: { host: received ?? host, port: Number(rport) || (port ?? 5060) } }
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
