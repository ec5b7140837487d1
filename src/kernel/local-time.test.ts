import { describe, expect, it } from 'vitest'
import { formatLocalDay, formatLocalTime } from './local-time.ts'
import { epochMs } from './units.ts'

describe('formatLocalTime', () => {
  it.each([
    [Date.UTC(2026, 10, 25, 22), 'UTC', '2026-11-25 22:00'],
    [Date.UTC(2026, 10, 25, 22), 'America/Chicago', '2026-11-25 16:00'],
    // A lab's world may stand between two milliseconds.
    [Date.UTC(2026, 10, 25, 22) + 0.5, 'UTC', '2026-11-25 22:00'],
  ])('%d in %s is %s', (at, zone, shown) => {
    expect(formatLocalTime(epochMs(at), zone)).toBe(shown)
  })
})

describe('formatLocalDay', () => {
  it.each([
    ['UTC', 'Thu'],
    ['America/Chicago', 'Wed'],
  ])('is the day that the clocks of %s show', (zone, day) => {
    expect(formatLocalDay(epochMs(Date.UTC(2026, 10, 26, 3)), zone)).toBe(day)
  })
})
