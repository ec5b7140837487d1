import type { JournalEntry } from '../../engine/run-event.ts'
import { mayHaveChanged, type RunState, stepState } from '../../engine/run-state.ts'
import type { PlannedStep } from '../../engine/runbook.ts'
import { formatDuration } from '../../kernel/duration.ts'
import type { StepKey } from '../../kernel/ids.ts'
import { type Milliseconds, since } from '../../kernel/units.ts'

/** One line of a live run, for a terminal that is watched by tired people. */
export interface RunLine {
  readonly mark: '✔' | '▶' | '↩' | '✖' | '⏸' | '·'
  readonly text: string
  /** Said at the end of the line, whatever becomes of the text: when, and how far it is to safety. */
  readonly tail?: string
}

/** What an entry says to whoever watches; undefined for the entries between, which the journal keeps. */
export function lineOf(
  entry: JournalEntry,
  state: RunState,
  toSafe: Milliseconds,
): RunLine | undefined {
  const { event } = entry
  switch (event.kind) {
    case 'verified': {
      const line = stepLine(entry, state, event.step, event.seen)
      return { mark: '✔', ...line, tail: line.tail + safe(state, toSafe) }
    }
    case 'undo-verified':
      return { mark: '↩', ...stepLine(entry, state, event.step, event.seen) }
    case 'waiting':
      return { mark: '▶', ...stepLine(entry, state, event.step, event.because) }
    case 'held': {
      const line = stepLine(entry, state, event.step, `HOLD ${event.because}`)
      return { mark: '⏸', ...line, tail: `${exitOf(event.hold)}  ${line.tail}` }
    }
    case 'attempt-failed': {
      const { code, message } = event.error
      const line = stepLine(entry, state, event.step, `${code}: ${message}`)
      const mark = event.retryAt === undefined ? '✖' : '▶'
      return { mark, ...line, tail: `${whatNext(entry, event)}  ${line.tail}` }
    }
    case 'rollback-started':
      return {
        mark: '✖',
        text: `${event.because}\n  rolling back: ${toUndo(state)} steps, about ${formatDuration(toSafe)}`,
      }
    case 'requested':
      return {
        mark: '·',
        text: `${event.by} asks: ${event.verb} · ${event.accepted ? 'granted' : `refused: ${event.because}`}`,
      }
    case 'runner-took-over':
      return {
        mark: '·',
        text: `${event.holder} took over from a runner that vanished; what was under way is read back`,
      }
    case 'ended':
      return {
        mark: event.outcome === 'done' ? '✔' : '✖',
        text: `${event.outcome}: ${event.summary}`,
      }
    default:
      return undefined
  }
}

function exitOf({ owner, then }: { readonly owner: string; readonly then: string }): string {
  return then === 'roll-back' ? `owner ${owner}, then roll back` : `owner ${owner} decides`
}

function whatNext(
  entry: JournalEntry,
  { retryAt }: Extract<JournalEntry['event'], { kind: 'attempt-failed' }>,
): string {
  if (retryAt === undefined) return 'an operator decides: retry, skip, or rollback'
  return `tried again in ${formatDuration(since(entry.at, retryAt))}`
}

function stepLine(entry: JournalEntry, state: RunState, key: StepKey, said: string) {
  const index = state.runbook.steps.findIndex((planned) => planned.key === key)
  const planned = state.runbook.steps[index]
  const elapsed = formatDuration(since(state.createdAt, entry.at))
  return {
    text: `${String(index + 1).padStart(2)} ${(planned?.title ?? key).padEnd(26)} ${said}`,
    tail: `(${elapsed})`,
  }
}

function safe(state: RunState, toSafe: Milliseconds): string {
  if (state.direction === 'back' || toSafe === 0) return ''
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

/** The whole run, one line per step: what `changeover status` shows. */
export function runTable(state: RunState): readonly string[] {
  return state.runbook.steps.map((planned, index) => statusLine(state, planned, index))
}

function statusLine(state: RunState, planned: PlannedStep, index: number): string {
  const step = stepState(state, planned.key)
  const said =
    step.trouble?.error.message ?? step.held?.because ?? step.waitingFor ?? step.seen ?? ''
  const mark = step.trouble === undefined ? marks[step.phase.kind] : '✖'
  const when = planned.visited === 'back' ? ' (on the way back)' : ''
  return ` ${mark} ${String(index + 1).padStart(2)} ${(planned.title + when).padEnd(34)} ${said}`.trimEnd()
}
