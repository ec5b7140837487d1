import { describe, expect, it } from 'vitest'
import { epochMs, ms } from '../../kernel/units.ts'
import { type Adaptation, adapt, floorOf, type RequestSample } from './adapt.ts'
import { guideRegistration } from './settings.ts'

const settings = { ...guideRegistration.adapt, budget: 200 }
const now = epochMs(100_000)

const sample = (took: number, more: Partial<RequestSample> = {}): RequestSample => ({
  began: epochMs(99_000),
  took: ms(took),
  status: 200,
  isOver: true,
  ...more,
})
const times = (count: number, one: RequestSample) => Array.from({ length: count }, () => one)

function rateAfter(samples: readonly RequestSample[], before: Adaptation = { rate: 100 }): number {
  return adapt(before, { samples, now }, settings).rate
}

describe('adapt', () => {
  it.each([
    ['all quick', times(20, sample(20)), 110],
    ['a tenth slow', [...times(18, sample(20)), ...times(2, sample(900))], 110],
    ['more than a tenth slow', [...times(17, sample(20)), ...times(3, sample(900))], 50],
    ['as slow as is allowed', times(20, sample(500)), 110],
    ['slower', times(20, sample(501)), 50],
    [
      'a twentieth refused for its load',
      [...times(19, sample(20)), sample(20, { status: 503 })],
      110,
    ],
    ['more refused', [...times(18, sample(20)), ...times(2, sample(20, { status: 503 }))], 50],
    ['408 is load', times(20, sample(20, { status: 408 })), 50],
    ['429 is load', times(20, sample(20, { status: 429 })), 50],
    ['silence is load', times(20, sample(20, { status: undefined })), 50],
    ['401 is none', times(20, sample(20, { status: 401 })), 110],
    [
      '403 and 404 are none',
      [...times(9, sample(9, { status: 403 })), ...times(9, sample(9, { status: 404 }))],
      110,
    ],
    [
      'requests that wait and are not slow yet',
      times(20, sample(300, { status: undefined, isOver: false })),
      100,
    ],
    [
      'requests that wait too long already',
      times(20, sample(600, { status: undefined, isOver: false })),
      50,
    ],
    ['too few to prove anything', times(4, sample(9000)), 100],
    ['nothing at all', [], 100],
  ])('H5.1 %s', (_what, samples, rate) => {
    expect(rateAfter(samples)).toBe(rate)
  })

  it('H5.1 never above the budget, never below a twentieth of it', () => {
    expect(rateAfter(times(20, sample(20)), { rate: 196 })).toBe(200)
    expect(rateAfter(times(20, sample(900)), { rate: 15 })).toBe(10)
    expect([floorOf(200), floorOf(10), floorOf(0.5)]).toEqual([10, 1, 0.5])
  })

  it('what was sent before a cut does not cut again', () => {
    const slow = times(20, sample(900))
    const cut = adapt({ rate: 100 }, { samples: slow, now: epochMs(99_500) }, settings)

    const again = adapt(cut, { samples: slow, now }, settings)
    const later = times(20, sample(900, { began: epochMs(99_600) }))
    const once = adapt(again, { samples: later, now }, settings)

    expect([cut.rate, again.rate, once.rate]).toEqual([50, 50, 25])
  })

  it('H5.2 thresholds are configuration', () => {
    const strict = { ...settings, slowOver: ms(100), refusedOver: 0 }
    const one = [...times(19, sample(20)), sample(20, { status: 503 })]

    expect(adapt({ rate: 100 }, { samples: one, now }, strict).rate).toBe(50)
    expect(adapt({ rate: 100 }, { samples: times(20, sample(150)), now }, strict).rate).toBe(50)
  })
})
