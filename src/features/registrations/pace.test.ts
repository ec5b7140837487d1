import { describe, expect, it } from 'vitest'
import { virtualClocks } from '../../../test/support/virtual.ts'
import { createRandom } from '../../kernel/random.ts'
import { epochMs, later, ms } from '../../kernel/units.ts'
import { createGate } from './gate.ts'
import { nextTurn } from './pace.ts'

/** The most instants in any second, wherever it begins. */
function peakOf(instants: readonly number[]): number {
  return Math.max(
    ...instants.map((from, index) => {
      const end = instants.findIndex((at, other) => other > index && at >= from + 1000)
      return (end === -1 ? instants.length : end) - index
    }),
  )
}

/** When requests leave whose timers are up to `late` ms late. */
function departures(rate: number, count: number, late: () => number): readonly number[] {
  let turn = epochMs(0)
  let now = epochMs(0)
  return Array.from({ length: count }, () => {
    now = epochMs(Math.ceil(Math.max(now, turn + late())))
    turn = nextTurn(turn, now, rate)
    return now
  })
}

describe('nextTurn', () => {
  it.each([1, 3, 10, 25, 30, 100, 200, 333, 1000])(
    'H5.1 no second has more than %d requests and half of 5 percent, however late timers are',
    (rate) => {
      const random = createRandom(rate)
      const late = () => (random.next() < 0.02 ? 3000 * random.next() : 2 * random.next())

      const peak = peakOf(departures(rate, Math.min(rate * 20, 3000), late))

      expect(peak).toBeLessThanOrEqual(Math.floor(rate * 1.025))
    },
  )

  it('catches up what timers of a millisecond lose: 200/s stay 200/s', () => {
    const instants = departures(200, 2000, () => 1.7)

    expect(instants.at(-1)).toBeLessThan(10_100)
  })

  it('gives nothing for a time in which nobody asked', () => {
    const turn = nextTurn(epochMs(0), epochMs(60_000), 10)

    expect(turn).toBe(60_100)
  })
})

describe('the gate', () => {
  it('lets proofs through before first requests that wait, each in its order', async () => {
    const { time, wireClock } = virtualClocks()
    const gate = createGate(wireClock, 10)
    const passed: string[] = []
    const go = (part: 'first' | 'proof', name: string) =>
      gate.pass(part).then(() => passed.push(name))
    const all = Promise.all([
      go('first', 'a'),
      go('first', 'b'),
      go('proof', 'p'),
      go('proof', 'q'),
    ])

    await turns(time, 5, 100)
    await all

    expect(passed).toEqual(['a', 'p', 'q', 'b'])
  })

  it('a repetition takes the turn of one that waits', async () => {
    const { time, wireClock } = virtualClocks()
    const gate = createGate(wireClock, 10)
    let passed = 0
    for (let nth = 0; nth < 10; nth += 1) void gate.pass('first').then(() => (passed += 1))
    await turns(time, 1, 0)
    for (let nth = 0; nth < 4; nth += 1) gate.spend()

    await turns(time, 4, 100)

    expect(passed).toBe(1)
    await turns(time, 2, 100)
    expect(passed).toBe(3)
  })

  it('who is sent away takes no turn, and learns why', async () => {
    const { time, wireClock } = virtualClocks()
    const gate = createGate(wireClock, 10)
    await gate.pass('first')
    const refused = expect(gate.pass('first')).rejects.toThrow('enough')
    gate.dismiss(new Error('enough'))
    await refused
    const next = gate.pass('first')

    await turns(time, 1, 100)

    await next
  })
})

async function turns(time: ReturnType<typeof virtualClocks>['time'], count: number, by: number) {
  for (let nth = 0; nth < count; nth += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    time.advanceTo(later(time.now(), ms(by)))
    await new Promise((resolve) => setImmediate(resolve))
  }
}
