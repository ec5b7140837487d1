import { type Milliseconds, ms } from '../../kernel/units.ts'
import type { RegisterOutcome } from './ports.ts'
import type { BackoffSettings } from './settings.ts'

/** What is done next for an agent. */
export type NextMove =
  /** Bound; again before it expires. */
  | { readonly kind: 'refresh'; readonly after: Milliseconds }
  | {
      readonly kind: 'retry'
      readonly after: Milliseconds
      readonly because: string
      /** Whether the next failure waits longer for this one. */
      readonly isFailure: boolean
      /** What the registrar will take at least. */
      readonly expires?: Milliseconds
    }
  /** The same request would get the same answer: somebody has to change something first. */
  | { readonly kind: 'give-up'; readonly because: string }

export interface Attempt {
  readonly outcome: RegisterOutcome
  /** What was asked for. */
  readonly expires: Milliseconds
  /** Failures in a row before this. */
  readonly failures: number
  /** From 0 to 1 (exclusive), of the run's seeded chance. */
  readonly draw: number
}

type Refused = Extract<RegisterOutcome, { kind: 'refused' }>

/** Refreshed somewhere in this part of what was granted: a burst comes back spread over 40 % of the expiry. */
const refreshFrom = 0.5
const refreshTo = 0.9

/** Asked for less by up to this share, so that bindings that nobody refreshes don't all lapse at once either. */
const expiryJitter = 0.1

/** Expires is in whole seconds. */
export function askedExpiry(expires: Milliseconds, draw: number): Milliseconds {
  return ms(Math.max(1, Math.round((expires * (1 - expiryJitter * draw)) / 1000)) * 1000)
}

/** What an answer means (D8): each status for what it says, not one rule for all that are no 200. */
export function decideRegistration(attempt: Attempt, backoff: BackoffSettings): NextMove {
  const { outcome, draw } = attempt
  switch (outcome.kind) {
    case 'registered':
      return {
        kind: 'refresh',
        after: ms(outcome.granted * (refreshFrom + (refreshTo - refreshFrom) * draw)),
      }
    case 'unbound':
      return failure(attempt, backoff, '200 without our Contact')
    case 'silent':
      return failure(attempt, backoff, outcome.because)
    case 'unproved':
      return { kind: 'give-up', because: unprovedText[outcome.because] }
    case 'refused':
      return decideRefused(outcome, attempt, backoff)
  }
}

const unprovedText = {
  'no-credentials': 'the registrar asks for a proof and the file has no password',
  'unknown-scheme': 'the registrar asks for a proof of a kind that we do not know',
  'credentials-refused': 'wrong user or password (401 after our proof)',
} as const

/** The registrar is busy, on the way somewhere, or not reached by the proxy: later it may be otherwise. */
const passing: ReadonlySet<number> = new Set([408, 429, 480, 500, 502, 503, 504])

function decideRefused(refused: Refused, attempt: Attempt, backoff: BackoffSettings): NextMove {
  const { status, reason, retryAfter } = refused
  const because = `${status} ${reason}`.trimEnd()
  if (status === 423) return decideTooBrief(refused, attempt, because)
  // Somebody cancelled it: that says nothing of the registration (D8).
  if (status === 487) {
    return {
      kind: 'retry',
      after: backoffAfter(0, attempt.draw, backoff),
      because,
      isFailure: false,
    }
  }
  if (!passing.has(status)) return { kind: 'give-up', because }
  const move = failure(attempt, backoff, because)
  // Never earlier than told; and not all who were told the same at the same instant.
  return retryAfter === undefined ? move : { ...move, after: ms(retryAfter + move.after) }
}

function decideTooBrief({ minExpires }: Refused, { expires }: Attempt, because: string): NextMove {
  if (minExpires === undefined) {
    return { kind: 'give-up', because: `${because}, without a Min-Expires` }
  }
  if (minExpires <= expires) {
    return { kind: 'give-up', because: `${because}, though its Min-Expires was asked for` }
  }
  return { kind: 'retry', after: ms(0), because, isFailure: false, expires: minExpires }
}

function failure(
  { failures, draw }: Attempt,
  backoff: BackoffSettings,
  because: string,
): Extract<NextMove, { kind: 'retry' }> {
  return { kind: 'retry', after: backoffAfter(failures, draw, backoff), because, isFailure: true }
}

/** Doubled with each failure up to the cap, and of that 50 to 100 % by chance (RFC 5626 §4.5). */
function backoffAfter(
  failures: number,
  draw: number,
  { base, cap }: BackoffSettings,
): Milliseconds {
  return ms(Math.min(cap, base * 2 ** failures) * (0.5 + draw / 2))
}
