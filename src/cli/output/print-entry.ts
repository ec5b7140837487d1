import type { JournalEntry } from '../../engine/run-event.ts'
import type { RunState } from '../../engine/run-state.ts'
import type { StepList } from '../../engine/step-list.ts'
import { timeToSafe } from '../../engine/time-to-safe.ts'
import { type Printer, paint } from './print.ts'
import { printRunLine } from './print-run-line.ts'
import { headerOf, movesCallers } from './run-header.ts'
import type { RunLine } from './run-line.ts'
import { lineOf } from './run-lines.ts'

interface Watched {
  readonly entry: JournalEntry
  readonly state: RunState
  readonly steps: StepList
}

/** What an entry says to whoever watches this one run: its line, and the header where callers have moved. */
export function printEntry(
  printer: Printer,
  { entry, state, steps }: Watched,
): RunLine | undefined {
  const toSafe = timeToSafe(state, steps)
  const line = lineOf(entry, state, toSafe)
  if (line === undefined) return undefined
  printRunLine(printer, line)
  const { event } = entry
  const isStepsEnd = event.kind === 'verified' || event.kind === 'undo-verified'
  if (isStepsEnd && movesCallers(state, event.step))
    printer.line(paint(printer, 'bold', `   ${headerOf(state, entry.at, toSafe)}`))
  return line
}
