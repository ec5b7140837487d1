import { type RunState, stepState } from './run-state.ts'
import type { PlannedStep } from './runbook.ts'
import { currentBack, currentForward, wayBack } from './visits.ts'

/**
 * The steps that `retry` and `skip` may name: the one that the run is at, first, and on the way back those
 * that are stuck and were passed over.
 */
export function openSteps(state: RunState): readonly PlannedStep[] {
  if (state.outcome !== undefined) return []
  const current = state.direction === 'forward' ? currentForward(state) : currentBack(state)
  if (current === undefined) return []
  const others = state.direction === 'forward' ? [] : wayBack(state)
  return [current, ...others.filter(({ key }) => key !== current.key && isStuck(state, key))]
}

function isStuck(state: RunState, key: PlannedStep['key']): boolean {
  const { trouble, held } = stepState(state, key)
  return trouble !== undefined || held !== undefined
}
