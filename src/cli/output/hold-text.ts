import { endOfHold, type RunState } from '../../engine/run-state.ts'
import type { Hold } from '../../engine/step.ts'
import type { StepState } from '../../engine/step-state.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { type EpochMs, since } from '../../kernel/units.ts'
import { wallClock } from './wall-clock.ts'

type Held = NonNullable<StepState['held']>

/** `until Wed 2026-12-09 22:01 America/Chicago (4 h)`: when it runs out, on the clock of whoever is asked. */
export function untilText(
  state: RunState,
  now: EpochMs,
  held: Pick<Held, 'until' | 'hold'>,
): string {
  const end = endOfHold(state, held)
  const left = since(now, end)
  return `until ${wallClock(state, end)} (${left > 0 ? formatDuration(left) : 'its time is over'})`
}

/** Who is asked, and what happens when nobody answers. */
export function exitOf({ direction }: RunState, { owner, then }: Hold): string {
  const rollsBack = then === 'roll-back' && direction === 'forward'
  return rollsBack ? `owner ${owner}, then roll back` : `owner ${owner} decides, else it stays`
}

/** Of a step that holds, as of now: until when; while the run is paused no timer runs. */
export function heldText(state: RunState, now: EpochMs, held: Held): string {
  const until =
    state.paused === undefined
      ? untilText(state, now, held)
      : 'paused: its time begins anew on resume'
  return `HOLD ${until} · ${exitOf(state, held.hold)}`
}
