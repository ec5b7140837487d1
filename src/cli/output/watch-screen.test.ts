import { describe, expect, it } from 'vitest'
import { look, runbookOf, set, startOfToy, toyState } from '../../../test/support/toy-steps.ts'
import type { RunEvent } from '../../engine/run-event.ts'
import { epoch } from '../../kernel/authority.ts'
import { stepKey } from '../../kernel/ids.ts'
import { later, ms } from '../../kernel/units.ts'
import { createScreen } from './print.ts'
import { watchScreen } from './watch-screen.ts'

const runbook = runbookOf([
  ...[set('a'), set('b'), look('gate'), set('c'), set('d'), set('e')],
  ...[set('f'), set('g')],
])
const verified = (step: string): RunEvent => ({
  ...{ kind: 'verified', step: stepKey(step), direction: 'forward', seen: `${step} is 1` },
})
const acting = (step: string): RunEvent => ({
  ...{ kind: 'acting', step: stepKey(step), epoch: epoch(1) },
})
const waiting: RunEvent = { kind: 'waiting', step: stepKey('gate'), because: 'resolvers 0 of 5' }
const begun = [acting('a'), verified('a'), acting('b'), verified('b')]

function screen(width: number, ...events: readonly RunEvent[]): readonly string[] {
  const now = later(startOfToy, ms(12 * 60_000))
  const state = toyState(runbook, events)
  return watchScreen(
    { color: false, width },
    { state, journal: [], now, toSafe: ms(90_000) },
    'carried on by the server',
  )
}

describe('the screen of a run that is watched', () => {
  it('X4 has the header on top, what is done in two lines, and what is under way with its time', () => {
    const lines = screen(160, ...begun, waiting)

    expect(lines[0]).toMatch(/^toy toy {3}12 min elapsed {3}step 2 of 8 .*safe in 1 min 30 s$/)
    expect(lines[1]).toBe('toy-1   now Fri 2026-11-20 12:12 UTC')
    expect(lines.slice(2)).toEqual([
      'carried on by the server',
      '',
      ' ✔ 2 of 8 steps done, the last:',
      ` ✔  2 ${'set b'.padEnd(34)} b is 1`,
      ` ▶  3 ${'look gate'.padEnd(34)} resolvers 0 of 5  (for 12 min)`,
      '   then set c · set d · set e … and 2 more',
    ])
  })

  it('is no wider than the terminal, whatever a step says', () => {
    for (const line of screen(60, ...begun, { ...waiting, because: 'no data '.repeat(40) }))
      expect(line.length).toBeLessThanOrEqual(60)
  })

  it('on the way back says what is taken back, what is being, and what is to come', () => {
    const back: RunEvent = { kind: 'rollback-started', because: 'enough', by: 'root' }
    const undone: RunEvent = { kind: 'undo-verified', step: stepKey('b'), seen: 'b is 0 again' }
    const lines = screen(160, ...begun, back, undone).slice(-3)

    expect(lines).toEqual([
      ' ↩ 1 of 8 steps taken back, the last:',
      ` ↩  2 ${'set b'.padEnd(34)} b is 0 again`,
      expect.stringMatching(/^ ▶ {2}1 set a/),
    ])
  })
})

describe('a terminal that is painted', () => {
  it('is entered once, painted from its top, cut to its rows, and given back once', () => {
    const written: string[] = []
    const out = { rows: 2, write: (text: string) => written.push(text) > 0 }
    const terminal = createScreen(out)

    terminal.paint(['one', 'two', 'three'])
    terminal.paint(['four'])
    terminal.leave()
    terminal.leave()

    const [enter, leave, clear] = ['\u001b[?1049h', '\u001b[?1049l', '\u001b[K']
    expect(written).toEqual([
      `${enter}\u001b[Hone${clear}\ntwo${clear}\u001b[J`,
      `\u001b[Hfour${clear}\u001b[J`,
      leave,
    ])
  })
})
