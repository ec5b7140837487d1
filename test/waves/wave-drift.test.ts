import { describe, expect, it } from 'vitest'
import type { RunEvent } from '../../src/engine/run-event.ts'
import { stepState } from '../../src/engine/run-state.ts'
import { type RunId, stepKey } from '../../src/kernel/ids.ts'
import { ms } from '../../src/kernel/units.ts'
import { twoSitesNames } from '../../src/lab/scenarios/two-sites.ts'
import { describeWorld } from '../support/describe-world.ts'
import { givenTwoHurriedSites } from '../support/given.ts'
import type { LabProduct, LabProductOptions } from '../support/lab-product.ts'
import { nobodyIsLost, siteIsAtTarget, theBooksAddUp, worldIsAsBefore } from '../support/then.ts'
import { onceEntry, operatorAsks, type Ran, runGoesOn } from '../support/when.ts'

/*
 * X7: what a run has done is found otherwise. A write of its own that comes late, from a holder that
 * vanished, is mended; what somebody else did at the vendor's console is asked about.
 */

type Moment = readonly [RunEvent['kind'], string]

/** The run as far as this entry; then its holder vanishes without letting go of it. */
async function vanishesAt(product: LabProduct, run: RunId, [kind, step]: Moment): Promise<void> {
  const enough = new AbortController()
  await runGoesOn(product, run, {
    signal: enough.signal,
    onEntry: onceEntry(kind, step, () => enough.abort()),
  })
  const { worldClock } = product.lab.clock
  expect(await product.store.claim('vanished', ms(8000), worldClock.now(), run)).toBeDefined()
}

async function givenVanished(moment: Moment, options: LabProductOptions = {}) {
  const product = await givenTwoHurriedSites(options)
  const before = describeWorld(product.lab)
  const run = await product.start('dallas')
  await vanishesAt(product, run, moment)
  return { product, before, run }
}

const slips = ({ journal }: Ran) =>
  journal.flatMap(({ event, at }) => (event.kind === 'slipped' ? [{ ...event, at }] : []))

/** The row that a version of this run left at the platform, as a request that was delayed would write it. */
async function rowOf({ authority, lab, plan }: LabProduct, is: (boundary: number) => boolean) {
  const [subject = ''] = lab.estate.sites.map(({ record }) => record.name)
  const version = (await authority.history(subject)).find(({ boundary }) => is(boundary))
  expect(version).toBeDefined()
  const { boundary = 0, epoch = 0, policyVersion = 0 } = version ?? {}
  return { boundary, epoch, policyVersion, salt: `${plan.name}:dallas` }
}

const partly = (boundary: number) => boundary > 0 && boundary < 10_000
const wholly = (boundary: number) => boundary === 10_000

function writeRow({ lab }: LabProduct, row: object): void {
  const table = [...lab.org.config.tables.values()].find(
    ({ name }) => name === lab.org.facts.shareTable,
  )
  table?.rows.set('dallas', { KEY: 'dallas', ...row })
}

describe('X7 a write that comes late, from a holder that vanished', () => {
  it('an older share: it is mended within a minute, and the wave ends done', async () => {
    const { product, run } = await givenVanished(['verified', 'stage-100.share'])
    const late = await rowOf(product, partly)
    let writtenAt = 0
    const ran = await runGoesOn(product, run, {
      onEntry: onceEntry('verified', 'failover', () => {
        writtenAt = product.lab.time.now()
        writeRow(product, late)
      }),
    })
    const [slip, ...more] = slips(ran)

    expect(slip).toMatchObject({ step: 'stage-100.share', ours: true })
    expect((slip?.at ?? 0) - writtenAt).toBeLessThanOrEqual(60_000)
    expect(more).toEqual([])
    expect(ran.outcome).toBe('done')
    siteIsAtTarget(product, 'dallas')
    // Whoever was returned to the emptied source in that minute met nobody: the bound is what it is.
    theBooksAddUp(product)
  })

  it('the whole share, while another holder goes back: everything is as before, and nobody is lost', async () => {
    const { product, before, run } = await givenVanished(['acted', 'stage-100.share'])
    const late = await rowOf(product, wholly)
    await operatorAsks(product, run, 'rollback')
    const ran = await runGoesOn(product, run, {
      onEntry: onceEntry('undo-verified', 'share.none', () => writeRow(product, late)),
    })
    expect(slips(ran)).toMatchObject([{ step: 'share.none', ours: true }])
    expect(ran.outcome).toBe('back')
    worldIsAsBefore(product, before)
    nobodyIsLost(product)
  })

  it('an agent is joined at the target again on the way back: out again, and never on both sides', async () => {
    const { product, before, run } = await givenVanished(['verified', 'first.agents'])
    await operatorAsks(product, run, 'rollback')
    const ran = await runGoesOn(product, run, {
      onEntry: onceEntry('waiting', 'licences.assign', () => joinSomebody(product)),
    })
    expect(slips(ran)).toMatchObject([
      { step: 'first.agents', found: expect.stringContaining('pbx only'), ours: true },
      { step: 'agents.affiliate', found: expect.stringContaining('still members'), ours: true },
    ])
    expect(ran.outcome).toBe('back')
    worldIsAsBefore(product, before)
  })
})

/** One of the first agents, in one of the target's queues of the site. */
function joinSomebody({ lab }: LabProduct): void {
  const user = lab.estate.sites[0]?.agents[0]?.user
  const id = [...lab.org.config.users.values()].find(({ email }) => email === user)?.id ?? ''
  const queue = [...lab.org.config.queues.values()].find(({ name }) => name === 'Billing DAL')
  expect(queue?.members.has(id)).toBe(false)
  queue?.members.set(id, true)
}

describe('X7 somebody changes at the vendor’s console what the run has verified', () => {
  const switchRoute = ({ lab }: LabProduct, enabled: boolean) => {
    for (const route of lab.org.config.routes.values())
      if (route.name === twoSitesNames.outboundRoute('dallas')) route.enabled = enabled
  }

  it('nothing is written over it: the run holds and says what is changed; put right, retry goes on', async () => {
    const product = await givenTwoHurriedSites({})
    const run = await product.start('dallas')
    const enough = new AbortController()
    const switchesOff = onceEntry('verified', 'failover', () => switchRoute(product, false))
    const holds = onceEntry('held', 'failover', () => enough.abort())
    const held = await runGoesOn(product, run, {
      signal: enough.signal,
      onEntry(entry) {
        switchesOff(entry)
        holds(entry)
      },
    })
    switchRoute(product, true)
    await operatorAsks(product, run, 'retry')
    const ran = await runGoesOn(product, run)
    expect(slips(held)).toMatchObject([{ step: 'failover', ours: false }])
    expect(stepState(held.state, stepKey('failover')).trouble?.error).toMatchObject({
      code: 'engine.changed-by-others',
      message: expect.stringContaining('found changed by somebody else'),
    })
    expect(ran.outcome).toBe('done')
    siteIsAtTarget(product, 'dallas')
  })
})
