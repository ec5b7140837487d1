import type { StepKey } from '../kernel/ids.ts'
import { type EpochMs, later, ms } from '../kernel/units.ts'
import { refusalUntilRead } from './decide-read-back.ts'
import type { RunRequest } from './ports.ts'
import type { RunEvent, Verb } from './run-event.ts'
import { type RunState, stepState } from './run-state.ts'
import { currentBack, currentForward, handsAwaited, isAtRest } from './visits.ts'

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
  const { verb, by, reason, secondPerson, typed } = request
  const requested: RunEvent = {
    kind: 'requested',
    verb,
    by,
    accepted: refusal === undefined,
    because: refusal ?? 'granted',
    request: request.id,
    ...(reason === undefined ? {} : { reason }),
    ...(secondPerson === undefined ? {} : { secondPerson }),
    ...(typed === undefined ? {} : { typed }),
    ...targetOf(state, request),
    ...(verb === 'hold' ? { holdUntil: later(now, longestOperatorHold) } : {}),
  }
  return refusal === undefined ? [requested, ...consequences(request)] : [requested]
}

function refusalOf(state: RunState, request: RunRequest): string | undefined {
  if (state.outcome !== undefined) return `the run has ended (${state.outcome})`
  const unread = refusalUntilRead(state, request.verb)
  if (unread !== undefined) return unread
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
    case 'confirm':
      return refusalOfConfirm(state, request)
    case 'skip':
      return refusalOfSkip(state, request)
    case 'rollback':
      return state.direction === 'back' ? 'it is going back already' : undefined
    case 'cancel':
      return refusalOfCancel(state, request)
  }
}

/** Taken whole or not at all: what was typed is what was asked for, at the step that asks for it. */
function refusalOfConfirm(state: RunState, { typed, step }: RunRequest): string | undefined {
  const waiting = handsAwaited(state).map(({ key }) => key)
  const [first, second] = waiting
  if (first === undefined) return 'no step waits for a person to confirm it'
  if (step !== undefined && !waiting.includes(step))
    return `${step} does not wait for a person, ${waiting.join(' and ')} does: look again, then confirm that`
  if (step === undefined && second !== undefined)
    return `${waiting.join(' and ')} wait: say which is confirmed`
  const expects = stepState(state, step ?? first).held?.expects
  if (typed === expects) return undefined
  const said = typed === undefined ? 'nothing was typed' : `"${typed}" was typed`
  return `${said}; it takes exactly "${expects}"`
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

function targetOf(state: RunState, { verb, step }: RunRequest): { readonly step?: StepKey } {
  const target = targetStep(state, verb, step)
  return target === undefined ? {} : { step: target }
}

function targetStep(state: RunState, verb: Verb, named: StepKey | undefined): StepKey | undefined {
  if (verb === 'confirm') return named ?? handsAwaited(state)[0]?.key
  return verb === 'retry' || verb === 'skip' ? currentStep(state) : undefined
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
