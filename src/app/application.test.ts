import { describe, expect, it } from 'vitest'
import { checkAsExample, example } from '../../test/support/example-plan.ts'
import { waveId } from '../kernel/ids.ts'
import { epochMs } from '../kernel/units.ts'
import { createVirtualTime } from '../kernel/virtual-clock.ts'
import { createMemoryAuthorityStore, createMemoryRunStore } from '../store/index.ts'
import { createApplication } from './application.ts'
import { systemWireClock } from './system-clock.ts'

describe('startWave', () => {
  it('W4.1 refuses a window that is over before it asks or stores anything', async () => {
    const { plan } = checkAsExample(example)
    if (plan === undefined) throw new Error('the example is no plan')
    const store = createMemoryRunStore({ wireClock: systemWireClock })
    const time = createVirtualTime(epochMs(Date.UTC(2027, 11, 6)))
    const worldClock = { ...time, kind: 'world' } as const
    const application = createApplication({
      ...{ store, authority: createMemoryAuthorityStore(), environment: {} },
      worldClock,
    })

    await expect(application.startWave(plan, waveId('dallas'), 'anna')).rejects.toMatchObject({
      code: 'waves.window-past',
      message: expect.stringContaining('it closed on 2026-12-06 05:00 America/Chicago'),
    })
    expect(await store.list()).toEqual([])
  })
})
