import { describe, expect, it } from 'vitest'
import { ms } from '../../kernel/units.ts'
import { type Attempt, askedExpiry, decideRegistration } from './decide-registration.ts'
import type { RegisterOutcome } from './ports.ts'

const backoff = { base: ms(2000), cap: ms(300_000) }
const hour = ms(3_600_000)

function moveAfter(outcome: RegisterOutcome, more: Partial<Attempt> = {}) {
  return decideRegistration({ outcome, expires: hour, failures: 0, draw: 0.5, ...more }, backoff)
}
const refused = (status: number, more: object = {}): RegisterOutcome => ({
  kind: 'refused',
  status,
  reason: 'Reason',
  ...more,
})

describe('decideRegistration', () => {
  it.each([
    [0, 1_800_000],
    [0.5, 2_520_000],
    [0.999_999, 3_240_000],
  ])('H5.1 refreshes at 50 to 90 %% of what was granted: draw %d', (draw, at) => {
    const move = moveAfter({ kind: 'registered', granted: hour }, { draw })

    expect(move).toEqual({ kind: 'refresh', after: expect.closeTo(at, -1) })
  })

  it('H5.1 keeps to what the registrar granted, not to what was asked for', () => {
    expect(moveAfter({ kind: 'registered', granted: ms(60_000) })).toEqual({
      kind: 'refresh',
      after: 42_000,
    })
  })

  it.each([408, 429, 480, 500, 502, 503, 504])('D8 %d passes: tried again, later', (status) => {
    expect(moveAfter(refused(status))).toEqual({
      kind: 'retry',
      after: 1500,
      because: `${status} Reason`,
      isFailure: true,
    })
  })

  it.each([403, 404, 405, 302, 410, 416, 420, 484, 603, 606])(
    'D8 %d would be the same again: given up',
    (status) => {
      expect(moveAfter(refused(status))).toEqual({ kind: 'give-up', because: `${status} Reason` })
    },
  )

  it('D8 487 is no failure: tried again, and the next failure waits no longer for it', () => {
    const move = moveAfter(refused(487), { failures: 6 })

    expect(move).toEqual({ kind: 'retry', after: 1500, because: '487 Reason', isFailure: false })
  })

  it('D8 423 asks again at once for what the registrar takes', () => {
    const move = moveAfter(refused(423, { minExpires: ms(7_200_000) }))

    expect(move).toMatchObject({ kind: 'retry', after: 0, expires: 7_200_000, isFailure: false })
  })

  it.each([{}, { minExpires: hour }, { minExpires: ms(60_000) }])(
    'D8 423 that says nothing new (%j) is given up, not asked for ever',
    (more) => {
      expect(moveAfter(refused(423, more))).toMatchObject({
        kind: 'give-up',
        because: expect.stringContaining('Min-Expires'),
      })
    },
  )

  it('D8 503 with Retry-After stays away that long, and not all come back at once', () => {
    const early = moveAfter(refused(503, { retryAfter: ms(30_000) }), { draw: 0 })
    const late = moveAfter(refused(503, { retryAfter: ms(30_000) }), { draw: 0.99 })

    expect([early, late]).toMatchObject([{ after: 31_000 }, { after: 31_990 }])
  })

  it.each([
    ['no-credentials', 'no password'],
    ['unknown-scheme', 'a kind that we do not know'],
    ['credentials-refused', 'wrong user or password'],
  ] as const)('D8 401 (%s) is given up, and says why', (because, text) => {
    expect(moveAfter({ kind: 'unproved', because })).toEqual({
      kind: 'give-up',
      because: expect.stringContaining(text),
    })
  })

  it.each([
    [0, 1000, 2000],
    [1, 2000, 4000],
    [3, 8000, 16_000],
    [7, 128_000, 256_000],
    [40, 150_000, 300_000],
  ])(
    'H5.1 backs off exponentially: after %d failures between %d and %d ms',
    (failures, least, most) => {
      const silent: RegisterOutcome = { kind: 'silent', because: 'no answer' }
      const draws = [0, 0.999_999].map((draw) => moveAfter(silent, { failures, draw }))

      expect(draws).toMatchObject([
        { kind: 'retry', after: least, because: 'no answer' },
        { kind: 'retry', after: expect.closeTo(most, -1) },
      ])
    },
  )

  it('D10 200 without our Contact is no registration', () => {
    expect(moveAfter({ kind: 'unbound' })).toMatchObject({ kind: 'retry', isFailure: true })
  })
})

describe('askedExpiry', () => {
  it('H5.1 asks for up to a tenth less, in whole seconds, and never for 0', () => {
    expect([0, 0.5, 0.999_99].map((draw) => askedExpiry(hour, draw))).toEqual([
      3_600_000, 3_420_000, 3_240_000,
    ])
    expect(askedExpiry(ms(100), 0.5)).toBe(1000)
  })
})
