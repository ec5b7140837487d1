import { describe, expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import type { WaveNeed } from './ports.ts'
import { preflightCheck, windowCheck } from './wave-checks.ts'

const start = 1_700_000_000_000

describe('wave.window', () => {
  const hour = 3_600_000
  const hold = { longest: 30 * 60_000, owner: 'night-lead', then: 'roll-back' } as const
  const ask = (from: number, to: number) => {
    const window = { from: start + from, to: start + to }
    const input = windowCheck.input.parse({ wave: 'dallas', ...window, wayBack: hour, hold })
    return windowCheck.verify(input, checkContext({}))
  }

  it('waits as a row until it opens', async () => {
    expect(await ask(72 * hour, 80 * hour)).toMatchObject({
      kind: 'not-yet',
      lookAgainAt: start + 72 * hour,
    })
  })

  it.each([
    ['passes while the way back fits into what is left', 0, hour, 'verified'],
    ['holds when too little is left for the way back', -hour, hour - 1, 'hold'],
    ['holds once it has closed', -2, 0, 'hold'],
  ] as const)('%s', async (_, from, to, kind) => {
    expect((await ask(from, to)).kind).toBe(kind)
  })

  it('names the owner and what happens when nobody decides', async () => {
    expect(await ask(-hour, hour / 2)).toEqual({
      kind: 'hold',
      because: 'the window closes in 30 min, and the way back can take 1 h',
      hold,
    })
  })
})

describe('wave.preflight', () => {
  const ask = (...states: readonly WaveNeed['state'][]) =>
    preflightCheck.verify(
      { wave: 'dallas' },
      checkContext({
        preflight: {
          run: async () => states.map((state) => ({ what: `a ${state}`, state, because: 'asked' })),
        },
      }),
    )

  it('P1.1 missing fails, unknown holds, all had passes', async () => {
    expect((await ask('had', 'unknown', 'missing')).kind).toBe('failed')
    expect((await ask('had', 'unknown')).kind).toBe('hold')
    expect((await ask('had', 'had')).kind).toBe('verified')
  })

  it('P1.1 what does not answer holds, each cause told once', async () => {
    expect(await ask('had', 'unreachable', 'unreachable')).toMatchObject({
      kind: 'hold',
      because: '2 needs could not be asked: asked',
    })
  })

  it('P1.1 what a person has attested counts as had, and is told', async () => {
    expect(await ask('had', 'attested')).toEqual({
      kind: 'verified',
      seen: '2 needs, all had, 1 of them attested by a person',
    })
  })
})
