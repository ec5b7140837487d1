import { createHash } from 'node:crypto'
import { SipFormatError } from './errors.ts'
import { headerValue, headerValues, type SipHeader, type SipMessage } from './message.ts'
import { splitOutsideQuotes } from './parameters.ts'

/** Of RFC 3261 §22.4 and RFC 8760; what else is asked for can't be answered. */
const hashes = { MD5: 'md5', 'SHA-256': 'sha256' } as const
type Algorithm = keyof typeof hashes

/** What a server asks us to prove (RFC 7616 §3.3). */
export interface DigestChallenge {
  readonly realm: string
  readonly nonce: string
  readonly algorithm: Algorithm
  /** The hash of the password is made anew for each nonce (`-sess`). */
  readonly session: boolean
  /** `auth`, where the server offers it; without it nothing is counted. */
  readonly counted: boolean
  readonly opaque?: string
  /** Our password was right, the nonce too old. */
  readonly stale: boolean
  /** Where the proof goes: Authorization after a 401, Proxy-Authorization after a 407. */
  readonly answerIn: 'Authorization' | 'Proxy-Authorization'
}

export interface Credentials {
  readonly username: string
  readonly password: string
}

const asks = [
  { header: 'WWW-Authenticate', answerIn: 'Authorization' },
  { header: 'Proxy-Authenticate', answerIn: 'Proxy-Authorization' },
] as const

/** The first challenge of a 401 or 407 that we can answer (RFC 8760 §2.4: the server's order is its preference). */
export function challengeOf(response: SipMessage): DigestChallenge | undefined {
  for (const { header, answerIn } of asks) {
    // Each field is one challenge: a comma parts its parameters (RFC 3261 §7.3.1).
    for (const value of headerValues(response, header)) {
      const challenge = readChallenge(value, answerIn)
      if (challenge !== undefined) return challenge
    }
  }
  return undefined
}

function readChallenge(
  value: string,
  answerIn: DigestChallenge['answerIn'],
): DigestChallenge | undefined {
  const fields = digestFields(value)
  const realm = fields?.get('realm')
  const nonce = fields?.get('nonce')
  if (fields === undefined || realm === undefined || nonce === undefined) return undefined
  const named = (fields.get('algorithm') ?? 'MD5').toUpperCase()
  const session = named.endsWith('-SESS')
  const algorithm = session ? named.slice(0, -'-SESS'.length) : named
  if (!isAlgorithm(algorithm)) return undefined
  const offered = fields
    .get('qop')
    ?.split(',')
    .map((word) => word.trim().toLowerCase())
  // auth-int alone proves the body, too; nobody asks that of a phone.
  if (offered !== undefined && !offered.includes('auth')) return undefined
  const opaque = fields.get('opaque')
  return {
    realm,
    nonce,
    algorithm,
    session,
    counted: offered !== undefined,
    ...(opaque === undefined ? {} : { opaque }),
    stale: fields.get('stale')?.toLowerCase() === 'true',
    answerIn,
  }
}

function isAlgorithm(name: string): name is Algorithm {
  return name in hashes
}

/** Nothing of a value whose quotes don't end: a challenge that can't be read is none that can be answered. */
function partsOf(text: string): readonly string[] {
  try {
    return splitOutsideQuotes(text, ',')
  } catch (error) {
    if (error instanceof SipFormatError) return []
    throw error
  }
}

/** Parameters of `Digest …` by lower-case name, without their quotes; undefined for another scheme. */
export function digestFields(value: string): ReadonlyMap<string, string> | undefined {
  const match = /^digest\s+(.*)$/is.exec(value.trim())
  if (match === null) return undefined
  const fields = partsOf(match[1] ?? '').map((field) => {
    const equals = field.indexOf('=')
    const name = field.slice(0, Math.max(equals, 0)).trim().toLowerCase()
    return [name, unquoted(field.slice(equals + 1).trim())] as const
  })
  return new Map(fields)
}

function unquoted(text: string): string {
  if (!text.startsWith('"') || !text.endsWith('"') || text.length < 2) return text
  return text.slice(1, -1).replaceAll(/\\(.)/gs, '$1')
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (mark) => `\\${mark}`)}"`
}

/** What a proof is made of beside the challenge. */
export interface Proof {
  readonly credentials: Credentials
  readonly method: string
  /** The Request-URI, letter by letter. */
  readonly uri: string
  /** Drawn anew for each nonce. */
  readonly cnonce: string
  /** How many requests have used this nonce, this one included: from 1. */
  readonly count: number
}

/** The header that answers a challenge (RFC 7616 §3.4; without `qop` RFC 2069's way, RFC 3261 §22.4). */
export function proofFor(challenge: DigestChallenge, proof: Proof): SipHeader {
  const { realm, nonce, opaque, counted } = challenge
  const algorithm = `${challenge.algorithm}${challenge.session ? '-sess' : ''}`
  const fields = [
    `username=${quoted(proof.credentials.username)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(proof.uri)}`,
    `response="${digestResponse(challenge, proof)}"`,
    `algorithm=${algorithm}`,
    ...(counted || challenge.session ? [`cnonce=${quoted(proof.cnonce)}`] : []),
    ...(counted ? ['qop=auth', `nc=${counterOf(proof)}`] : []),
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
  ]
  return { name: challenge.answerIn, value: `Digest ${fields.join(', ')}` }
}

const counterOf = ({ count }: Proof) => count.toString(16).padStart(8, '0')

/** The `response` of a digest, in hex (RFC 7616 §3.4.1). */
export function digestResponse(
  challenge: Pick<DigestChallenge, 'realm' | 'nonce' | 'algorithm' | 'session' | 'counted'>,
  proof: Proof,
): string {
  const { realm, nonce, algorithm, session, counted } = challenge
  const { username, password } = proof.credentials
  const hash = (text: string) => createHash(hashes[algorithm]).update(text).digest('hex')
  const secret = hash(`${username}:${realm}:${password}`)
  const ha1 = session ? hash(`${secret}:${nonce}:${proof.cnonce}`) : secret
  const ha2 = hash(`${proof.method}:${proof.uri}`)
  const between = counted ? `${nonce}:${counterOf(proof)}:${proof.cnonce}:auth` : nonce
  return hash(`${ha1}:${between}:${ha2}`)
}

/** Seconds that a 4xx, 5xx or 6xx asks us to stay away (RFC 3261 §20.33); undefined where it does not say. */
export function retryAfterOf(response: SipMessage): number | undefined {
  const match = /^\s*(\d{1,9})/.exec(headerValue(response, 'Retry-After') ?? '')
  return match === null ? undefined : Number(match[1])
}
