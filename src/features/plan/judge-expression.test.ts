import { Environment } from '@marcbachmann/cel-js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Range } from '../gates/index.ts'
import { compileTrigger } from './compile-trigger.ts'

type Ranges = Readonly<Record<string, Range | undefined>>

function judge(text: string, ranges: Ranges) {
  const trigger = compileTrigger(text)
  if (!trigger.ok) throw new Error(trigger.problem.message)
  return trigger.value.judge(ranges)
}

const both = 'validation_failure_rate > 2% && crm_error_rate > 1%'
const either = 'validation_failure_rate > 2% || crm_error_rate > 1%'

describe('triggers over intervals', () => {
  it.each<readonly [string, Ranges, string]>([
    ['asa > 2', { asa: [2.1, 3] }, 'true'],
    ['asa > 2', { asa: [1, 2] }, 'false'],
    ['asa > 2', { asa: [1.9, 2.1] }, 'unsure'],
    ['asa >= 2', { asa: [2, 3] }, 'true'],
    ['asa >= 2', { asa: [1, 2] }, 'unsure'],
    ['asa < 2', { asa: [1, 1.9] }, 'true'],
    ['asa <= 2', { asa: [2, 3] }, 'unsure'],
    ['asa == 2', { asa: [2, 2] }, 'true'],
    ['asa == 2', { asa: [1, 3] }, 'unsure'],
    ['asa != 2', { asa: [3, 4] }, 'true'],
    ['!(asa > 2)', { asa: [3, 4] }, 'false'],
    [both, { validation_failure_rate: [0.03, 0.1], crm_error_rate: [0.02, 0.1] }, 'true'],
    [both, { validation_failure_rate: [0.03, 0.1], crm_error_rate: [0, 0.1] }, 'unsure'],
    [both, { validation_failure_rate: [0.0, 0.1], crm_error_rate: [0, 0.01] }, 'false'],
    [either, { validation_failure_rate: [0.03, 0.1], crm_error_rate: [0, 0.1] }, 'true'],
    // A band is neither rising nor falling: both ends lie outside, and yet it may be true.
    ['asa > 2 && asa < 5', { asa: [1, 6] }, 'unsure'],
    ['asa > 2 && asa < 5', { asa: [3, 4] }, 'true'],
    ['asa > 2 ? RTT > 1 : RTT > 5', { asa: [1, 3], RTT: [6, 7] }, 'true'],
    ['asa > 2 ? RTT > 1 : RTT > 5', { asa: [1, 3], RTT: [2, 7] }, 'unsure'],
    ['asa - RTT > 1', { asa: [5, 6], RTT: [1, 2] }, 'true'],
    ['asa / RTT > 1', { asa: [5, 6], RTT: [-1, 2] }, 'unsure'],
    ['-asa * 2.0 < -6', { asa: [4, 5] }, 'true'],
  ])('D17 %s over %j is %s', (text, ranges, truth) => {
    expect(judge(text, ranges)).toBe(truth)
  })

  it('D18 a metric without data may be anything: it neither fires a trigger nor clears it', () => {
    expect(judge('asa > 2', {})).toBe('unsure')
    expect(judge(both, { validation_failure_rate: [0.03, 0.1] })).toBe('unsure')
    expect(judge(both, { validation_failure_rate: [0, 0.01] })).toBe('false')
    expect(judge(either, { validation_failure_rate: [0.03, 0.1] })).toBe('true')
  })

  const names = ['asa', 'RTT', 'queueLength'] as const
  const numeric = fc.letrec<{ term: string }>((tie) => ({
    term: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(...names),
      fc
        .integer({ min: -9, max: 9 })
        .map((figure) => (figure < 0 ? `(${figure}.0)` : `${figure}.5`)),
      fc
        .tuple(tie('term'), fc.constantFrom('+', '-', '*', '/'), tie('term'))
        .map(([a, sign, b]) => `(${a} ${sign} ${b})`),
    ),
  })).term
  const sentence = fc.letrec<{ sentence: string }>((tie) => ({
    sentence: fc.oneof(
      { depthSize: 'small' },
      fc
        .tuple(numeric, fc.constantFrom('<', '<=', '>', '>=', '==', '!='), numeric)
        .map(([a, sign, b]) => `${a} ${sign} ${b}`),
      fc
        .tuple(tie('sentence'), fc.constantFrom('&&', '||'), tie('sentence'))
        .map(([a, join, b]) => `(${a} ${join} ${b})`),
      tie('sentence').map((one) => `!(${one})`),
      fc
        .tuple(tie('sentence'), tie('sentence'), tie('sentence'))
        .map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    ),
  })).sentence
  const range = fc
    .tuple(
      fc.double({ min: -10, max: 10, noNaN: true }),
      fc.double({ min: 0, max: 5, noNaN: true }),
    )
    .map(([low, width]): Range => [low, low + width])
  const environment = names.reduce(
    (all, name) => all.registerVariable(name, 'double'),
    new Environment(),
  )

  it('D17 what is surely so is so at every point of the intervals, as CEL itself computes it', () => {
    const inside = fc.tuple(...names.map(() => fc.double({ min: 0, max: 1, noNaN: true })))
    const ranges = fc.tuple(...names.map(() => range))
    let sure = 0
    fc.assert(
      fc.property(sentence, ranges, inside, (text, chosen, places) => {
        fc.pre(names.some((name) => text.includes(name)))
        const truth = judge(text, Object.fromEntries(names.map((name, i) => [name, chosen[i]])))
        if (truth === 'unsure') return
        sure += 1
        const point = names.map((name, i) => {
          const [low, high] = chosen[i] ?? [0, 0]
          return [name, Math.min(high, low + (places[i] ?? 0) * (high - low))]
        })
        expect(environment.evaluate(text, Object.fromEntries(point))).toBe(truth === 'true')
      }),
      { numRuns: 2000 },
    )
    expect(sure).toBeGreaterThan(200)
  })
})
