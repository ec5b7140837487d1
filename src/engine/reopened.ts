import { type EpochMs, epochMs, later, ms } from '../kernel/units.ts'
import type { RunEvent } from './run-event.ts'
import { type RunState, stepState } from './run-state.ts'
import type { PlannedStep } from './runbook.ts'
import { isVerifiedCheck } from './step-state.ts'
import { currentForward } from './visits.ts'

/** What was looked at before a gap is looked at again, where the change that it guards has not begun. */
export function reopened(state: RunState, now: EpochMs): readonly RunEvent[] {
  return looksOutdated(state, now).map(({ key }) => ({ kind: 'reopened', step: key }))
}

/** So long a look says what is so. Shorter than it, processes that die again and again would never get past one. */
const lookIsGood = ms(300_000)

/**
 * The checks that were verified directly before a change which has not begun: window, agents on queue, test
 * calls, a gate. After a gap those that are older than five minutes say what was so then, and are asked again.
 */
export function looksOutdated(state: RunState, now: EpochMs): readonly PlannedStep[] {
  const current = currentForward(state)
  if (state.direction === 'back' || current === undefined) return []
  const { kind } = stepState(state, current.key).phase
  if (kind !== 'pending' && kind !== 'observed' && kind !== 'ready') return []
  const { steps } = state.runbook
  const before = steps.slice(0, steps.indexOf(current)).filter(({ visited }) => visited !== 'back')
  const lastOther = before.findLastIndex(({ key }) => !isVerifiedCheck(stepState(state, key).phase))
  return before.slice(lastOther + 1).filter(({ key }) => {
    const { verifiedAt = epochMs(0) } = stepState(state, key)
    return now > later(verifiedAt, lookIsGood)
  })
}
