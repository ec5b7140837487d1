import { describe, expect, it } from 'vitest'
import { ms } from '../../src/kernel/units.ts'
import { givenTwoSites, hurried } from '../support/given.ts'
import { nobodyIsLost, siteIsAtTarget } from '../support/then.ts'
import {
  onceEntry,
  operatorAsks,
  runGoesOn,
  stepOf,
  timePasses,
  waveRuns,
} from '../support/when.ts'

/* A wave that is tried again after a run that ended somewhere in the middle. Judged by the world. */

const anHour = ms(3_600_000)

describe('a wave that is tried again', () => {
  it('W1.1 W5.1 waits out and restores everyday’s TTL, not what the cancelled run left; nothing is waited for twice', async () => {
    const { policies: _, ...sizes } = hurried
    const product = await givenTwoSites({
      ...sizes,
      policies: { 'stages.soak': '3m', 'release.soak': '5m' },
    })
    const record = product.lab.estate.sites[0]?.record.name ?? ''
    const served = () => product.lab.authority.records().find(({ name }) => name === record)?.ttl
    const first = await product.start('dallas')
    const cancel = onceEntry('waiting', `ttl.wait.${record}.SRV`, () =>
      operatorAsks(product, first, 'cancel'),
    )

    const cancelled = await runGoesOn(product, first, { onEntry: cancel })
    expect([cancelled.outcome, served()]).toEqual(['cancelled', 300])
    await timePasses(product, ms(80 * anHour))
    const ran = await waveRuns(product, 'dallas')

    expect(ran.outcome).toBe('done')
    siteIsAtTarget(product, 'dallas')
    nobodyIsLost(product)
    expect(served()).toBe(3600)
    // A resolver that stretches TTLs may be waited for once more; neither 72 h nor 24 h are.
    const began = ran.journal.find(({ event }) => stepOf(event) === 'share.none')
    expect((began?.at ?? 0) - ran.state.createdAt).toBeLessThan(2 * anHour)
    expect(ran.state.steps[`ttl.wait.${record}.SRV` as never]?.seen).toContain(
      '3600 s (before run dallas-1 lowered it; counted from then)',
    )
  })
})
