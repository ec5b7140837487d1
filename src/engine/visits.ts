import type { StepKey } from '../kernel/ids.ts'
import { type EpochMs, epochMs, later, ms } from '../kernel/units.ts'
import type { Surroundings } from './command.ts'
import { type RunState, stepState } from './run-state.ts'
import type { PlannedStep } from './runbook.ts'
import { mayHaveChanged, type StepState } from './step-state.ts'

/** The step that a run going forward is at: the first that is neither verified nor skipped. */
export function currentForward(state: RunState): PlannedStep | undefined {
  return state.runbook.steps.find((planned) => {
    if (planned.visited === 'back') return false
    const { kind } = stepState(state, planned.key).phase
    return kind !== 'verified' && kind !== 'skipped'
  })
}

/** One step that is still to be visited on the way back. */
export interface BackVisit {
  readonly planned: PlannedStep
  /** Something else must be back first. */
  readonly isBlocked: boolean
  /** Its undo, or look, does not get on: what does not depend on it may go on meanwhile. */
  readonly isStuck: boolean
  readonly isBarrier: boolean
}

type Around = Pick<Surroundings, 'now' | 'thingOf'>

/** What is still to be visited on the way back, in that order, and what may be visited by now. */
export function visitsBack(state: RunState, { now, thingOf }: Around): readonly BackVisit[] {
  const open = new Set<StepKey>()
  const things = new Set<string>()
  const visits = wayBack(state)
  for (const { key } of visits) open.add(key)
  return visits.map((planned) => {
    const thing = thingOf(planned)
    const { undoneAfter = [], visited, barrier = visited !== 'forward' } = planned
    const isBlocked =
      undoneAfter.some((key) => open.has(key)) || (thing !== undefined && things.has(thing))
    if (thing !== undefined) things.add(thing)
    const isStuck = isStuckAt(stepState(state, planned.key), now)
    return { planned, isBlocked, isStuck, isBarrier: barrier }
  })
}

/**
 * The step that a run going back is at: the first that may be visited and is not stuck; where all that may
 * be visited are stuck, the first of them. Without `around`: as far as the state alone tells.
 */
export function currentBack(
  state: RunState,
  around: Around = { now: epochMs(0), thingOf: () => undefined },
): PlannedStep | undefined {
  const visits = visitsBack(state, around)
  const end = visits.findIndex(
    ({ isBarrier, isStuck, isBlocked }) => isBarrier && (isStuck || isBlocked),
  )
  const reached = end < 0 ? visits : visits.slice(0, end + 1)
  const open = reached.filter(({ isBlocked }) => !isBlocked)
  return (open.find(({ isStuck }) => !isStuck) ?? open[0])?.planned
}

/** Attempts, or time, after which an undo counts as stuck: some seconds, not the minutes until an operator is asked. */
const attemptsUntilStuck = 3
const timeUntilStuck = ms(30_000)

function isStuckAt({ trouble, held }: StepState, now: EpochMs): boolean {
  if (held !== undefined) return true
  if (trouble === undefined) return false
  const { retryAt, attempts, since } = trouble
  // A vendor that says "not before an hour from now" is as good as one that says nothing for so long.
  return (
    retryAt === undefined ||
    attempts >= attemptsUntilStuck ||
    Math.max(now, retryAt) >= later(since, timeUntilStuck)
  )
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
  if (state.direction === 'back') return wayBack(state).length === 0
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
