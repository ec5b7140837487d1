import { describe, expect, it, onTestFinished } from 'vitest'
import { verifyJournal } from '../../src/engine/journal.ts'
import { Killed } from '../support/crashing-store.ts'
import { cuts } from '../support/cuts.ts'
import { describeWorld } from '../support/describe-world.ts'
import { hurried } from '../support/given.ts'
import { type LabProduct, startLabProduct } from '../support/lab-product.ts'
import { type Death, mortal } from '../support/mortal.ts'
import { nobodyIsLost } from '../support/then.ts'
import { runGoesOn } from '../support/when.ts'

/*
 * Promise 4 over whole waves: the runner is killed just before or just after an entry of its journal, or a
 * write to a vendor; another goes on; everything ends as it does without. A sample of all places;
 * CHANGEOVER_CUTS=all takes every one.
 */

const waves = {
  'dallas, forward to its end': { wave: 'dallas', faults: [] },
  'reno, forward and all the way back': { wave: 'reno', faults: ['crm-failing:reno@50'] },
} as const
type Wave = (typeof waves)[keyof typeof waves]

const given = ({ faults }: Wave) => startLabProduct({ ...hurried, faults })

/** What has to be the same: the world, the run's outcome, and the policy versions that were in force. */
async function endOf(
  product: LabProduct,
  { wave }: Wave,
  run: Awaited<ReturnType<LabProduct['start']>>,
) {
  const { state, journal } = await product.product().readRun(run)
  const subject = product.lab.estate.sites.find(({ id }) => id === wave)?.record.name ?? ''
  const history = await product.authority.history(subject)
  nobodyIsLost(product)
  return {
    outcome: state.outcome,
    world: describeWorld(product.lab),
    versions: history.map(({ epoch, selected, boundary }) => ({ epoch, selected, boundary })),
    journal: verifyJournal(journal).kind,
  }
}

const never: Death = { at: 'append', nth: Number.POSITIVE_INFINITY, moment: 'before' }

async function undisturbed(wave: Wave) {
  const product = await given(wave)
  try {
    const appends = mortal(product, never)
    const writes = mortal({ ...product, store: appends.store }, { ...never, at: 'write' })
    const run = await product.start(wave.wave)
    await runGoesOn(product, run, { application: product.product(writes) })
    const end = await endOf(product, wave, run)
    return { end, append: appends.count(), write: writes.count() }
  } finally {
    await product.close()
  }
}

async function killedAt(wave: Wave, death: Death) {
  const product = await given(wave)
  onTestFinished(() => product.close())
  const run = await product.start(wave.wave)
  const first = runGoesOn(product, run, { application: product.product(mortal(product, death)) })
  await expect(first).rejects.toBeInstanceOf(Killed)
  const { journal } = await runGoesOn(product, run, { application: product.product() })
  return { end: await endOf(product, wave, run), journal }
}

describe.each(Object.entries(waves))('promise 4: %s', async (_, wave) => {
  const calm = await undisturbed(wave)

  it('ends well when nobody is killed', () => {
    expect(calm.end.outcome).toBe(wave.wave === 'dallas' ? 'done' : 'back')
    expect(calm.append).toBeGreaterThan(90)
    expect(calm.write).toBeGreaterThan(50)
  })

  const deaths = (['append', 'write'] as const).flatMap((at) =>
    cuts(at === 'append' ? 6 : 4, calm[at]).flatMap((nth, index): Death[] => {
      const moments = ['before', 'after'] as const
      const chosen =
        process.env['CHANGEOVER_CUTS'] === 'all' ? moments : [moments[index % 2] ?? 'before']
      return chosen.map((moment) => ({ at, nth, moment }))
    }),
  )
  it.each(deaths)('ends the same, killed $moment $at $nth', async (death) => {
    const { end } = await killedAt(wave, death)

    expect(end).toEqual(calm.end)
  })

  it('ends the same, killed after its last entry', async () => {
    const { end } = await killedAt(wave, { at: 'append', nth: calm.append, moment: 'after' })

    expect(end).toEqual(calm.end)
  })
})
