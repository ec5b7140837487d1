import { describe, expect, it } from 'vitest'
import { checkAsExample, example } from '../../../test/support/example-plan.ts'
import { waveId } from '../../kernel/ids.ts'
import { epochMs } from '../../kernel/units.ts'
import { judgeWindow } from './judge-window.ts'

const { plan } = checkAsExample(example)
if (plan === undefined) throw new Error('the example is no plan')
const dallas = waveId('dallas')
/** 2026-12-05 22:00 .. 2026-12-06 05:00 in Chicago, six hours behind UTC. */
const opens = Date.UTC(2026, 11, 6, 4)
const closes = Date.UTC(2026, 11, 6, 11)
const hour = 3_600_000
const judged = (now: number) => judgeWindow(plan, dallas, epochMs(now))

describe('judgeWindow', () => {
  it('W4.1 a window that has closed is past, and says when it was', () => {
    expect(judged(closes + 356 * 24 * hour)).toEqual({
      kind: 'past',
      because: 'it closed on 2026-12-06 05:00 America/Chicago, 356 days ago',
    })
    expect(judged(closes)).toMatchObject({ kind: 'past' })
  })

  it('W1.1 a start that leaves no room for the TTL lead is late, and says until when it was not', () => {
    const late = judged(opens - 12 * hour)

    expect(late?.kind).toBe('late')
    expect(late?.because).toContain('opens on 2026-12-05 22:00 America/Chicago, in 12 h')
    expect(late?.because).toMatch(/the latest start for that was 2026-12-0\d \d\d:\d\d/)
  })

  it('W1.1 a start that is early enough fits', () => {
    expect(judged(opens - 8 * 24 * hour)).toEqual({
      kind: 'fits',
      because:
        'it opens on 2026-12-05 22:00 America/Chicago, in 8 days; it closes on 2026-12-06 05:00 America/Chicago',
    })
  })

  it('a wave without a window has none to miss', () => {
    const { plan: open } = checkAsExample(example.replace(/^ {4}window: .*$/gm, ''))

    expect(open && judgeWindow(open, dallas, epochMs(closes))).toBeUndefined()
  })
})
