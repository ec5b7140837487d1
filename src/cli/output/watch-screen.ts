import { openSteps } from '../../engine/open-steps.ts'
import { type RunState, stepState } from '../../engine/run-state.ts'
import type { PlannedStep } from '../../engine/runbook.ts'
import { wayBack } from '../../engine/visits.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { type EpochMs, since } from '../../kernel/units.ts'
import { layOut } from './lay-out.ts'
import { leftLines } from './left-lines.ts'
import { type Printer, paint } from './print.ts'
import { runLineRows } from './print-run-line.ts'
import { promotionLines } from './promotion-lines.ts'
import { headerOf } from './run-header.ts'
import type { RunLine } from './run-line.ts'
import { guardRows, stepRow } from './run-table.ts'
import { type StatusOf, whyLines } from './status-lines.ts'
import { wallClock } from './wall-clock.ts'

type Paper = Pick<Printer, 'color' | 'width'>

/** Names of steps to come that are given; the rest is counted. */
const mostToCome = 3

/**
 * A run on one screen, for whoever watches it all night: the header, why it stands or goes back and who carries it
 * on, what is done in two lines, each step under way as a block, and what comes next.
 */
export function watchScreen(paper: Paper, status: StatusOf, carried: string): readonly string[] {
  const { state, now, toSafe } = status
  const { done, underWay, toCome } = partsOf(state)
  const plain = [...whyLines(status), carried, ...promotionLines(state), ...leftLines(state)]
  const rows = [
    ...doneRows(state, now, done),
    ...underWay.map((planned) => underWayRow(state, now, planned)),
    ...toComeRows(toCome),
    ...guardRows(state),
  ]
  return [
    ...layOut(headerOf(state, now, toSafe), paper.width).map((row) => paint(paper, 'bold', row)),
    paint(paper, 'dim', `${state.run}   now ${wallClock(state, now)}`),
    ...plain.filter((line) => line !== '').flatMap((line) => layOut(line, paper.width)),
    '',
    ...rows.flatMap((row) => runLineRows(paper, row)),
  ]
}

interface Parts {
  readonly done: readonly PlannedStep[]
  readonly underWay: readonly PlannedStep[]
  readonly toCome: readonly PlannedStep[]
}

function partsOf(state: RunState): Parts {
  const { steps } = state.runbook
  const open = openSteps(state)
  const left = state.direction === 'back' ? wayBack(state) : steps.filter(isForward(state))
  const underWay = steps.filter((planned) => open.includes(planned) || isBusy(state, planned))
  return {
    done: steps.filter((planned) => isDone(state, planned) && !underWay.includes(planned)),
    underWay,
    toCome: left.filter((planned) => !underWay.includes(planned)),
  }
}

const isForward = (state: RunState) => (planned: PlannedStep) =>
  planned.visited !== 'back' && !isDone(state, planned)

function isDone(state: RunState, { key }: PlannedStep): boolean {
  const { phase, checkedBack } = stepState(state, key)
  if (state.direction === 'back') return phase.kind === 'back' || checkedBack === true
  return phase.kind === 'verified' || phase.kind === 'skipped'
}

/** Somebody is asked, something is waited for, or a write is under way: on the way back in several steps at once. */
function isBusy(state: RunState, { key }: PlannedStep): boolean {
  const { phase, trouble, held, waitingFor } = stepState(state, key)
  if (state.outcome !== undefined) return false
  if (trouble !== undefined || held !== undefined || waitingFor !== undefined) return true
  const going = state.direction === 'back' ? ['undoing', 'undone'] : ['acting', 'acted']
  return going.includes(phase.kind)
}

/** How many, and what the last of them saw. */
function doneRows(state: RunState, now: EpochMs, done: readonly PlannedStep[]): readonly RunLine[] {
  const isBack = state.direction === 'back'
  // Backward the first of the runbook is the one that came last.
  const last = isBack ? done[0] : done.at(-1)
  if (last === undefined) return []
  const { mark } = stepRow(state, now, last)
  const what = isBack ? 'taken back' : 'done'
  return [
    { mark, text: `${done.length} of ${state.runbook.steps.length} steps ${what}, the last:` },
    stepRow(state, now, last),
  ]
}

function underWayRow(state: RunState, now: EpochMs, planned: PlannedStep): RunLine {
  const { mark, text } = stepRow(state, now, planned)
  const { startedAt } = stepState(state, planned.key)
  const lasts = startedAt === undefined ? '' : `  (for ${formatDuration(since(startedAt, now))})`
  // It is at it, though there may be nothing to be seen of it yet; on the way back it was verified before.
  return { mark: mark === ' ' || mark === '✔' ? '▶' : mark, text: `${text}${lasts}` }
}

function toComeRows(toCome: readonly PlannedStep[]): readonly RunLine[] {
  if (toCome.length === 0) return []
  const named = toCome.slice(0, mostToCome).map(({ title }) => title)
  const rest = toCome.length - named.length
  const more = rest === 0 ? '' : ` … and ${rest} more`
  return [{ mark: ' ', text: `then ${named.join(' · ')}${more}` }]
}
