import { describe, expect, it } from 'vitest'
import { epochMs, ms } from '../../kernel/units.ts'
import { decideQuiet } from './decide-quiet.ts'

const start = 1_700_000_000_000
const at = (minutes: number) => epochMs(start + minutes * 60_000)
const tenMinutes = ms(600_000)
const quiet = (since: number, seenUntil: number) => ({ since: at(since), seenUntil: at(seenUntil) })
const look = (minute: number, remembered?: unknown, up = 0) =>
  decideQuiet({ up, now: at(minute) }, tenMinutes, remembered)

describe('D1 a side is quiet', () => {
  it.each<readonly [string, number, unknown, object]>([
    ['not at the first look', 0, undefined, { kind: 'not-long-enough', remember: quiet(0, 0) }],
    ['not before its time', 9, quiet(0, 8), { lasted: 540_000, remember: quiet(0, 8) }],
    ['when no call was up for all of it', 10, quiet(0, 8), { kind: 'quiet', lasted: 600_000 }],
    ['and it is written down now and then', 4, quiet(0, 2), { remember: quiet(0, 4) }],
    ['but not at each look', 3, quiet(0, 2), { remember: quiet(0, 2) }],
    ['a gap in the looks begins it anew', 12, quiet(0, 8), { remember: quiet(12, 12) }],
    ['a short gap does not', 11, quiet(0, 8), { kind: 'quiet', lasted: 660_000 }],
    ['what is lost only lengthens it', 9, null, { lasted: 0, remember: quiet(9, 9) }],
    ['what can’t be read is lost', 9, { since: 'noon' }, { remember: quiet(9, 9) }],
    ['a clock that went back begins it anew', 1, quiet(0, 8), { remember: quiet(1, 1) }],
  ])('%s', (_, minute, remembered, found) => {
    expect(look(minute, remembered)).toMatchObject(found)
  })

  it('any call begins it anew', () => {
    expect(look(10, quiet(0, 8), 1)).toEqual({ kind: 'calls', up: 1 })
  })

  it('where none is wanted one look is enough, and calls are calls', () => {
    expect(decideQuiet({ up: 0, now: at(0) }, ms(0), undefined).kind).toBe('quiet')
    expect(decideQuiet({ up: 1, now: at(0) }, ms(0), undefined).kind).toBe('calls')
  })
})
