import { type ErrorFacts, errorFacts } from '../kernel/errors.ts'
import type { StepKey } from '../kernel/ids.ts'
import { type EpochMs, later, ms } from '../kernel/units.ts'
import { isNoted, one, type Performed, usualPause } from './performed.ts'
import { attemptsBefore, type StepState } from './run-state.ts'

/** Retries of one step: 1 s, 2 s, 4 s … at most 60 s apart; after eight an operator decides. World time. */
const longestBackoff = ms(60_000)
const mostAttempts = 8

/** What comes of an error that a step threw, by its remedy. */
export function afterError(
  step: StepState,
  key: StepKey,
  thrown: unknown,
  now: EpochMs,
): Performed {
  const error = errorFacts(thrown)
  if (error.remedy === 'wait') return afterWait(step, key, error, now)
  const retryAt = retryTime(error, attemptsBefore(step, error) + 1, now)
  const when = retryAt === undefined ? {} : { retryAt }
  return one({ kind: 'attempt-failed', step: key, error, ...when })
}

/** Nothing is wrong, it takes time: no attempt counts; the step's patience bounds it, as it bounds `not-yet`. */
function afterWait(step: StepState, key: StepKey, error: ErrorFacts, now: EpochMs): Performed {
  const named = error.details['retryAfterMs']
  const retryAt = later(now, typeof named === 'number' ? ms(named) : usualPause)
  const isKnown = step.trouble?.error.code === error.code && isNoted(step, now)
  return {
    events: isKnown ? [] : [{ kind: 'attempt-failed', step: key, error, retryAt }],
    lookAgain: { key, at: retryAt },
  }
}

function retryTime({ remedy }: ErrorFacts, attempts: number, now: EpochMs): EpochMs | undefined {
  if (remedy !== 'retry' || attempts >= mostAttempts) return undefined
  return later(now, ms(Math.min(longestBackoff, 1000 * 2 ** (attempts - 1))))
}
