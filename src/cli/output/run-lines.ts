import { z } from 'zod'
import type { JournalEntry } from '../../engine/run-event.ts'
import { mayHaveChanged, type RunState, type StepState, stepState } from '../../engine/run-state.ts'
import type { PlannedStep } from '../../engine/runbook.ts'
import { skippedSteps } from '../../engine/visits.ts'
import { formatDuration } from '../../kernel/duration.ts'
import type { StepKey } from '../../kernel/ids.ts'
import { type Milliseconds, since } from '../../kernel/units.ts'

/** One line of a live run, for a terminal that is watched by tired people. */
export interface RunLine {
  readonly mark: '✔' | '▶' | '↩' | '✖' | '⏸' | '·'
  readonly text: string
}

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
        text: stepLine(entry, state, event.step, `HOLD ${event.because} · ${exitOf(event.hold)}`),
      }
    case 'attempt-failed':
      return {
        mark: event.retryAt === undefined ? '✖' : '▶',
        text: stepLine(entry, state, event.step, troubleText(entry, event)),
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

function troubleText(
  entry: JournalEntry,
  event: Extract<JournalEntry['event'], { kind: 'attempt-failed' }>,
): string {
  const next =
    event.retryAt === undefined
      ? 'an operator decides: retry, skip, or rollback'
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
    step.skippedBack === true
      ? 'skipped on the way back: left as it was'
      : (step.trouble?.error.message ?? step.held?.because ?? step.waitingFor ?? step.seen ?? '')
  const mark = markOf(step)
  const when = planned.visited === 'back' ? ' (on the way back)' : ''
  return ` ${mark} ${String(index + 1).padStart(2)} ${(planned.title + when).padEnd(34)} ${said}`.trimEnd()
}

/** A step that was left as it was is not back, whatever its phase: nobody may read it as undone. */
function markOf({ phase, trouble, skippedBack }: StepState): string {
  if (skippedBack === true) return marks.skipped
  return trouble === undefined ? marks[phase.kind] : '✖'
}

/**
 * What was skipped, either way, and so stands as it was left: agents who may be routable nowhere are named
 * by the step's own words, and one by one where its input names them.
 */
export function leftLines(state: RunState): readonly string[] {
  return skippedSteps(state).map(({ title, input }) => {
    const parsed = agentsOf.safeParse(input)
    const users = parsed.success ? parsed.data.agents.map(({ user }) => user).join(', ') : ''
    return `skipped   ${title}, as it was left${users === '' ? '' : `: ${users}`}`
  })
}

const agentsOf = z.object({ agents: z.array(z.object({ user: z.string() })) })
