import type { StepKey } from '../kernel/ids.ts'
import { type EpochMs, later, ms } from '../kernel/units.ts'
import type { RunRequest } from './ports.ts'
import type { RunEvent } from './run-event.ts'
import type { RunState } from './run-state.ts'
import { currentBack, currentForward, isAtRest } from './visits.ts'

/** An operator's hold ends by itself, in the safe direction, after half an hour. */
const longestOperatorHold = ms(1_800_000)

/**
 * What an operator's request does to a run: one or two journal entries, whether it is granted or not.
 *
 * Nobody is refused in silence: a request that can't be granted is journalled with the reason.
 */
export function decideRequest(
  state: RunState,
  request: RunRequest,
  now: EpochMs,
): readonly RunEvent[] {
  const refusal = refusalOf(state, request)
  const { verb, by, reason, secondPerson } = request
  const requested: RunEvent = {
    kind: 'requested',
    verb,
    by,
    accepted: refusal === undefined,
    because: refusal ?? 'granted',
    request: request.id,
    ...(reason === undefined ? {} : { reason }),
    ...(secondPerson === undefined ? {} : { secondPerson }),
    ...targetOf(state, request),
    ...(verb === 'hold' ? { holdUntil: later(now, longestOperatorHold) } : {}),
  }
  return refusal === undefined ? [requested, ...consequences(request)] : [requested]
}

function refusalOf(state: RunState, request: RunRequest): string | undefined {
  if (state.outcome !== undefined) return `the run has ended (${state.outcome})`
  switch (request.verb) {
    case 'pause':
      return state.paused === undefined ? undefined : `it is paused already, by ${state.paused.by}`
    case 'hold':
      return state.direction === 'back' ? 'it is going back; pause stops that too' : undefined
    // Of a run that is not paused too: it is how a run that was left by Ctrl-C is taken up again.
    case 'resume':
      return undefined
    case 'retry':
      return currentStep(state) === undefined ? 'no step is left to retry' : undefined
    case 'skip':
      return refusalOfSkip(state, request)
    case 'rollback':
      return state.direction === 'back' ? 'it is going back already' : undefined
    case 'cancel':
      return refusalOfCancel(state, request)
  }
}

function refusalOfSkip(
  state: RunState,
  { by, reason, secondPerson }: RunRequest,
): string | undefined {
  if (currentStep(state) === undefined) return 'no step is left to skip'
  if (reason === undefined) return 'a skip needs a reason'
  if (secondPerson === undefined) return 'a skip needs a second person'
  return secondPerson === by ? 'nobody approves their own request' : undefined
}

function refusalOfCancel(state: RunState, { reason }: RunRequest): string | undefined {
  if (reason === undefined) return 'a cancel needs a reason'
  if (isAtRest(state)) return undefined
  return 'callers depend on the steps that are still to come: roll back instead, or let it go on'
}

function targetOf(state: RunState, { verb }: RunRequest): { readonly step?: StepKey } {
  const step = verb === 'retry' || verb === 'skip' ? currentStep(state) : undefined
  return step === undefined ? {} : { step }
}

function currentStep(state: RunState): StepKey | undefined {
  const planned = state.direction === 'forward' ? currentForward(state) : currentBack(state)
  return planned?.key
}

function consequences({ verb, by, reason }: RunRequest): readonly RunEvent[] {
  const because = reason ?? `asked for by ${by}`
  if (verb === 'rollback') return [{ kind: 'rollback-started', because, by }]
  if (verb === 'cancel') return [{ kind: 'ended', outcome: 'cancelled', summary: because }]
  return []
}
