import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, nearestName, suggest } from './nearest-name.ts'

describe('nearest names', () => {
  it.each([
    ['suport', 'support'],
    ['biling', 'billing'],
    ['slaes', 'sales'],
    ['SUPPORT', 'support'],
  ])('takes %s for %s', (written, meant) => {
    expect(nearestName(written, ['billing', 'support', 'sales'])).toBe(meant)
  })

  it('guesses nothing that is far off', () => {
    expect(nearestName('reno', ['support', 'billing'])).toBeUndefined()
    expect(suggest('reno', ['support', 'billing'])).toBe(' (there is: support, billing)')
    expect(suggest('reno', [])).toBe('')
  })

  it('shows eight names at most', () => {
    const names = Array.from({ length: 9 }, (_, index) => `name-number-${index}`)

    expect(suggest('x', names)).toMatch(/name-number-7, …\)$/)
  })

  it('distance is symmetric, and 0 for equal texts only', () => {
    const word = fc.string({ maxLength: 12 })
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a))
        expect(editDistance(a, b) === 0).toBe(a === b)
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })
})
