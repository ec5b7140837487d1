import { type EpochMs, later } from '../../../kernel/units.ts'
import type { HttpRequest } from '../../../protocols/http/transport.ts'
import { type Answer, answer } from './operation.ts'
import type { OrgFacts } from './state.ts'

/** Tokens that the organisation has given out, and how much each has used of its rate. */
export interface Tokens {
  issue(request: HttpRequest): Answer
  /** undefined when the request carries no token that is valid now. */
  ofRequest(request: HttpRequest): Token | undefined
  /** Ends every token at once, as an administrator may. */
  revokeAll(): void
}

export interface Token {
  readonly text: string
  readonly expires: EpochMs
  /** World minute that `used` belongs to. */
  minute: number
  used: number
}

export function createTokens(facts: OrgFacts): Tokens {
  const tokens = new Map<string, Token>()
  return {
    issue(request) {
      if (!isClient(request, facts)) return refusal('invalid_client', 'authentication failed')
      const form = new URLSearchParams(request.body ?? '')
      if (form.get('grant_type') !== 'client_credentials') {
        return refusal('unsupported_grant_type', 'this client may use client_credentials only')
      }
      const { now, timing } = facts
      const text = facts.newId().replaceAll('-', '')
      const expires = later(now(), timing.tokenLife)
      tokens.set(text, { text, expires, minute: 0, used: 0 })
      const expiresIn = Math.floor(timing.tokenLife / 1000)
      return answer({ access_token: text, token_type: 'bearer', expires_in: expiresIn })
    },
    ofRequest({ headers }) {
      const [, text] = /^bearer (\S+)$/i.exec(headers['authorization'] ?? '') ?? []
      const token = tokens.get(text ?? '')
      return token === undefined || facts.now() >= token.expires ? undefined : token
    },
    revokeAll: () => tokens.clear(),
  }
}

/** What a request costs the token: how much of the minute is used, and when the next begins. World time. */
export function spend(
  token: Token,
  facts: OrgFacts,
): {
  readonly allowed: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly wait: number
} {
  const now = facts.now()
  const minute = Math.floor(now / 60_000)
  if (token.minute !== minute) {
    token.minute = minute
    token.used = 0
  }
  const wait = Math.max(1, Math.ceil(((minute + 1) * 60_000 - now) / 1000))
  const allowed = token.used < facts.ratePerMinute
  if (allowed) token.used += 1
  const headers = {
    'inin-ratelimit-count': String(token.used),
    'inin-ratelimit-allowed': String(facts.ratePerMinute),
    'inin-ratelimit-reset': String(wait),
  }
  return { allowed, headers, wait }
}

function isClient({ headers }: HttpRequest, { client }: OrgFacts): boolean {
  const [, basic] = /^basic (\S+)$/i.exec(headers['authorization'] ?? '') ?? []
  const given = Buffer.from(basic ?? '', 'base64').toString('utf8')
  return given === `${client.id}:${client.secret}`
}

function refusal(error: string, description: string): Answer {
  return answer({ error, description, error_description: description }, 400)
}
