import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkAsExample, example } from '../../../test/support/example-plan.ts'

describe('any file', () => {
  it('gets a plan or a problem with a place, whatever was cut out or put in', () => {
    const edit = fc.record({
      at: fc.nat(example.length),
      cut: fc.nat(60),
      put: fc.oneof(
        fc.string(),
        fc.constantFrom('[', '}', '\n', '- ', ': ', '&a ', '*a', '%', 'null', '__proto__: 1\n'),
      ),
    })
    fc.assert(
      fc.property(edit, ({ at, cut, put }) => {
        const { plan, problems } = checkAsExample(
          example.slice(0, at) + put + example.slice(at + cut),
        )
        const errors = problems.filter(({ severity }) => severity === 'error')
        expect(plan === undefined).toBe(errors.length > 0)
        expect(
          problems.every(({ line, column, message }) => line > 0 && column > 0 && message !== ''),
        ).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it.each(['', '# nothing', '[]', '1', '---\na: 1\n---\nb: 2'])(
    '%j is refused with a place',
    (text) => {
      expect(checkAsExample(text)).toMatchObject({
        problems: [{ line: expect.any(Number), severity: 'error' }],
      })
    },
  )
})
