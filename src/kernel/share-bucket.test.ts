import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shareBucket, shareBuckets } from './share-bucket.ts'

const caller = fc.stringMatching(/^\+[1-9][0-9]{6,14}$/)
const salt = fc.string({ minLength: 1, maxLength: 20 })
const boundary = fc.integer({ min: 0, max: shareBuckets })
const isKept = (who: string, wave: string, share: number) => shareBucket(who, wave) < share

describe('shares of callers', () => {
  it('D2 the same caller of the same wave is always in the same bucket, and there are 10,000', () => {
    fc.assert(
      fc.property(caller, salt, (who, wave) => {
        const bucket = shareBucket(who, wave)

        expect(shareBucket(who, wave)).toBe(bucket)
        expect(Number.isInteger(bucket) && bucket >= 0 && bucket < shareBuckets).toBe(true)
      }),
    )
  })

  it('D2 a share that grows only adds callers; none is nobody and all is everybody', () => {
    fc.assert(
      fc.property(caller, salt, boundary, boundary, (who, wave, one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)]

        expect(isKept(who, wave, less) && !isKept(who, wave, more)).toBe(false)
        expect([isKept(who, wave, 0), isKept(who, wave, shareBuckets)]).toEqual([false, true])
      }),
    )
  })

  it.each([500, 2000, 5000])('D2 a boundary of %i keeps that share of many callers', (share) => {
    const callers = Array.from({ length: 20_000 }, (_, index) => `+1214${5_550_000 + index}`)
    const kept = callers.filter((who) => isKept(who, 'wave-1', share)).length / callers.length

    expect(Math.abs(kept - share / shareBuckets)).toBeLessThan(0.01)
  })

  it('D2 another wave has other callers first', () => {
    const callers = Array.from({ length: 2000 }, (_, index) => `+1214${5_550_000 + index}`)
    const both = callers.filter((who) => isKept(who, 'a', 1000) && isKept(who, 'b', 1000))

    expect(both.length).toBeLessThan(50)
  })
})
