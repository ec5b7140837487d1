import type { StepKey } from '../kernel/ids.ts'
import { type RunState, stepState } from './run-state.ts'
import type { PlannedStep } from './runbook.ts'
import type { Trace } from './step.ts'
import type { StepPhase, StepState } from './step-state.ts'
import { currentForward } from './visits.ts'

/*
 * After a promotion the end of the journal may be missing (promise 5). What is lost is one piece: the last
 * entries, in the order in which they were written. So there are three things to look for.
 *
 * Going forward, changes were made of which the journal knows nothing. They begin with the step that the run
 * is at, and there is no gap: the first change that the world does not show ends the search, and at most its
 * own act is lost, which a repeated act covers. Further on a step that reads as done was so before the run.
 *
 * The run had turned back, and changes were undone that the journal calls verified.
 *
 * Going back, undos are lost. Nothing has to be looked for: an undo that is done twice is done once (the step
 * laws), it is journalled as `undoing` again, and no change goes forward after `rollback-started`.
 */

/** One change as the world shows it now, beside what the journal knows of it. */
export interface Reading {
  readonly phase: StepPhase
  readonly trace: Trace
  /** Of its pre-image, where the journal has one. */
  readonly traceBefore?: Trace
}

/**
 * What the look forward makes of one change: lost commits made it, or it is as known; and whether there is
 * more to look at. `by-hand`: nothing can be read of it, so it is lost if one after it is.
 */
export type Sight = 'lost' | 'by-hand' | 'goes-on' | 'ends'

export function sightOf(reading: Reading): Sight {
  const { phase, trace } = reading
  if (trace === 'unreadable') return phase.kind === 'pending' ? 'by-hand' : 'goes-on'
  if (isBeyond(reading)) return 'lost'
  // In the middle of its act it was the last thing that the run did.
  return trace === 'all' ? 'goes-on' : 'ends'
}

/** Whether the world shows more of it than the journal has: once its intent is there, nothing is. */
function isBeyond({ phase, trace, traceBefore = 'none' }: Reading): boolean {
  if (phase.kind === 'pending') return trace !== 'none'
  const isBefore = phase.kind === 'observed' || phase.kind === 'ready'
  return isBefore && extent[trace] > extent[traceBefore]
}

const extent = { none: 0, some: 1, all: 2, unreadable: 0 } as const

/** Whether a change that the journal calls made is so no longer. One that is not verified yet may still be arriving. */
export function isUndone({ phase, trace }: Reading): boolean {
  return trace === 'none' || (trace === 'some' && phase.kind === 'verified')
}

/** The step that the run is at going forward, and all after it, in order. */
export function stepsToCome(state: RunState): readonly PlannedStep[] {
  const current = currentForward(state)
  if (current === undefined) return []
  const { steps } = state.runbook
  const from = steps.indexOf(current)
  return steps.slice(from).filter(({ key, visited }) => visited !== 'back' && !isOver(state, key))
}

/** Whether the journal says that this run has made the change, whole. */
export function isMade({ phase }: StepState): boolean {
  return phase.kind === 'acted' || (phase.kind === 'verified' && phase.changed)
}

function isOver(state: RunState, key: StepKey): boolean {
  const { kind } = stepState(state, key).phase
  return kind === 'verified' || kind === 'skipped'
}
