import { type RunState, stepState } from './run-state.ts'
import type { PlannedStep } from './runbook.ts'
import { mayHaveChanged } from './step-state.ts'

/** The step that a run going forward is at: the first that is neither verified nor skipped. */
export function currentForward(state: RunState): PlannedStep | undefined {
  return state.runbook.steps.find((planned) => {
    if (planned.visited === 'back') return false
    const { kind } = stepState(state, planned.key).phase
    return kind !== 'verified' && kind !== 'skipped'
  })
}

/**
 * The step that a run going back is at: the last that is still to be undone or looked at.
 *
 * A change whose undo is stuck is passed over, and comes again when nothing else is left: a target that
 * is dead must not keep callers from being sent back to the source. Checks and barriers are never passed.
 */
export function currentBack(state: RunState): PlannedStep | undefined {
  const visits = wayBack(state)
  for (const planned of visits) {
    if (!mayBePassed(state, planned)) return planned
  }
  return visits[0]
}

/** Attempts after which an undo counts as stuck: some seconds, not the minutes until an operator is asked. */
const attemptsUntilStuck = 3

function mayBePassed(state: RunState, planned: PlannedStep): boolean {
  const { trouble, held } = stepState(state, planned.key)
  const isStuck =
    held !== undefined ||
    (trouble !== undefined &&
      (trouble.retryAt === undefined || trouble.attempts >= attemptsUntilStuck))
  return isStuck && planned.barrier !== true && planned.visited === 'forward'
}

/** Steps that wait for a person to do something by hand; on the way back one may be passed over meanwhile. */
export function handsAwaited(state: RunState): readonly PlannedStep[] {
  return state.runbook.steps.filter(({ key }) => stepState(state, key).held?.expects !== undefined)
}

/** Steps that an operator skipped, either way: what an ended run may have left as it is. */
export function skippedSteps(state: RunState): readonly PlannedStep[] {
  return state.runbook.steps.filter(({ key }) => {
    const step = stepState(state, key)
    return step.phase.kind === 'skipped' || step.skippedBack === true
  })
}

/**
 * What is still to be visited on the way back, in that order: the inverse, generated (D16).
 *
 * Every change this run has, or may have, made; and the checks for the way back, each only where a
 * later change was made: it waits for the effect of that change's undo.
 */
export function wayBack(state: RunState): readonly PlannedStep[] {
  const visits: PlannedStep[] = []
  let laterChange = false
  for (const planned of state.runbook.steps.toReversed()) {
    const step = stepState(state, planned.key)
    if (mayHaveChanged(step)) visits.push(planned)
    const isBackCheck = planned.visited !== 'forward'
    if (isBackCheck && laterChange && step.checkedBack !== true) visits.push(planned)
    // A step that is back again was changed too, and its effect may still be on its way.
    laterChange ||= mayHaveChanged(step) || step.phase.kind === 'back'
  }
  return visits
}

/**
 * Whether nobody is worse off for as long as the run stands still here, half-done or not: the last change
 * that is whole is one that rests, and so is the one under way.
 */
export function mayStand(state: RunState): boolean {
  const changed = changedSteps(state)
  const whole = changed.filter((planned) => !isHalfDone(state, planned)).slice(-1)
  const underWay = changed.filter((planned) => isHalfDone(state, planned))
  return [...whole, ...underWay].every(({ restsAfter }) => restsAfter)
}

/**
 * Whether the run may be left standing where it is: every caller is whole without us.
 *
 * Nothing may be half-done, and the last change made must be one that rests.
 */
export function isAtRest(state: RunState): boolean {
  if (state.direction === 'back') return currentBack(state) === undefined
  const changed = changedSteps(state)
  const last = changed.at(-1)
  const halfDone = changed.some((planned) => isHalfDone(state, planned))
  return !halfDone && (last === undefined || last.restsAfter)
}

function changedSteps(state: RunState): readonly PlannedStep[] {
  return state.runbook.steps.filter((planned) => mayHaveChanged(stepState(state, planned.key)))
}

function isHalfDone(state: RunState, { key }: PlannedStep): boolean {
  const { kind } = stepState(state, key).phase
  return kind === 'acting' || kind === 'acted'
}
