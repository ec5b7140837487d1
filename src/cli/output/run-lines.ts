import type { JournalEntry } from '../../engine/run-event.ts'
import { endOfHold, type RunState, stepState } from '../../engine/run-state.ts'
import type { PlannedStep } from '../../engine/runbook.ts'
import type { Hold } from '../../engine/step.ts'
import { mayHaveChanged, type StepState } from '../../engine/step-state.ts'
import { formatDuration } from '../../kernel/duration.ts'
import type { StepKey } from '../../kernel/ids.ts'
import { formatLocalTime } from '../../kernel/local-time.ts'
import { type EpochMs, type Milliseconds, since } from '../../kernel/units.ts'
import { promotionLine } from './promotion-lines.ts'
import type { RunLine } from './run-line.ts'

const askedAgain = 'asked again: nobody was at work since it was looked at'

/** What an entry says to whoever watches; undefined for the entries between, which the journal keeps. */
export function lineOf(
  entry: JournalEntry,
  state: RunState,
  toSafe: Milliseconds,
): RunLine | undefined {
  const { event } = entry
  switch (event.kind) {
    case 'verified':
      return {
        mark: '✔',
        text: stepLine(entry, state, event.step, event.seen) + safe(state, toSafe),
      }
    case 'undo-verified':
      return { mark: '↩', text: stepLine(entry, state, event.step, event.seen) }
    case 'waiting':
      return { mark: '▶', text: stepLine(entry, state, event.step, event.because) }
    case 'held':
      return {
        mark: '⏸',
        text: stepLine(entry, state, event.step, holdText(entry, state, event)),
      }
    case 'attempt-failed':
      return {
        mark: event.retryAt === undefined ? '✖' : '▶',
        text: stepLine(entry, state, event.step, troubleText(entry, event)),
      }
    case 'reopened':
      return { mark: '·', text: stepLine(entry, state, event.step, askedAgain) }
    case 'slipped':
      return { mark: '▶', text: stepLine(entry, state, event.step, slipText(event)) }
    case 'guard-looked':
      return guardSaid(state, event)
    case 'rollback-started':
      return {
        mark: '✖',
        text: `${event.because}\n  rolling back: ${toUndo(state)} steps, about ${formatDuration(toSafe)}`,
      }
    case 'requested':
      return {
        mark: '·',
        text: `${event.by} asks: ${event.verb}${event.typed === undefined ? '' : ` "${event.typed}"`} · ${event.accepted ? 'granted' : `refused: ${event.because}`}`,
      }
    case 'runner-took-over':
      return {
        mark: '·',
        text: `${event.holder} took over from a runner that vanished; what was under way is read back`,
      }
    case 'runner-came':
      return {
        mark: '·',
        text: `nobody had the run for ${formatDuration(since(event.since, entry.at))}; ${event.holder} has it now, and holds begin their time anew`,
      }
    case 'database-promoted':
    case 'read-back':
    case 'read-back-failed':
      return promotionLine(state, event)
    case 'ended':
      return {
        mark: event.outcome === 'done' ? '✔' : '✖',
        text: `${event.outcome}: ${event.summary}`,
      }
    default:
      return undefined
  }
}

function slipText({ found, ours }: Extract<JournalEntry['event'], { kind: 'slipped' }>): string {
  const what = `is found otherwise: ${found}`
  return ours ? `${what}; a late write of this run may have done it, so it is mended` : what
}

type Held = Extract<JournalEntry['event'], { kind: 'held' }>

/** Why it holds, until when, who is asked, and what happens when nobody answers. */
function holdText({ at }: JournalEntry, state: RunState, event: Held): string {
  // The line before has said which error it was.
  const isError = stepState(state, event.step).trouble !== undefined
  const because = isError ? 'for retry, skip or rollback' : event.because
  const end = endOfHold(state, event)
  const left = since(at, end)
  const timer = left > 0 ? formatDuration(left) : 'its time is over'
  const until = `until ${formatLocalTime(end, 'UTC').slice(-5)} UTC (${timer})`
  return `HOLD ${because} · ${until} · ${exitOf(state, event.hold)}`
}

function exitOf({ direction }: RunState, { owner, then }: Hold): string {
  const rollsBack = then === 'roll-back' && direction === 'forward'
  return rollsBack ? `owner ${owner}, then roll back` : `owner ${owner} decides, else it stays`
}

/** A breach is told by the rollback that follows it. */
function guardSaid(
  state: RunState,
  { guard, verdict, seen }: Extract<JournalEntry['event'], { kind: 'guard-looked' }>,
): RunLine | undefined {
  if (verdict === 'failed') return undefined
  const text = guardLine(titleOf(state, guard), verdict, seen)
  return { mark: verdict === 'verified' ? '✔' : '▶', text }
}

function titleOf({ runbook }: RunState, key: StepKey): string {
  return runbook.guards.find((guard) => guard.key === key)?.title ?? key
}

/** A guard without a good answer holds the gates: whoever watches is to know it before a gate says so. */
function guardLine(title: string, verdict: string, seen: string): string {
  const state = verdict === 'verified' ? 'watching' : 'no answer yet, gates hold'
  return `   ${title.padEnd(26)} ${state}: ${seen}`
}

function troubleText(
  entry: JournalEntry,
  event: Extract<JournalEntry['event'], { kind: 'attempt-failed' }>,
): string {
  const next =
    event.retryAt === undefined
      ? 'not tried again by itself'
      : `tried again in ${formatDuration(since(entry.at, event.retryAt))}`
  return `${event.error.code}: ${event.error.message} · ${next}`
}

function stepLine(entry: JournalEntry, state: RunState, key: StepKey, said: string): string {
  const index = state.runbook.steps.findIndex((planned) => planned.key === key)
  const planned = state.runbook.steps[index]
  const elapsed = formatDuration(since(state.createdAt, entry.at))
  return `${String(index + 1).padStart(2)} ${(planned?.title ?? key).padEnd(26)} ${said}  (${elapsed})`
}

function safe(state: RunState, toSafe: Milliseconds): string {
  const isLast = state.runbook.steps.every(({ key, visited }) => {
    const { kind } = stepState(state, key).phase
    return visited === 'back' || kind === 'verified' || kind === 'skipped'
  })
  // Once all is done the run ends, and can't be aborted any more.
  if (isLast || state.direction === 'back' || toSafe === 0) return ''
  return `  [abort now → safe in ${formatDuration(toSafe)}]`
}

function toUndo(state: RunState): number {
  return state.runbook.steps.filter(({ key }) => mayHaveChanged(stepState(state, key))).length
}

const marks = {
  pending: ' ',
  observed: '▶',
  ready: '▶',
  acting: '▶',
  acted: '▶',
  verified: '✔',
  skipped: '»',
  undoing: '↩',
  undone: '↩',
  back: '↩',
} as const

/** The whole run, one line per step and per guard that has looked: what `changeover status` shows. */
export function runTable(state: RunState, now: EpochMs): readonly string[] {
  return [
    ...state.runbook.steps.map((planned, index) => statusLine(state, now, planned, index)),
    ...state.runbook.guards.flatMap((guard) => guardStatus(state, guard.key)),
  ]
}

function guardStatus(state: RunState, key: StepKey): readonly string[] {
  const said = state.guards[key]
  if (said === undefined) return []
  const mark = { verified: '✔', failed: '✖', 'not-yet': '▶', hold: '▶', 'by-hand': '▶' }[
    said.verdict
  ]
  return [` ${mark} ${guardLine(titleOf(state, key), said.verdict, said.seen)}`.trimEnd()]
}

function statusLine(state: RunState, now: EpochMs, planned: PlannedStep, index: number): string {
  const step = stepState(state, planned.key)
  const hold = step.held === undefined ? '' : heldText(state, now, step.held)
  const why = `${step.trouble?.error.message ?? step.held?.because ?? step.waitingFor ?? step.seen ?? ''}${hold}`
  const said = step.skippedBack === true ? 'skipped on the way back: left as it was' : why
  const mark = markOf(step)
  const when = planned.visited === 'back' ? ' (on the way back)' : ''
  return ` ${mark} ${String(index + 1).padStart(2)} ${(planned.title + when).padEnd(34)} ${said}`.trimEnd()
}

function heldText(state: RunState, now: EpochMs, held: NonNullable<StepState['held']>): string {
  if (state.paused !== undefined)
    return ` · HOLD, paused: its time begins anew on resume · ${exitOf(state, held.hold)}`
  const left = since(now, endOfHold(state, held))
  const timer = left > 0 ? `${formatDuration(left)} left` : 'its time is over'
  return ` · HOLD, ${timer} · ${exitOf(state, held.hold)}`
}

/** A step that was left as it was is not back, whatever its phase: nobody may read it as undone. */
function markOf({ trouble, held, phase, skippedBack }: StepState): string {
  if (skippedBack === true) return marks.skipped
  if (trouble !== undefined) return '✖'
  return held === undefined ? marks[phase.kind] : '⏸'
}
