import type { RunState } from '../../engine/run-state.ts'
import type { StepKey } from '../../kernel/ids.ts'

/** A guard without a good answer holds the gates: whoever watches is to know it before a gate says so. */
export function guardLine({ runbook }: RunState, key: StepKey, verdict: string, seen: string) {
  const title = runbook.guards.find((guard) => guard.key === key)?.title ?? key
  const state = verdict === 'verified' ? 'watching' : 'no answer yet, gates hold'
  return `   ${title.padEnd(26)} ${state}: ${seen}`
}
