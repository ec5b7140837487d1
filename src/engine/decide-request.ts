import type { StepKey } from '../kernel/ids.ts'
import { type EpochMs, later, ms } from '../kernel/units.ts'
import { refusalUntilRead } from './decide-read-back.ts'
import { openSteps } from './open-steps.ts'
import type { RunRequest } from './ports.ts'
import { resumeAsFound } from './promoted-state.ts'
import { reopened } from './reopened.ts'
import type { RunEvent, Verb } from './run-event.ts'
import { type RunState, stepState } from './run-state.ts'
import type { PlannedStep } from './runbook.ts'
import { handsAwaited, isAtRest } from './visits.ts'

/** An operator's hold ends by itself, in the safe direction, after half an hour. */
const longestOperatorHold = ms(1_800_000)

/** Where a request is answered. */
interface Answering {
  readonly now: EpochMs
  /** Whoever answers takes the run up only now: nobody known had it when it was asked. */
  readonly takesUp: boolean
}

/**
 * What an operator's request does to a run: one or two journal entries, whether it is granted or not.
 *
 * Nobody is refused in silence: a request that can't be granted is journalled with the reason.
 */
export function decideRequest(
  state: RunState,
  request: RunRequest,
  { now, takesUp }: Answering,
): readonly RunEvent[] {
  const refusal = refusalOf(state, request, takesUp)
  const { verb, by, reason, secondPerson, typed, asOf } = request
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
    ...(asOf === undefined ? {} : { asOf }),
    ...targetOf(state, request),
    ...(isRetryAnew(state, request) ? { anew: true } : {}),
    ...(verb === 'hold' ? { holdUntil: later(now, longestOperatorHold) } : {}),
  }
  return refusal === undefined ? [requested, ...consequences(state, request, now)] : [requested]
}

function refusalOf(state: RunState, request: RunRequest, takesUp: boolean): string | undefined {
  if (state.outcome !== undefined) return `the run has ended (${state.outcome})`
  const unread = refusalUntilRead(state, request.verb)
  if (unread !== undefined) return unread
  switch (request.verb) {
    case 'pause':
      return refusalOfPause(state)
    case 'hold':
      return state.direction === 'back' ? 'it is going back; pause stops that too' : undefined
    // Of a run that is not paused too, where nobody had it: it is how a run that was left is taken up again.
    case 'resume':
      return takesUp ? undefined : refusalOfResume(state)
    case 'retry':
      return refusalOfStep(state, request)
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

/** Whoever is told "granted" believes that the cutover goes on. */
function refusalOfResume(state: RunState): string | undefined {
  const { paused, promotion, direction, rollbackBecause } = state
  if (paused !== undefined || promotion?.readBack !== undefined) return undefined
  const [current] = openSteps(state)
  const held = current === undefined ? undefined : holdOf(state, current)
  const nothing = 'nothing to resume, it is not paused'
  if (direction === 'forward') return `${nothing}: ${held ?? 'it goes forward by itself'}`
  const stuck = held === undefined ? '' : `; ${held}`
  return `${nothing}: it goes back because: ${rollbackBecause}${stuck}; a new try is a new run, once this one is back`
}

/** A step's own hold is none of an operator's, and `resume` does not end it. */
function holdOf(state: RunState, { key, title }: PlannedStep): string | undefined {
  const { held, trouble } = stepState(state, key)
  if (held === undefined) return undefined
  if (held.expects !== undefined) return `${title} waits for a person: confirm it, or rollback`
  const because = trouble?.error.message ?? held.because
  const back = state.direction === 'back' ? 'retry or skip' : 'retry, skip or rollback'
  return `${title} holds by itself (${because}): ${back}`
}

/** A hold of an operator's runs out; a pause in its place does not. */
function refusalOfPause({ paused }: RunState): string | undefined {
  return paused === undefined || paused.until !== undefined
    ? undefined
    : `it is paused already, by ${paused.by}`
}

/**
 * Taken whole or not at all: what was typed is what was asked for, at the step that asks for it, and by
 * somebody who had seen it ask. A step asks both ways: "take them out" done is not "put them back" done.
 */
function refusalOfConfirm(state: RunState, { typed, step, asOf }: RunRequest): string | undefined {
  const waiting = handsAwaited(state).map(({ key }) => key)
  const [first, second] = waiting
  if (first === undefined) return 'no step waits for a person to confirm it'
  if (step !== undefined && !waiting.includes(step))
    return `${step} does not wait for a person, ${waiting.join(' and ')} does: look again, then confirm that`
  if (step === undefined && second !== undefined)
    return `${waiting.join(' and ')} wait: say which is confirmed`
  const held = stepState(state, step ?? first).held
  if (held !== undefined && asOf !== undefined && asOf < held.seq)
    return `what was shown is no longer what is asked for: look again. Now: ${held.because}`
  const expects = held?.expects
  if (typed === expects) return undefined
  const said = typed === undefined ? 'nothing was typed' : `"${typed}" was typed`
  return `${said}; it takes exactly "${expects}"`
}

function refusalOfSkip(state: RunState, request: RunRequest): string | undefined {
  const { by, reason, secondPerson, asOf } = request
  const refusal = refusalOfStep(state, request)
  if (refusal !== undefined) return refusal
  if (asOf !== undefined && asOf < (state.turnedAt ?? 0))
    return 'it goes back since: a skip would now leave the step as it is, not undone; look again'
  if (reason === undefined) return 'a skip needs a reason'
  if (secondPerson === undefined) return 'a skip needs a second person'
  return secondPerson === by ? 'nobody approves their own request' : undefined
}

/**
 * A retry and a skip are of the step that whoever asks was shown, and of no other: by the time they are read
 * that one may be over, and the run stand at a gate.
 */
function refusalOfStep(state: RunState, { verb, step }: RunRequest): string | undefined {
  const open = openSteps(state).map(({ key }) => key)
  const [current, another] = open
  if (current === undefined) return `no step is left to ${verb}`
  if (step === undefined)
    return another === undefined ? undefined : `${open.join(' and ')} are open: say which`
  if (open.includes(step)) return undefined
  const { kind } = stepState(state, step).phase
  const now = another === undefined ? `${current} is` : `${open.join(' and ')} are`
  return `the run is not at ${step} (${kind}); ${now} open: look again`
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
  return verb === 'retry' || verb === 'skip' ? (named ?? openSteps(state)[0]?.key) : undefined
}

/**
 * Before it acts a step has written nothing: what it read may be as old as a pause, so it reads anew. Once it
 * has begun to write, what it finds may be its own doing, and no pre-image to go back to.
 */
function isRetryAnew(state: RunState, request: RunRequest): boolean {
  const target =
    request.verb === 'retry' ? targetStep(state, request.verb, request.step) : undefined
  if (target === undefined || state.direction === 'back') return false
  const { kind } = stepState(state, target).phase
  return kind === 'observed' || kind === 'ready'
}

function consequences(
  state: RunState,
  { verb, by, reason }: RunRequest,
  now: EpochMs,
): readonly RunEvent[] {
  if (verb === 'resume') return reopenedByResume(state, now)
  const because = reason ?? `asked for by ${by}`
  if (verb === 'rollback') return [{ kind: 'rollback-started', because, by }]
  if (verb === 'cancel') return [{ kind: 'ended', outcome: 'cancelled', summary: because }]
  return []
}

/** A run that somebody held, or that held for what was found after a promotion, has stood still. */
function reopenedByResume(state: RunState, now: EpochMs): readonly RunEvent[] {
  const isFound = state.promotion?.readBack?.found !== undefined
  if (isFound) return reopened({ ...state, ...resumeAsFound(state) }, now)
  return state.paused === undefined ? [] : reopened(state, now)
}
