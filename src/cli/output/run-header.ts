import { type RunState, stepState } from '../../engine/run-state.ts'
import type { PlannedStep } from '../../engine/runbook.ts'
import { formatDuration } from '../../kernel/duration.ts'
import type { StepKey } from '../../kernel/ids.ts'
import { shareBuckets } from '../../kernel/share-bucket.ts'
import { type EpochMs, type Milliseconds, since } from '../../kernel/units.ts'

/** Characters of the bar, ten per cent each. */
const barWidth = 10

/** Whether this step is one that sends callers elsewhere: then the header says something new. */
export function movesCallers({ runbook }: RunState, key: StepKey): boolean {
  const kind = runbook.steps.find((planned) => planned.key === key)?.kind
  return kind === 'authority.select' || kind === 'authority.set-share'
}

/** One line above the steps: where the wave is, who takes its callers, and how far the way back is. */
export function headerOf(state: RunState, at: EpochMs, toSafe: Milliseconds): string {
  const { runbook, createdAt } = state
  const share = shareInForce(state)
  const kept = Math.round((barWidth * share.percent) / 100)
  const bar = `${'▇'.repeat(barWidth - kept)}${'▁'.repeat(kept)}`
  return [
    `${runbook.kind} ${runbook.name}`,
    `${formatDuration(since(createdAt, at))} elapsed`,
    `step ${stepNumber(state)} of ${runbook.steps.length}`,
    `${share.source} ${bar} ${share.target} ${share.percent}%`,
    ...(toSafe === 0 || state.outcome !== undefined
      ? []
      : [`abort now → safe in ${formatDuration(toSafe)}`]),
  ].join('   ')
}

/** Of the step that was last brought to its end; on the way back, of the one that is next to go. */
function stepNumber(state: RunState): number {
  const { steps } = state.runbook
  const isDone = ({ key }: PlannedStep) => {
    const { kind } = stepState(state, key).phase
    return kind === 'verified' || kind === 'skipped'
  }
  return steps.findLastIndex(isDone) + 1
}

/** What the run's own steps have brought into force: until the target is selected, nobody arrives there. */
export function shareInForce(state: RunState) {
  const { steps } = state.runbook
  const verified = steps.filter(({ key }) => stepState(state, key).phase.kind === 'verified')
  const last = verified.findLast(({ kind }) => kind === 'authority.set-share')
  const isSelected = verified.some(({ kind }) => kind === 'authority.select')
  const buckets = isSelected ? Number(read(last?.input, 'boundary') ?? shareBuckets) : 0
  const selecting = steps.find(({ kind }) => kind === 'authority.select')
  const sharing = steps.find(({ kind }) => kind === 'authority.set-share')
  return {
    percent: Math.round((100 * buckets) / shareBuckets),
    source: read(read(selecting?.input, 'source'), 'platform') ?? 'source',
    target: read(sharing?.input, 'platform') ?? 'target',
  }
}

function read(value: unknown, member: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([name]) => name === member)?.[1]
}
