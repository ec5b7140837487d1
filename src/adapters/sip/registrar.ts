import type {
  RegisteringAgent,
  RegisterOutcome,
  Registrar,
  RequestMeter,
} from '../../features/registrations/index.ts'
import { ChangeoverError } from '../../kernel/errors.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { type Milliseconds, ms, msOf, seconds } from '../../kernel/units.ts'
import {
  type AuthenticatedOutcome,
  createRequestSeries,
  type Exchange,
  type RequestSeries,
} from '../../protocols/sip/authenticated-request.ts'
import { retryAfterOf } from '../../protocols/sip/digest.ts'
import { listValues, parseNameAddress } from '../../protocols/sip/headers.ts'
import { headerValue, type SipRequest, type SipResponse } from '../../protocols/sip/message.ts'
import { reasonPhrase } from '../../protocols/sip/reason-phrases.ts'
import { newRequest, respondTo } from '../../protocols/sip/requests.ts'
import type { Transaction } from '../../protocols/sip/transaction.ts'
import type { SipTransport } from '../../protocols/sip/transport.ts'
import { formatHost, parseUri } from '../../protocols/sip/uri.ts'
import {
  allowHeader,
  sendRequest,
  type UserAgent,
  type UserAgentOwner,
} from '../../protocols/sip/user-agent.ts'
import { openAgent, product, type Silence, type SipProbeParts } from './agent.ts'

/** A registrar that is spoken to through one socket, for all agents. */
export interface OpenRegistrar extends Registrar {
  close(): Promise<void>
}

/** What an agent's registrations have in common: one Call-ID whose numbers rise (RFC 3261 §10.2). */
interface Registration {
  readonly series: RequestSeries
  readonly uri: string
  readonly from: string
  readonly to: string
  readonly callId: string
  readonly user: string
}

/**
 * Speaks to a registrar for many agents, each with a Contact at this one address.
 *
 * @returns why not, where no connection to it comes about
 */
export async function openRegistrar(
  parts: SipProbeParts,
  target: SipAddress,
  signal: AbortSignal,
): Promise<OpenRegistrar | Silence> {
  const repeats = createRepeatCount()
  const openTransport = async (to: SipAddress) => repeats.watch(await parts.openTransport(to))
  const agent = await openAgent({ ...parts, openTransport }, target, signal, nobodyHome)
  if ('kind' in agent) return agent
  const registrations = new Map<string, Registration>()
  const registrationOf = (of: RegisteringAgent): Registration => {
    const known = registrations.get(of.address) ?? newRegistration(agent, of)
    registrations.set(of.address, known)
    return known
  }
  return {
    async register(of, { expires, meter }) {
      const registration = registrationOf(of)
      const exchange = exchangeOver({ agent, target, repeats, meter })
      const request = registerRequest(agent, registration, expires)
      const outcome = await registration.series.send(request, exchange)
      const contact = agent.contact(registration.user).value
      return read(outcome, { contact, expires })
    },
    close: () => agent.close(),
  }
}

function newRegistration(
  agent: UserAgent,
  { address, credentials }: RegisteringAgent,
): Registration {
  const uri = parseUri(address)
  if (uri.kind !== 'sip') throw new TypeError(`${address} is no SIP address`)
  const { random } = agent.parts
  const port = uri.port === undefined ? '' : `:${uri.port}`
  return {
    series: createRequestSeries({ random, ...(credentials === undefined ? {} : { credentials }) }),
    // The domain alone: it is the registrar that is asked, for somebody in it.
    uri: `${uri.scheme}:${formatHost(uri.host)}${port}`,
    from: `<${address}>;tag=${agent.newTag()}`,
    to: `<${address}>`,
    callId: agent.newCallId(),
    user: uri.user ?? '',
  }
}

function registerRequest(
  agent: UserAgent,
  { uri, from, to, callId, user }: Registration,
  expires: Milliseconds,
): SipRequest {
  return newRequest({
    method: 'REGISTER',
    uri,
    from,
    to,
    callId,
    headers: [
      agent.contact(user),
      { name: 'Expires', value: String(Math.round(expires / 1000)) },
      allowHeader,
      { name: 'User-Agent', value: product },
    ],
  })
}

function exchangeOver(over: {
  readonly agent: UserAgent
  readonly target: SipAddress
  readonly repeats: RepeatCount
  readonly meter: RequestMeter
}): Exchange {
  const { agent, target, repeats, meter } = over
  return async (request, part) => {
    const sent = await meter.permit(part)
    const noLonger = repeats.expect(request, meter)
    const outcome = await sendRequest(agent, request, target)
    noLonger()
    sent.ended(outcome.kind === 'response' ? outcome.response.status : undefined)
    return outcome
  }
}

interface RepeatCount {
  /** What is sent through it is compared with what is expected. */
  watch(transport: SipTransport): SipTransport
  /** The request will be sent once; whatever goes out beyond that is a repetition. Returns what ends it. */
  expect(request: SipRequest, meter: RequestMeter): () => void
}

/**
 * Sees repetitions where they leave: transactions repeat by their own timers (RFC 3261 §17.1.2.2) and ask nobody, and a
 * registrar that is slow gets the more of them.
 */
function createRepeatCount(): RepeatCount {
  const expected = new Map<string, { readonly meter: RequestMeter; sent: number }>()
  const note = (message: Uint8Array) => {
    const one = expected.get(keyOfBytes(message))
    if (one === undefined) return
    one.sent += 1
    if (one.sent > 1) one.meter.repeated()
  }
  return {
    watch: (transport) => ({
      ...transport,
      send(message, to) {
        note(message)
        return transport.send(message, to)
      },
    }),
    expect(request, meter) {
      const key = `${headerValue(request, 'Call-ID')} ${headerValue(request, 'CSeq')}`
      expected.set(key, { meter, sent: 0 })
      return () => expected.delete(key)
    },
  }
}

/** Call-ID and CSeq as we write them: the branch is not known before a request is sent. */
function keyOfBytes(message: Uint8Array): string {
  const text = Buffer.from(message).toString('latin1')
  return `${/^Call-ID: (.*)\r$/m.exec(text)?.[1]} ${/^CSeq: (.*)\r$/m.exec(text)?.[1]}`
}

interface Asked {
  readonly contact: string
  readonly expires: Milliseconds
}

function read(outcome: AuthenticatedOutcome, asked: Asked): RegisterOutcome {
  if (outcome.kind === 'unproved') return { kind: 'unproved', because: outcome.because }
  if (outcome.kind === 'failed') return { kind: 'silent', because: silenceText(outcome) }
  const { response } = outcome
  const { status, reason } = response
  if (status < 300) return readBindings(response, asked)
  const retryAfter = retryAfterOf(response)
  const minExpires = /^\d{1,9}$/.exec(headerValue(response, 'Min-Expires')?.trim() ?? '')?.[0]
  return {
    kind: 'refused',
    status,
    reason,
    ...(retryAfter === undefined ? {} : { retryAfter: msOf(seconds(retryAfter)) }),
    ...(minExpires === undefined ? {} : { minExpires: msOf(seconds(Number(minExpires))) }),
  }
}

function silenceText({
  because,
  error,
}: Extract<AuthenticatedOutcome, { kind: 'failed' }>): string {
  if (because === 'timeout') return 'no answer'
  return error instanceof ChangeoverError ? error.message : 'the request could not be sent'
}

/** A 200 names every binding of the address (RFC 3261 §10.3, step 8): ours must be among them. */
function readBindings(response: SipResponse, { contact, expires }: Asked): RegisterOutcome {
  if (expires === 0) return { kind: 'registered', granted: ms(0) }
  const ours = parseNameAddress(contact)
  // `*` names nobody; only requests have it, and a message is no message with another value that can't be read.
  const bindings = listValues(response, 'Contact')
    .filter((value) => value !== '*')
    .map(parseNameAddress)
  // A border element may write its own host over ours: then the user part tells.
  const bound =
    bindings.find(({ uri }) => uri === ours.uri) ??
    bindings.find(({ uri }) => userOf(uri) === userOf(ours.uri))
  if (bound === undefined) return { kind: 'unbound' }
  const said = bound.parameters['expires'] ?? headerValue(response, 'Expires')
  const granted = said === undefined ? expires : msOf(seconds(Number(said)))
  return granted > 0 ? { kind: 'registered', granted } : { kind: 'unbound' }
}

function userOf(text: string): string | undefined {
  const uri = parseUri(text)
  return uri.kind === 'sip' ? uri.user : undefined
}

/** What finds its way to our Contacts: keep-alives are answered, calls go on to wherever else the agent is. */
const nobodyHome: UserAgentOwner = {
  onInvite: (request, transaction) => answer(transaction, request, 480),
  onRequest: (request, transaction) =>
    answer(transaction, request, request.method === 'OPTIONS' ? 200 : 405),
  onCancel: () => undefined,
}

function answer(transaction: Transaction, request: SipRequest, status: number): void {
  const response = respondTo(request, status, reasonPhrase(status), {
    toTag: 'nobody-home',
    headers: [allowHeader],
  })
  transaction.handle({ kind: 'respond', response })
}
