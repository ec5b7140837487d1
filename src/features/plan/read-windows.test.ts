import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatLocalTime, isTimeZone, readLocalTime } from '../../kernel/local-time.ts'
import { epochMs } from '../../kernel/units.ts'
import { readWindow } from './read-windows.ts'

const chicago = 'America/Chicago'
const hours = (count: number) => count * 3_600_000

describe('windows in the zone of the plan', () => {
  it('reads a winter night', () => {
    const window = readWindow({ from: '2026-12-05 22:00', to: '2026-12-06 05:00' }, chicago)

    expect(window).toEqual({
      ok: true,
      value: { from: Date.parse('2026-12-06T04:00:00Z'), to: Date.parse('2026-12-06T11:00:00Z') },
    })
  })

  it.each([
    ['loses an hour in spring', '2026-03-07 22:00', '2026-03-08 05:00', 6],
    ['gains an hour in autumn', '2026-10-31 22:00', '2026-11-01 05:00', 8],
  ])('%s', (_title, from, to, length) => {
    const window = readWindow({ from, to }, chicago)

    expect(window.ok && window.value.to - window.value.from).toBe(hours(length))
  })

  it('names a time that the clocks jump over, with those beside it', () => {
    const window = readWindow({ from: '2026-03-08 02:30', to: '2026-03-08 05:00' }, chicago)

    expect(window).toMatchObject({
      problem: expect.stringMatching(/02:30 does not exist.*01:30 or 2026-03-08 03:30/),
    })
  })

  it('names a time that comes twice, and takes it with its offset', () => {
    const to = '2026-11-01 05:00'

    expect(readWindow({ from: '2026-11-01 01:30', to }, chicago)).toMatchObject({
      problem: expect.stringMatching(/comes twice.*01:30 -05:00 or 2026-11-01 01:30 -06:00/),
    })
    const first = readWindow({ from: '2026-11-01 01:30 -05:00', to }, chicago)
    const second = readWindow({ from: '2026-11-01 01:30 -06:00', to }, chicago)
    expect(first.ok && second.ok && second.value.from - first.value.from).toBe(hours(1))
  })

  it.each([
    ['2026-12-05 22:00', '2026-12-05 22:00', 'ends before'],
    ['2026-13-05 22:00', '2026-12-06 05:00', 'is no time'],
    ['2026-02-30 22:00', '2026-12-06 05:00', 'is no time'],
    ['tonight', '2026-12-06 05:00', 'is no time'],
    ['2026-12-05 25:00', '2026-12-06 05:00', 'is no time'],
  ])('refuses %s .. %s', (from, to, because) => {
    expect(readWindow({ from, to }, chicago)).toMatchObject({
      problem: expect.stringContaining(because),
    })
  })

  it('reads back what it shows, except where clocks show it twice', () => {
    const zones = fc.constantFrom(
      chicago,
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'UTC',
    )
    const minutes = fc.integer({ min: 29_000_000, max: 31_000_000 })
    fc.assert(
      fc.property(zones, minutes, (zone, minute) => {
        const at = epochMs(minute * 60_000)
        const read = readLocalTime(formatLocalTime(at, zone), zone)
        expect(read.kind === 'fold' || (read.kind === 'instant' && read.at === at)).toBe(true)
      }),
    )
  })
})

describe('time zones', () => {
  it.each([
    [chicago, true],
    ['UTC', true],
    ['America/Chicagoo', false],
    ['-05:00', false],
    ['', false],
  ])('%j is one: %s', (name, expected) => {
    expect(isTimeZone(name)).toBe(expected)
  })
})
