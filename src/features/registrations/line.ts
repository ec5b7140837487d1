import { assertNever } from '../../kernel/assert-never.ts'
import { type EpochMs, later, type Milliseconds } from '../../kernel/units.ts'
import { askedExpiry, decideRegistration, type NextMove } from './decide-registration.ts'
import type { RegisteringAgent, RegisterOutcome } from './ports.ts'
import type { RegistrationSettings } from './settings.ts'

export const lineStates = ['registered', 'pending', 'retrying', 'givenUp', 'takenBack'] as const
/**
 * Where an agent stands: `pending` had no answer that counts yet, `retrying` is not bound (any more) after one,
 * `takenBack` was unregistered by us.
 */
export type LineState = (typeof lineStates)[number]

export type LineCounts = Readonly<Record<LineState, number>>

/** One agent in a campaign. */
export interface Line {
  readonly agent: RegisteringAgent
  /** Until when the registrar has our Contact, as far as it said. */
  boundUntil?: EpochMs
  /** In a row. */
  failures: number
  /** What the registrar wants at least (423). */
  leastExpires?: Milliseconds
  /** Why it is tried again, or no more. */
  because?: string
  /** A REGISTER has left that was not refused: the registrar may have our Contact, whether it said so or not. */
  mayBeBound: boolean
  end?: 'givenUp' | 'takenBack'
}

export const newLine = (agent: RegisteringAgent): Line => ({
  agent,
  failures: 0,
  mayBeBound: false,
})

/** An agent whose binding ran out is not registered, whatever was answered once. */
export function stateOf({ end, boundUntil, because }: Line, now: EpochMs): LineState {
  if (end !== undefined) return end
  if (boundUntil !== undefined) return boundUntil > now ? 'registered' : 'retrying'
  return because === undefined ? 'pending' : 'retrying'
}

/** Every agent is in exactly one state, so the counts add up at every moment. */
export function countLines(lines: readonly Line[], now: EpochMs): LineCounts {
  const counts = { registered: 0, pending: 0, retrying: 0, givenUp: 0, takenBack: 0 }
  for (const line of lines) counts[stateOf(line, now)] += 1
  return counts
}

export function expiryFor(line: Line, expires: Milliseconds, draw: number): Milliseconds {
  const asked = askedExpiry(expires, draw)
  return line.leastExpires !== undefined && line.leastExpires > asked ? line.leastExpires : asked
}

/** Takes an outcome into the line, and says what is next. */
export function takeOutcome(
  line: Line,
  answer: {
    readonly outcome: RegisterOutcome
    readonly expires: Milliseconds
    readonly now: EpochMs
    readonly draw: number
  },
  { backoff }: RegistrationSettings,
): NextMove {
  const { outcome, now } = answer
  // A refusal changes nothing: what was bound before still is.
  if (outcome.kind === 'refused' || outcome.kind === 'unproved')
    line.mayBeBound = line.boundUntil !== undefined && line.boundUntil > now
  const move = decideRegistration({ ...answer, failures: line.failures }, backoff)
  switch (move.kind) {
    case 'refresh':
      line.failures = 0
      delete line.because
      if (outcome.kind === 'registered') line.boundUntil = later(now, outcome.granted)
      break
    case 'retry':
      if (move.isFailure) line.failures += 1
      if (move.expires !== undefined) line.leastExpires = move.expires
      line.because = move.because
      break
    case 'give-up':
      line.end = 'givenUp'
      line.because = move.because
      break
    default:
      assertNever(move)
  }
  return move
}
