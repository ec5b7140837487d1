import type { JournalEntry } from '../../engine/run-event.ts'
import type { RunState } from '../../engine/run-state.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { type EpochMs, type Milliseconds, since } from '../../kernel/units.ts'
import { wallClock } from './wall-clock.ts'

export interface StatusOf {
  readonly state: RunState
  readonly journal: readonly JournalEntry[]
  readonly now: EpochMs
  readonly toSafe: Milliseconds
}

/** Above the steps: where the run is, and why it goes back, is paused, or has ended, in whose words and since when. */
export function statusHead(status: StatusOf): readonly string[] {
  return [headLine(status), ...whyLines(status)]
}

/** Why it goes back, is paused, or has ended; empty when it simply goes on. */
export function whyLines(status: StatusOf): readonly string[] {
  return [...endLines(status), ...backLines(status), ...pauseLines(status)]
}

/** A run that has ended can't be aborted any more, and its time stands still. */
function headLine({ state, journal, now, toSafe }: StatusOf): string {
  const { run, runbook, outcome, direction, createdAt } = state
  const of = `${run} · ${runbook.kind} ${runbook.name}`
  const end = journal.findLast(({ event }) => event.kind === 'ended')
  if (outcome !== undefined) {
    const at = end?.at ?? now
    return `${of} · ended ${outcome} on ${wallClock(state, at)} after ${formatDuration(since(createdAt, at))}`
  }
  const elapsed = `${formatDuration(since(createdAt, now))} elapsed`
  if (direction === 'back')
    return `${of} · going back · ${elapsed} · about ${formatDuration(toSafe)} to safe`
  return `${of} · going forward · ${elapsed} · abort now → safe in ${formatDuration(toSafe)}`
}

function endLines({ journal }: StatusOf): readonly string[] {
  return journal.flatMap(({ event }) =>
    event.kind === 'ended' ? [`ended ${event.outcome}: ${event.summary}`] : [],
  )
}

function backLines(status: StatusOf): readonly string[] {
  const { state, journal } = status
  const started = journal.findLast(({ event }) => event.kind === 'rollback-started')
  if (started?.event.kind !== 'rollback-started') return []
  const doing = state.outcome === undefined ? 'goes' : 'went'
  return [`${doing} back because: ${started.event.because} (${sinceWhen(status, started)})`]
}

function pauseLines(status: StatusOf): readonly string[] {
  const { state, journal, now } = status
  if (state.paused === undefined || state.outcome !== undefined) return []
  const asked = journal.findLast(
    ({ event }) =>
      event.kind === 'requested' &&
      event.accepted &&
      (event.verb === 'pause' || event.verb === 'hold'),
  )
  const { by, until } = state.paused
  const said = asked?.event.kind === 'requested' ? asked.event.reason : undefined
  const reason = said === undefined ? '' : `: ${said}`
  const when = asked === undefined ? '' : `, ${sinceWhen(status, asked)}`
  if (until === undefined) return [`paused by ${by}${when}${reason}`]
  const left = since(now, until)
  const timer = left > 0 ? `${formatDuration(left)} left, then` : 'its time is over,'
  return [`held by ${by}${when} until ${wallClock(state, until)}, ${timer} it rolls back${reason}`]
}

function sinceWhen({ state, now }: StatusOf, { at }: JournalEntry): string {
  return `since ${wallClock(state, at)}, ${formatDuration(since(at, now))} ago`
}
