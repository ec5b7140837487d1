import { Temporal } from 'temporal-polyfill'
import { type EpochMs, epochMs } from './units.ts'

/** What a wall-clock time means in a zone. Twice a year some times don't exist, and some exist twice. */
export type LocalTime =
  | { readonly kind: 'instant'; readonly at: EpochMs }
  /** Clocks jump over it; `before` and `after` are the nearest wall-clock times that exist. */
  | { readonly kind: 'gap'; readonly before: string; readonly after: string }
  /** Clocks show it twice; `offsets` tell the two apart, the earlier first. */
  | { readonly kind: 'fold'; readonly offsets: readonly [string, string] }
  | { readonly kind: 'unreadable' }

const pattern = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2})?)(?:\s*(Z|[+-]\d{2}:\d{2}))?$/

/**
 * Reads `2026-12-05 22:00` in an IANA zone; with an offset after it, as that offset says.
 *
 * @param timeZone one that `isTimeZone` accepts
 */
export function readLocalTime(text: string, timeZone: string): LocalTime {
  const [, day, time, offset] = pattern.exec(text.trim()) ?? []
  if (day === undefined || time === undefined) return { kind: 'unreadable' }
  try {
    if (offset !== undefined) {
      const instant = Temporal.Instant.from(`${day}T${time}${offset}`)
      return { kind: 'instant', at: epochMs(instant.epochMilliseconds) }
    }
    return resolve(Temporal.PlainDateTime.from(`${day}T${time}`, { overflow: 'reject' }), timeZone)
  } catch (error) {
    // Temporal's only way to say that there is no such day or hour.
    if (error instanceof RangeError) return { kind: 'unreadable' }
    throw error
  }
}

function resolve(wanted: Temporal.PlainDateTime, timeZone: string): LocalTime {
  const earlier = wanted.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  const later = wanted.toZonedDateTime(timeZone, { disambiguation: 'later' })
  if (earlier.epochMilliseconds === later.epochMilliseconds)
    return { kind: 'instant', at: epochMs(earlier.epochMilliseconds) }
  const exists = earlier.toPlainDateTime().equals(wanted)
  return exists
    ? { kind: 'fold', offsets: [earlier.offset, later.offset] }
    : { kind: 'gap', before: wallClock(earlier), after: wallClock(later) }
}

/** Whether the runtime knows the zone: `America/Chicago`. */
export function isTimeZone(name: string): boolean {
  try {
    // A bare offset is a zone to Temporal, but knows no daylight saving; plans name places.
    return /^[A-Za-z]/.test(name) && epochZone(name)
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function epochZone(name: string): boolean {
  Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)
  return true
}

/** `2026-12-05 22:00` as the zone's clocks show the instant. */
export function formatLocalTime(at: EpochMs, timeZone: string): string {
  return wallClock(inZone(at, timeZone))
}

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

/** `Sat`: the day of the week in the zone at the instant. */
export function formatLocalDay(at: EpochMs, timeZone: string): string {
  return days[inZone(at, timeZone).dayOfWeek - 1] ?? ''
}

/** A lab's world may stand between two milliseconds; who only reads the time is not to stumble over it. */
function inZone(at: EpochMs, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(timeZone)
}

function wallClock(time: Temporal.ZonedDateTime): string {
  return time.toPlainDateTime().toString({ smallestUnit: 'minute' }).replace('T', ' ')
}
