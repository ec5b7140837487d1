import type { JournalEntry } from '../../engine/run-event.ts'
import { type RunState, stepState } from '../../engine/run-state.ts'
import { formatDuration } from '../../kernel/duration.ts'
import type { StepKey } from '../../kernel/ids.ts'
import { type Milliseconds, since } from '../../kernel/units.ts'
import { guardLine } from './guard-line.ts'
import { exitOf, untilText } from './hold-text.ts'
import { promotionLine } from './promotion-lines.ts'
import { stepsToUndo } from './run-header.ts'
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
        text: `${event.because}\n  rolling back: ${stepsToUndo(state)} steps, about ${formatDuration(toSafe)}`,
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
  return `HOLD ${because} · ${untilText(state, at, event)} · ${exitOf(state, event.hold)}`
}

/** A breach is told by the rollback that follows it. */
function guardSaid(
  state: RunState,
  { guard, verdict, seen }: Extract<JournalEntry['event'], { kind: 'guard-looked' }>,
): RunLine | undefined {
  if (verdict === 'failed') return undefined
  const text = guardLine(state, guard, verdict, seen)
  return { mark: verdict === 'verified' ? '✔' : '▶', text }
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
