import type { WireClock } from '../../kernel/clock.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { SipFormatError } from './errors.ts'
import { formatMessage } from './format-message.ts'
import { callIdOf, cseqOf, fromOf, listValues, responseAddress, topVia } from './headers.ts'
import type { SipHeader, SipRequest, SipResponse } from './message.ts'
import { readIncoming } from './read-incoming.ts'
import { respondTo } from './requests.ts'
import type { SipTransport } from './transport.ts'
import { parseUri } from './uri.ts'

/** What is asked of whoever decides: one INVITE. */
export interface RedirectQuestion {
  /** User part of the Request-URI: the number called. */
  readonly number: string
  readonly uri: string
  /** User part of From. */
  readonly caller: string
  readonly callId: string
  readonly from: SipAddress
}

/** Where the call goes: the first contact, and the others in turn should it not be answered there. */
export type RedirectDecision =
  | { readonly kind: 'redirect'; readonly contacts: readonly string[] }
  | { readonly kind: 'refuse'; readonly status: number; readonly reason: string }

/** How many requests a second one peer may send, and how many at once after a silence. */
export interface PeerRate {
  readonly perSecond: number
  readonly burst: number
}

export interface RedirectCounts {
  redirected: number
  refused: number
  options: number
  /** Answered 400 or 505, or too broken to be answered. */
  malformed: number
  /** Of peers that are not allowed: they hear nothing. */
  strangers: number
  /** Above the rate of their peer: answered 503, and beyond twice the rate not at all. */
  throttled: number
}

export interface RedirectServerParts {
  readonly transport: SipTransport
  readonly wireClock: WireClock
  /** Goes into Server. */
  readonly product: string
  /** Pure and quick: it is asked again when an INVITE is repeated. */
  readonly decide: (question: RedirectQuestion) => RedirectDecision
  readonly isAllowed: (host: string) => boolean
  readonly rate: PeerRate
}

export interface RedirectServer {
  readonly local: SipAddress
  readonly counts: Readonly<RedirectCounts>
  close(): Promise<void>
}

const methods = 'INVITE, ACK, CANCEL, OPTIONS'
/** Peers whose rate is remembered; the one that has been quiet longest is forgotten. */
const mostPeers = 10_000

/**
 * Answers INVITE with 302 and Contacts in the order of a decision (RFC 3261 §8.3), OPTIONS with 200.
 *
 * Stateless (§8.2.7): a repeated request gets the same answer again, its tag made of what stays the same; ACK and
 * CANCEL need no answer. So nothing is kept of a call, and a flood fills no memory.
 */
export function createRedirectServer(parts: RedirectServerParts): RedirectServer {
  const counts: RedirectCounts = {
    redirected: 0,
    refused: 0,
    options: 0,
    malformed: 0,
    strangers: 0,
    throttled: 0,
  }
  const admit = createAdmission(parts)
  const stop = parts.transport.onMessage((bytes, from) => {
    const admitted = admit(from.host)
    if (admitted === 'stranger') counts.strangers += 1
    else if (admitted === 'silent') counts.throttled += 1
    else answer({ ...parts, counts, isOver: admitted === 'over' }, bytes, from)
  })
  return {
    local: parts.transport.local,
    counts,
    close() {
      stop()
      return parts.transport.close()
    },
  }
}

type Admission = 'welcome' | 'over' | 'silent' | 'stranger'

/** A token bucket for each peer, in wire time. Below zero it is over; a whole burst below zero it is not answered. */
function createAdmission({ isAllowed, rate, wireClock }: RedirectServerParts) {
  const buckets = new Map<string, { tokens: number; at: number }>()
  return (host: string): Admission => {
    const now = wireClock.now()
    const known = buckets.get(host)
    if (known === undefined && !isAllowed(host)) return 'stranger'
    const { tokens, at } = known ?? { tokens: rate.burst, at: now }
    const filled = Math.min(rate.burst, tokens + ((now - at) / 1000) * rate.perSecond)
    const left = Math.max(-rate.burst, filled - 1)
    buckets.delete(host)
    buckets.set(host, { tokens: left, at: now })
    if (buckets.size > mostPeers) buckets.delete(buckets.keys().next().value ?? host)
    if (left >= 0) return 'welcome'
    return left > -rate.burst ? 'over' : 'silent'
  }
}

interface Answering extends RedirectServerParts {
  readonly counts: RedirectCounts
  readonly isOver: boolean
}

function answer(work: Answering, bytes: Uint8Array, from: SipAddress): void {
  const { counts } = work
  const incoming = readIncoming(bytes, from)
  if (incoming.kind === 'nothing') {
    counts.malformed += 1
    return
  }
  if (incoming.kind === 'refuse') {
    counts.malformed += 1
    send(work, incoming.response, incoming.to)
    return
  }
  const { message } = incoming
  if (message.kind === 'response' || message.method === 'ACK' || message.method === 'CANCEL') return
  const to = responseAddress(topVia(message), from)
  try {
    send(work, answerTo(work, message, from), to)
  } catch (error) {
    // A header that only we look into can't be read.
    if (!(error instanceof SipFormatError)) throw error
    counts.malformed += 1
    send(work, respondTo(message, 400, 'Bad Request', { toTag: tagFor(message) }), to)
  }
}

function send({ transport }: Answering, response: SipResponse, to: SipAddress): void {
  // A peer that is gone is not told; it will ask again.
  void transport.send(formatMessage(response), to).catch(() => undefined)
}

function answerTo(work: Answering, request: SipRequest, from: SipAddress): SipResponse {
  const { counts, isOver, product } = work
  const say = (status: number, reason: string, headers: readonly SipHeader[] = []) =>
    respondTo(request, status, reason, {
      toTag: tagFor(request),
      headers: [{ name: 'Server', value: product }, ...headers],
    })
  if (isOver) {
    counts.throttled += 1
    return say(503, 'Service Unavailable', [{ name: 'Retry-After', value: '1' }])
  }
  const required = listValues(request, 'Require')
  if (required.length > 0) {
    counts.refused += 1
    return say(420, 'Bad Extension', [{ name: 'Unsupported', value: required.join(', ') }])
  }
  const allow = { name: 'Allow', value: methods }
  if (request.method === 'OPTIONS') {
    counts.options += 1
    return say(200, 'OK', [allow])
  }
  if (request.method !== 'INVITE') {
    counts.refused += 1
    return say(405, 'Method Not Allowed', [allow])
  }
  const decision = work.decide(questionOf(request, from))
  if (decision.kind === 'refuse') {
    counts.refused += 1
    return say(decision.status, decision.reason)
  }
  counts.redirected += 1
  return say(302, 'Moved Temporarily', contactHeaders(decision.contacts))
}

/** The order is said twice: by the list, and by `q` for those who look at it (RFC 3261 §20.10). */
function contactHeaders(contacts: readonly string[]): readonly SipHeader[] {
  return contacts.map((uri, index) => ({
    name: 'Contact',
    value: `<${uri}>;q=${Math.max(0, 1 - index * 0.1).toFixed(1)}`,
  }))
}

function questionOf(request: SipRequest, from: SipAddress): RedirectQuestion {
  const user = (text: string) => {
    const uri = parseUri(text)
    return uri.kind === 'sip' ? (uri.user ?? '') : uri.rest
  }
  return {
    number: user(request.uri),
    uri: request.uri,
    caller: user(fromOf(request).uri),
    callId: callIdOf(request),
    from,
  }
}

/** The same for a repeated request, another for another (§8.2.7): FNV-1a over what names the transaction. */
function tagFor(request: SipRequest): string {
  const branch = topVia(request).parameters['branch'] ?? ''
  let hash = 2_166_136_261
  for (const letter of `${branch} ${callIdOf(request)} ${cseqOf(request).number}`)
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619)
  return (hash >>> 0).toString(36)
}
