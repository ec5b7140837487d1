import { describe, expect, it, onTestFinished } from 'vitest'
import type { RunStore } from '../../src/engine/ports.ts'
import type { RunEvent, Verb } from '../../src/engine/run-event.ts'
import type { RunId } from '../../src/kernel/ids.ts'
import { Killed } from '../support/crashing-store.ts'
import { describeWorld } from '../support/describe-world.ts'
import { hurried } from '../support/given.ts'
import { smallEstate } from '../support/killed-wave.ts'
import { type LabProduct, startLabProduct } from '../support/lab-product.ts'
import { promotedAuthority, promotedStore } from '../support/promoted-store.ts'
import { nobodyIsLost } from '../support/then.ts'
import { stepOf } from '../support/when.ts'

interface Loss {
  readonly wave: 'dallas' | 'reno'
  readonly faults?: readonly string[]
  /** The primary dies just after this entry. */
  readonly dies: (event: RunEvent) => boolean
  /** The standby has everything before this one. */
  readonly lostFrom: (event: RunEvent) => boolean
}

const of =
  (kind: RunEvent['kind'], step = '') =>
  (event: RunEvent) =>
    event.kind === kind && stepOf(event) === step

/** The process on the primary; its database is gone with one of its commits. */
function doomed(store: RunStore, dies: Loss['dies']): RunStore {
  let dead = false
  const alive = () => {
    if (dead) throw new Killed('the primary is dead')
  }
  const live = async <Answer>(action: () => Promise<Answer>): Promise<Answer> => {
    alive()
    return action()
  }
  return {
    ...store,
    async append(lease, entries, handled) {
      alive()
      const requests = await store.append(lease, entries, handled)
      dead = entries.some(({ event }) => dies(event))
      alive()
      return requests
    },
    confirm: (lease) => live(() => store.confirm(lease)),
    renew: (...lease) => live(() => store.renew(...lease)),
    release: (...lease) => live(() => store.release(...lease)),
  }
}

/** The wave up to its primary's death, and the product on what the standby knows. */
async function failedOver({ wave, faults = [], dies, lostFrom }: Loss) {
  const product = await startLabProduct({ ...hurried, faults, estate: smallEstate() })
  onTestFinished(() => product.close())
  const before = describeWorld(product.lab)
  const run = await product.start(wave)
  const { store, authority } = product
  /** How long the journal was as each version was made. */
  const madeAt: number[] = []
  const noting: LabProduct['authority'] = {
    ...authority,
    async compareAndSet(expected, next) {
      madeAt.push((await store.readJournal(run)).length)
      return authority.compareAndSet(expected, next)
    },
  }
  const first = product.product({ store: doomed(store, dies), authority: noting })
  await expect(product.drive(run, { application: first })).rejects.toBeInstanceOf(Killed)

  const journal = await store.readJournal(run)
  const keep = journal.findIndex(({ event }) => lostFrom(event))
  const subject = product.lab.estate.sites.find(({ id }) => id === wave)?.record.name ?? ''
  const kept = madeAt.filter((length) => length <= keep).length
  const standby = {
    store: await promotedStore(store, run, keep, product.lab.clock),
    authority: await promotedAuthority(authority, subject, kept),
  }
  return { product, run, before, lost: journal.length - keep, standby }
}

/** Taken on at the standby; a person answers the hold, and puts by hand back what is asked for. */
async function goesOn(
  { product, run, standby }: Awaited<ReturnType<typeof failedOver>>,
  verb: Verb,
) {
  const application = product.product(standby)
  const events: RunEvent[] = []
  await product.drive(run, {
    application,
    onEntry: ({ event }) => {
      events.push(event)
      if (event.kind === 'read-back' && event.lost.length + event.undone.length > 0)
        void standby.store.request({ run, verb, by: 'ben' })
    },
  })
  const { state } = await application.readRun(run)
  return { state, readBack: events.find((event) => event.kind === 'read-back') }
}

const steps = (those: readonly { readonly step: string }[] = []) => those.map(({ step }) => step)

async function calmEnd(run: (product: LabProduct, run: RunId) => Promise<unknown>) {
  const product = await startLabProduct({ ...hurried, faults: [], estate: smallEstate() })
  onTestFinished(() => product.close())
  await run(product, await product.start('dallas'))
  return describeWorld(product.lab)
}

describe('X7 a wave whose database was promoted', () => {
  const select = { wave: 'dallas', dies: of('verified', 'select') } as const

  it.each([
    ['the selection, whole', { ...select, lostFrom: of('observed', 'select') }, ['select']],
    [
      'the selection and the stage after it',
      {
        wave: 'dallas',
        dies: of('verified', 'stage-100.share'),
        lostFrom: of('observed', 'select'),
      },
      ['select', 'outbound', 'stage-100.agents', 'stage-100.share'],
    ],
  ] as const)(
    'that lost %s goes on to its end once a person says resume',
    async (_, loss, lost) => {
      const there = await failedOver(loss)

      const { state, readBack } = await goesOn(there, 'resume')

      expect(readBack?.kind === 'read-back' && steps(readBack.lost)).toEqual(lost)
      expect(state.outcome).toBe('done')
      nobodyIsLost(there.product)
      const calm = await calmEnd((product, run) => product.drive(run))
      expect(describeWorld(there.product.lab)).toEqual(calm)
    },
  )

  it('that lost an act whose pre-image is known goes back whole', async () => {
    const there = await failedOver({ ...select, lostFrom: of('way-back', 'select') })

    const { state, readBack } = await goesOn(there, 'rollback')

    expect(readBack?.kind === 'read-back' && steps(readBack.lost)).toEqual(['select'])
    expect(state.outcome).toBe('back')
    nobodyIsLost(there.product)
    expect(describeWorld(there.product.lab)).toEqual(there.before)
  })

  it('that had turned back, which is lost, goes back whole', async () => {
    const there = await failedOver({
      wave: 'reno',
      faults: ['crm-failing:reno@50'],
      dies: of('undo-verified', 'select'),
      lostFrom: of('rollback-started'),
    })

    const { state, readBack } = await goesOn(there, 'rollback')

    expect(readBack?.kind === 'read-back' && steps(readBack.undone)).toContain('select')
    expect(state.outcome).toBe('back')
    nobodyIsLost(there.product)
    expect(describeWorld(there.product.lab)).toEqual(there.before)
  })

  it.each(['agents.affiliate', 'share.first', 'stage-100.agents'])(
    'that lost nothing of %s goes on by itself',
    async (step) => {
      const there = await failedOver({
        wave: 'dallas',
        dies: of('acted', step),
        lostFrom: of('acted', step),
      })

      const { state, readBack } = await goesOn(there, 'resume')

      expect(readBack).toMatchObject({ lost: [], undone: [] })
      expect(state.outcome).toBe('done')
      nobodyIsLost(there.product)
    },
  )
})
