import type { RunState } from '../../engine/run-state.ts'
import { formatLocalDay, formatLocalTime } from '../../kernel/local-time.ts'
import type { EpochMs } from '../../kernel/units.ts'

/** `Wed 2026-12-09 22:01 America/Chicago`: with its day, in the zone of the plan, where its windows are written. */
export function wallClock(state: Pick<RunState, 'runbook'>, at: EpochMs): string {
  const zone = zoneOf(state)
  return `${formatLocalDay(at, zone)} ${formatLocalTime(at, zone)} ${zone}`
}

function zoneOf({ runbook }: Pick<RunState, 'runbook'>): string {
  const { settings } = runbook.plan
  return typeof settings === 'object' && settings !== null && 'timeZone' in settings
    ? String(settings.timeZone)
    : 'UTC'
}
