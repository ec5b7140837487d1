import type { Random } from '../../kernel/random.ts'
import { type Credentials, challengeOf, type DigestChallenge, proofFor } from './digest.ts'
import { type SipRequest, type SipResponse, withHeader } from './message.ts'
import { randomToken } from './requests.ts'
import type { RequestOutcome } from './user-agent.ts'

export const unprovedReasons = [
  /** A proof is wanted and we were given nothing to prove with. */
  'no-credentials',
  /** No challenge that we can answer (RFC 8760 and older are). */
  'unknown-scheme',
  /** A proof made for a nonce of this very exchange was not taken. */
  'credentials-refused',
] as const
export type UnprovedReason = (typeof unprovedReasons)[number]

export type AuthenticatedOutcome =
  | RequestOutcome
  | {
      readonly kind: 'unproved'
      readonly because: UnprovedReason
      readonly response: SipResponse
    }

/** Which part of an exchange a request is: `first` begins it, `proof` answers a challenge. */
export type ExchangePart = 'first' | 'proof'

/** Sends one request and waits for its end: here whoever paces requests counts every round trip. */
export type Exchange = (request: SipRequest, part: ExchangePart) => Promise<RequestOutcome>

/** Requests outside dialogs that share a Call-ID and a user: their numbers rise, a nonce serves as long as it is taken. */
export interface RequestSeries {
  /** Sends the request, and again with a proof for each challenge that we can answer. Rejects only as `exchange` does. */
  send(request: SipRequest, exchange: Exchange): Promise<AuthenticatedOutcome>
}

interface KeptNonce {
  readonly challenge: DigestChallenge
  readonly cnonce: string
  /** How many requests have used it. */
  count: number
}

type KeptNonces = Map<DigestChallenge['answerIn'], KeptNonce>

export function createRequestSeries(parts: {
  readonly random: Random
  readonly credentials?: Credentials
}): RequestSeries {
  const { random, credentials } = parts
  // A proxy on the way and the registrar behind it may each want their own.
  const kept: KeptNonces = new Map()
  let sequence = 0
  const prepared = (request: SipRequest): SipRequest => {
    sequence += 1
    const numbered = withHeader(request, 'CSeq', `${sequence} ${request.method}`)
    if (credentials === undefined) return numbered
    const proofs = [...kept.values()].map((nonce) => {
      const { challenge, cnonce } = nonce
      nonce.count += 1
      const { method, uri } = request
      return proofFor(challenge, { credentials, method, uri, cnonce, count: nonce.count })
    })
    return { ...numbered, headers: [...numbered.headers, ...proofs] }
  }
  return {
    async send(request, exchange) {
      const answered = new Map<DigestChallenge['answerIn'], number>()
      for (let part: ExchangePart = 'first'; ; part = 'proof') {
        const outcome = await exchange(prepared(request), part)
        if (outcome.kind === 'failed' || !wantsProof(outcome.response)) return outcome
        const { response } = outcome
        const challenge = challengeOf(response)
        const because = whyNot(challenge, credentials, answered)
        if (because !== undefined || challenge === undefined) {
          // What was refused is not shown again with the next request.
          kept.clear()
          return { kind: 'unproved', because: because ?? 'unknown-scheme', response }
        }
        const { answerIn } = challenge
        answered.set(answerIn, (answered.get(answerIn) ?? 0) + 1)
        kept.set(answerIn, { challenge, cnonce: randomToken(random, 16), count: 0 })
      }
    },
  }
}

const wantsProof = ({ status }: SipResponse) => status === 401 || status === 407

/**
 * Why a challenge is not answered (again); undefined when it is.
 *
 * A nonce kept from an earlier exchange may be refused for its age without `stale`, so that says nothing of the password;
 * one of this exchange says it, unless it is called stale, and that is believed once.
 */
function whyNot(
  challenge: DigestChallenge | undefined,
  credentials: Credentials | undefined,
  answered: ReadonlyMap<DigestChallenge['answerIn'], number>,
): UnprovedReason | undefined {
  if (credentials === undefined) return 'no-credentials'
  if (challenge === undefined) return 'unknown-scheme'
  const before = answered.get(challenge.answerIn) ?? 0
  const most = challenge.stale ? 2 : 1
  return before < most ? undefined : 'credentials-refused'
}
