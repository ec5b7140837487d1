import { isWatching } from '../../engine/decide-next.ts'
import { type RunState, stepState } from '../../engine/run-state.ts'
import type { PlannedStep } from '../../engine/runbook.ts'
import type { StepState } from '../../engine/step-state.ts'
import type { StepKey } from '../../kernel/ids.ts'
import type { EpochMs } from '../../kernel/units.ts'
import { guardLine } from './guard-line.ts'
import { heldText } from './hold-text.ts'
import type { RunLine } from './run-line.ts'

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

/** The whole run, one line per step and per guard that watches: what `changeover status` shows. */
export function runTable(state: RunState, now: EpochMs): readonly RunLine[] {
  const steps = state.runbook.steps.map((planned) => stepRow(state, now, planned))
  return [...steps, ...guardRows(state)]
}

/** One per guard that has looked and goes on looking: not on the way back, nor after the end. */
export function guardRows(state: RunState): readonly RunLine[] {
  if (state.outcome !== undefined) return []
  const watching = state.runbook.guards.filter((guard) => isWatching(state, guard))
  return watching.flatMap(({ key }) => guardRow(state, key))
}

function guardRow(state: RunState, key: StepKey): readonly RunLine[] {
  const said = state.guards[key]
  if (said === undefined) return []
  const mark = ({ verified: '✔', failed: '✖', 'not-yet': '▶', hold: '▶', 'by-hand': '▶' } as const)[
    said.verdict
  ]
  return [{ mark, text: guardLine(state, key, said.verdict, said.seen) }]
}

/** A step as it is now: what it saw, waits for, or asks for. */
export function stepRow(state: RunState, now: EpochMs, planned: PlannedStep): RunLine {
  const step = stepState(state, planned.key)
  const { trouble, held, waitingFor, seen, skippedBack } = step
  const why = trouble?.error.message ?? held?.because ?? waitingFor ?? seen ?? ''
  const hold = held === undefined ? '' : ` · ${heldText(state, now, held)}`
  const said = skippedBack === true ? 'skipped on the way back: left as it was' : `${why}${hold}`
  const number = state.runbook.steps.indexOf(planned) + 1
  const when = planned.visited === 'back' ? ' (on the way back)' : ''
  const title = `${planned.title}${when}`.padEnd(34)
  return { mark: markOf(step), text: `${String(number).padStart(2)} ${title} ${said}`.trimEnd() }
}

/** A step that was left as it was is not back, whatever its phase: nobody may read it as undone. */
function markOf({ trouble, held, phase, skippedBack, waitingFor }: StepState): RunLine['mark'] {
  if (skippedBack === true) return marks.skipped
  if (trouble !== undefined) return '✖'
  if (held !== undefined) return '⏸'
  // A check changes nothing, so it is pending for as long as it waits.
  return phase.kind === 'pending' && waitingFor !== undefined ? '▶' : marks[phase.kind]
}
