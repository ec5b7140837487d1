import { assertNever } from '../kernel/assert-never.ts'
import { canonicalJson } from '../kernel/canonical-json.ts'
import type { StepKey } from '../kernel/ids.ts'
import { type EpochMs, later, type Milliseconds, ms } from '../kernel/units.ts'
import { isNoted, type Performed, usualPause } from './performed.ts'
import type { RunEvent } from './run-event.ts'
import type { Hold, Verification } from './step.ts'
import { endOfNewHold, type StepState } from './step-state.ts'

/** A hold is looked at again this soon at first, since most of them only lack some calls, and this seldom at last. World time. */
const shortestHoldPause = ms(2000)
const longestHoldPause = ms(30_000)

/** Half of the time that it has lasted, within bounds. */
function holdPause(held: StepState['held'], now: EpochMs): Milliseconds {
  const lasted = held === undefined ? 0 : held.hold.longest - (held.until - now)
  return ms(Math.min(longestHoldPause, Math.max(shortestHoldPause, lasted / 2)))
}

/** What comes of a look that did not find what it must. Pure. */
export function stillOpen(
  step: StepState,
  key: StepKey,
  verification: Exclude<Verification, { kind: 'verified' }>,
  now: EpochMs,
): Performed {
  switch (verification.kind) {
    case 'hold':
      return hold(step, key, verification, now)
    case 'by-hand':
      return askForHand(step, key, verification, now)
    case 'not-yet':
    case 'failed':
      return wait(step, key, verification, now)
    default:
      return assertNever(verification)
  }
}

function hold(
  { held, ...step }: StepState,
  key: StepKey,
  { because, hold: how }: { readonly because: string; readonly hold: Hold },
  now: EpochMs,
): Performed {
  const lookAgain = { key, at: later(now, holdPause(held, now)) }
  if (held !== undefined && (isNoted(step, now) || held.because === because))
    return { events: [], lookAgain }
  const until = held?.until ?? endOfNewHold(step, how.longest, now)
  return { events: [{ kind: 'held', step: key, because, hold: how, until }], lookAgain }
}

/** Asked once, however often and in however many processes it is looked at. */
function askForHand(
  { held, ...step }: StepState,
  key: StepKey,
  verification: Extract<Verification, { kind: 'by-hand' }>,
  now: EpochMs,
): Performed {
  const { because, hold: how, expects } = verification
  const lookAgain = { key, at: later(now, holdPause(held, now)) }
  if (held?.expects === expects && held.because === because) return { events: [], lookAgain }
  const until = endOfNewHold(step, how.longest, now)
  return { events: [{ kind: 'held', step: key, because, hold: how, until, expects }], lookAgain }
}

/**
 * Not there yet. Written down when the reason is a new one, and not more often than every five minutes:
 * counts in it change at each look, and 72 h of looks must not be thousands of rows. What is to be
 * remembered is written down whenever it changes.
 */
function wait(
  step: StepState,
  key: StepKey,
  verification: Extract<Verification, { kind: 'not-yet' | 'failed' }>,
  now: EpochMs,
): Performed {
  const { because } = verification
  const { lookAgainAt, remember } =
    verification.kind === 'not-yet' ? verification : { lookAgainAt: undefined, remember: undefined }
  const lookAgain = { key, at: lookAgainAt ?? later(now, usualPause) }
  const isTold = isNoted(step, now) || step.waitingFor === because || step.held !== undefined
  if (isTold && isSame(step.remembered, remember)) return { events: [], lookAgain }
  const waiting: RunEvent = { kind: 'waiting', step: key, because }
  return { events: [remember === undefined ? waiting : { ...waiting, remember }], lookAgain }
}

function isSame(one: unknown, other: unknown): boolean {
  return canonicalJson(one ?? null) === canonicalJson(other ?? null)
}
