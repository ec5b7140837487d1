import { describe, expect, it } from 'vitest'
import { ms } from '../kernel/units.ts'
import { systemWireClock } from './system-clock.ts'

describe('the system’s clock', () => {
  it('rejects a sleep with the signal’s own reason, before it and in it', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')

    const sleeping = systemWireClock.sleep(ms(60_000), stop.signal)
    stop.abort(reason)

    await expect(sleeping).rejects.toBe(reason)
    await expect(systemWireClock.sleep(ms(0), stop.signal)).rejects.toBe(reason)
  })
})
