import { describe, expect, it } from 'vitest'
import { type CodecImpairment, codecImpairments, mosOf, rating } from './e-model.ts'

const codec = codecImpairments.PCMU
const ratingOf = (delayMs: number, loss = 0, of: CodecImpairment = codec) =>
  rating({ delayMs, loss, codec: of })

describe('E-model', () => {
  it('B3.2 is 93.2 with the defaults of G.107', () => {
    expect(ratingOf(0)).toBeCloseTo(93.2, 1)
  })

  // Cole and Rosenbluth, "Voice over IP performance monitoring" (2001), fitted this line to G.107's own curve.
  it.each([20, 50, 100, 150, 200, 250, 300])(
    'B3.2 a delay of %i ms costs what others read from the curve',
    (delay) => {
      const fitted = 0.024 * delay + 0.11 * Math.max(0, delay - 177.3)

      expect(Math.abs(93.2 - fitted - ratingOf(delay))).toBeLessThan(0.7)
    },
  )

  it('B3.2 loss costs as Ie,eff of G.107 §7.4 says, and a codec what G.113 says', () => {
    expect(ratingOf(0) - ratingOf(0, 0.01)).toBeCloseTo(95 / 26.1, 6)
    expect(ratingOf(0) - ratingOf(0, 0, codecImpairments.G729)).toBeCloseTo(11, 6)
    expect(ratingOf(0, 1)).toBeCloseTo(93.2 - 9500 / 125.1, 1)
  })

  // ITU-T G.107 annex B, worked out elsewhere.
  it.each([
    [93.2, 4.4093],
    [90, 4.339],
    [80, 4.024],
    [70, 3.597],
    [60, 3.1],
    [50, 2.575],
    [0, 1],
    [-5, 1],
    [100, 4.5],
    [120, 4.5],
  ])('B3.2 R %f is MOS %f', (r, mos) => {
    expect(mosOf(r)).toBeCloseTo(mos, 3)
  })
})
