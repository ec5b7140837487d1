import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileTrigger } from './compile-trigger.ts'
import { metricNames } from './metrics.ts'

function compiled(text: string) {
  const trigger = compileTrigger(text)
  if (!trigger.ok) throw new Error(trigger.problem.message)
  return trigger.value
}

describe('rollback triggers', () => {
  it("W4.2 takes the guide's percentage as a ratio", () => {
    const trigger = compiled('validation_failure_rate > 2%')

    expect(trigger.cel).toBe('validation_failure_rate > 0.02')
    expect(trigger.metrics).toEqual(['validation_failure_rate'])
    expect(trigger.judge({ validation_failure_rate: [0.021, 0.021] })).toBe('true')
    expect(trigger.judge({ validation_failure_rate: [0.02, 0.02] })).toBe('false')
  })

  it('takes durations as milliseconds and whole numbers as what they are', () => {
    expect(compiled('asa > 45s || queueLength > 15').cel).toBe(
      'asa > 45000.0 || queueLength > 15.0',
    )
    expect(compiled('RTT > 150ms').judge({ RTT: [151, 151] })).toBe('true')
  })

  it('its own CEL compiles to itself', () => {
    const comparison = fc.tuple(
      fc.constantFrom(...metricNames),
      fc.constantFrom('<', '>=', '>'),
      fc.nat(100),
    )
    fc.assert(
      fc.property(fc.array(comparison, { minLength: 1, maxLength: 4 }), (comparisons) => {
        const text = comparisons
          .map(([name, sign, limit]) => `${name} ${sign} ${limit}%`)
          .join(' || ')
        const { cel } = compiled(text)
        expect(compiled(cel).cel).toBe(cel)
      }),
    )
  })

  it.each([
    ['validation_failure_rat > 2%', 'did you mean "validation_failure_rate"', 0],
    ['success_rate < 99', 'write 99%', 15],
    ['validation_failure_rate >', 'end of the expression', 25],
    ['validation_failure_rate', 'neither true nor false', 0],
    ['1 > 2', 'names no metric', 0],
    ['validation_failure_rate > "2"', 'overload', 0],
    ['', 'end of the expression', 0],
    ['constructor > 1', 'is no metric', 0],
    ['asa in [1.0, 2.0]', `"asa in [1.0, 2.0]" can't be judged`, 0],
    ['size([asa]) > 1 || RTT > 1s', `can't be judged`, 0],
  ])('refuses %j: %s', (text, because, at) => {
    expect(compileTrigger(text)).toMatchObject({
      ok: false,
      problem: { message: expect.stringContaining(because), at },
    })
  })

  it('answers any text with a trigger or a sentence', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const trigger = compileTrigger(text)
        expect(trigger.ok || trigger.problem.message.length > 0).toBe(true)
      }),
    )
  })
})
