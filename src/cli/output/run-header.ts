import { turnBackAsFound } from '../../engine/promoted-state.ts'
import { type RunState, stepState } from '../../engine/run-state.ts'
import type { PlannedStep } from '../../engine/runbook.ts'
import { mayHaveChanged } from '../../engine/step-state.ts'
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
  return [
    `${runbook.kind} ${runbook.name}`,
    `${formatDuration(since(createdAt, at))} elapsed`,
    placeText(state),
    shareText(state),
    ...safeText(state, toSafe),
  ].join('   ')
}

function shareText(state: RunState): string {
  if (isUnread(state)) return 'callers: not known before it was read back'
  const share = shareInForce(state)
  const kept = Math.round((barWidth * share.percent) / 100)
  const bar = `${'▇'.repeat(barWidth - kept)}${'▁'.repeat(kept)}`
  return `${share.source} ${bar} ${share.target} ${share.percent}%`
}

/** The database failed over, and what its last commits did has yet to be seen. */
export function isUnread({ promotion }: RunState): boolean {
  return promotion?.readBack !== undefined && promotion.readBack.found === undefined
}

function placeText(state: RunState): string {
  if (state.direction === 'forward')
    return `step ${stepNumber(state)} of ${state.runbook.steps.length}`
  const left = stepsToUndo(state)
  return `going back, ${left} ${left === 1 ? 'step' : 'steps'} left`
}

function safeText({ direction, outcome }: RunState, toSafe: Milliseconds): readonly string[] {
  if (toSafe === 0 || outcome !== undefined) return []
  const time = formatDuration(toSafe)
  return [direction === 'back' ? `about ${time} to safe` : `abort now → safe in ${time}`]
}

/** How many a way back would take back, or has yet to. */
export function stepsToUndo(state: RunState): number {
  const found = { ...state, ...turnBackAsFound(state) }
  return state.runbook.steps.filter(({ key }) => mayHaveChanged(stepState(found, key))).length
}

/** Of the step that was last brought to its end. */
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
  const verified = steps.filter(({ key }) => isInForce(state, key))
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

function isInForce(state: RunState, key: StepKey): boolean {
  const found = state.promotion?.readBack?.found
  if (found?.lost.some(({ step, trace }) => step === key && trace === 'all')) return true
  if (found?.undone.some(({ step }) => step === key)) return false
  return stepState(state, key).phase.kind === 'verified'
}

function read(value: unknown, member: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([name]) => name === member)?.[1]
}
