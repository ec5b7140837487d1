import { describe, expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import type { Need } from '../platform/index.ts'
import { preflightCheck, windowCheck } from './wave-checks.ts'

const start = 1_700_000_000_000

describe('wave.window', () => {
  const ask = (from: number, to: number) =>
    windowCheck.verify(
      windowCheck.input.parse({ wave: 'dallas', from: start + from, to: start + to }),
      checkContext({}),
    )

  it('waits as a row until it opens, passes while it is open, holds once it has closed', async () => {
    expect(await ask(72 * 3_600_000, 80 * 3_600_000)).toMatchObject({
      kind: 'not-yet',
      lookAgainAt: start + 72 * 3_600_000,
    })
    expect((await ask(0, 1)).kind).toBe('verified')
    expect((await ask(-2, 0)).kind).toBe('hold')
  })
})

describe('wave.preflight', () => {
  const ask = (...states: readonly Need['state'][]) =>
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
})
