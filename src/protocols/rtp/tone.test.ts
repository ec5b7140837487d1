import { describe, expect, it } from 'vitest'
import { decodeG711, encodeG711 } from './g711.ts'
import { levelOf, shareAt, sine } from './tone.ts'

const frame = { start: 0, count: 160 }
const throughG711 = (samples: Int16Array) => decodeG711('PCMA', encodeG711('PCMA', samples))

describe('tones', () => {
  it.each([-3, -10, -30])('a sine at %i dBm0 has that level, through G.711 too', (level) => {
    const tone = sine(1000, level, { start: 0, count: 800 })

    expect(levelOf(tone)).toBeCloseTo(level, 1)
    expect(Math.abs(levelOf(throughG711(tone)) - level)).toBeLessThan(0.3)
  })

  it('is found at its frequency and at no other, in one packet', () => {
    const tone = throughG711(sine(1750, -12, frame))

    expect(shareAt(1750, tone)).toBeGreaterThan(0.95)
    expect(shareAt(1130, tone)).toBeLessThan(0.05)
    expect(shareAt(1750, throughG711(sine(440, -12, frame)))).toBeLessThan(0.05)
  })

  it('silence has no level and no tone', () => {
    expect(levelOf(new Int16Array(160))).toBe(Number.NEGATIVE_INFINITY)
    expect(shareAt(1750, new Int16Array(160))).toBe(0)
  })

  it('goes on without a click where a packet ends', () => {
    const whole = sine(1130, -10, { start: 0, count: 320 })

    expect(sine(1130, -10, { start: 160, count: 160 })).toEqual(whole.slice(160))
  })
})
