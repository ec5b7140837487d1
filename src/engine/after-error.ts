import { type ErrorFacts, errorFacts } from '../kernel/errors.ts'
import type { StepKey } from '../kernel/ids.ts'
import { type EpochMs, later, type Milliseconds, ms } from '../kernel/units.ts'
import { isNoted, one, type Performed, usualPause } from './performed.ts'
import { attemptsBefore, type StepState } from './step-state.ts'

/** Retries of one step: 1 s, 2 s, 4 s … and 60 s apart from then on. World time. */
const longestBackoff = ms(60_000)
/** So many attempts are journalled one by one; later ones only now and then. */
const mostNoted = 8

/**
 * What comes of an error that a step threw, by its remedy.
 *
 * What may pass by itself is asked again, and bounded by the step's patience as `not-yet` is: then the
 * run holds, with an owner, and still goes on when it passes. A vendor's outage is longer than a few
 * attempts, and on the way back nobody else would go on. What must not be repeated holds at once, and is
 * not asked again before somebody says `retry`.
 */
export function afterError(
  step: StepState,
  key: StepKey,
  thrown: unknown,
  now: EpochMs,
): Performed {
  const error = errorFacts(thrown)
  if (!mayPass(error)) return one({ kind: 'attempt-failed', step: key, error })
  const attempts = attemptsBefore(step, error) + 1
  const retryAt = later(now, pauseAfter(error, attempts))
  const isKnown = step.trouble?.error.code === error.code && isNoted(step, now)
  const isTold = isKnown && (error.remedy === 'wait' || attempts > mostNoted)
  return {
    events: isTold ? [] : [{ kind: 'attempt-failed', step: key, error, retryAt }],
    lookAgain: { key, at: retryAt },
  }
}

/** Nothing is wrong and it takes time, or what is wrong may end without anybody's help. */
export function mayPass({ remedy }: Pick<ErrorFacts, 'remedy'>): boolean {
  return remedy === 'wait' || remedy === 'retry'
}

function pauseAfter({ remedy, details }: ErrorFacts, attempts: number): Milliseconds {
  if (remedy === 'retry') return ms(Math.min(longestBackoff, 1000 * 2 ** (attempts - 1)))
  const named = details['retryAfterMs']
  return typeof named === 'number' ? ms(named) : usualPause
}
