import { isWatching } from '../../engine/decide-next.ts'
import { openSteps } from '../../engine/open-steps.ts'
import type { Verb } from '../../engine/run-event.ts'
import { type RunState, stepState } from '../../engine/run-state.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { since } from '../../kernel/units.ts'
import { heldText } from './hold-text.ts'
import { isUnread, shareInForce, stepsToUndo } from './run-header.ts'
import type { StatusOf } from './status-lines.ts'
import { wallClock } from './wall-clock.ts'

/** What holds now that this was granted: said to whoever asked, who may have meant something else by it. */
export function inForce(verb: Verb, status: StatusOf): string {
  const { state } = status
  // It may have gone on, or back, between the answer and this look.
  if (state.outcome !== undefined) return `it has ended (${state.outcome})`
  switch (verb) {
    case 'pause':
    case 'hold':
      return stillText(status)
    case 'resume':
    case 'confirm':
      return wayText(status)
    case 'retry':
    case 'skip':
      return `${targetOf(status, verb)}; ${wayText(status)}`
    case 'rollback':
    case 'cancel':
      return wayText(status)
  }
}

function stillText(status: StatusOf): string {
  const { state, now } = status
  const { paused } = state
  if (paused === undefined) return `it is not paused any more: ${wayOf(status)}`
  const callers = `${callersText(state)}${watchText(state)}`
  if (paused.until === undefined) return `no further step and no timer; ${callers}`
  const left = formatDuration(since(now, paused.until))
  return `until ${wallClock(state, paused.until)} (${left}), then it rolls back; ${callers}`
}

function callersText(state: RunState): string {
  if (isUnread(state)) return 'where its callers are is not known before it was read back'
  const { source, target, percent } = shareInForce(state)
  return percent === 0 ? `callers stay at ${source}` : `callers stay ${percent} % at ${target}`
}

function watchText(state: RunState): string {
  const isWatched = state.runbook.guards.some((guard) => isWatching(state, guard))
  return isWatched ? '; the rollback trigger is still watched, a breach goes back' : ''
}

function wayText(status: StatusOf): string {
  const { state, toSafe } = status
  if (state.paused !== undefined) return `it is still paused by ${state.paused.by}`
  const left = `${stepsToUndo(state)} steps, about ${formatDuration(toSafe)}`
  return state.direction === 'back' ? `${wayOf(status)}, ${left} to safe` : wayOf(status)
}

/** Where a step holds by itself it does not go on, whatever was granted. */
function wayOf({ state, now }: StatusOf): string {
  const [current] = openSteps(state)
  const held = current === undefined ? undefined : stepState(state, current.key).held
  const holds = held === undefined ? '' : ` (${heldText(state, now, held)})`
  const at = current === undefined ? '' : `, at ${current.title}${holds}`
  return state.direction === 'back' ? `it goes back${at}` : `it goes forward${at}`
}

function targetOf({ state, journal }: StatusOf, verb: 'retry' | 'skip'): string {
  const asked = journal.findLast(
    ({ event }) => event.kind === 'requested' && event.verb === verb && event.accepted,
  )
  const key = asked?.event.kind === 'requested' ? asked.event.step : undefined
  const title = state.runbook.steps.find((planned) => planned.key === key)?.title ?? key
  return verb === 'retry' ? `${title} is asked again at once` : `${title} is left unverified`
}
