import { describe, expect, it } from 'vitest'
import { later, ms } from '../../src/kernel/units.ts'
import { twoSitesEstate } from '../../src/lab/scenarios/two-sites.ts'
import { describeWorld } from '../support/describe-world.ts'
import { givenTwoHurriedSites } from '../support/given.ts'
import type { LabProduct } from '../support/lab-product.ts'
import { nobodyIsLost, siteIsAtTarget, worldIsAsBefore } from '../support/then.ts'
import { onceEntry, operatorAsks, runGoesOn, waveRuns } from '../support/when.ts'

/** The demo's estate, but one agent of dallas also sits in a queue of the PBX that no plan names. */
function withAnUnlistedQueue() {
  const estate = twoSitesEstate()
  const [dallas, ...others] = estate.sites
  if (dallas === undefined) throw new Error('the estate has no site')
  const agents = dallas.agents.map((agent, index) =>
    index === 0 ? { ...agent, queues: [...agent.queues, 'night desk'] } : agent,
  )
  return { ...estate, sites: [{ ...dallas, agents }, ...others] }
}

const word =
  'what: "site dallas: unlisted queues at pbx", because: "the night desk has eight others"'
const attested = (plan: string) => plan.replace('attest:', `attest:\n  - { ${word} }`)

describe('an agent who is in a queue that the plan does not name', () => {
  it('promise 7 W3.1 is routable nowhere at the source once he has moved', async () => {
    const product = await givenTwoHurriedSites({ estate: withAnUnlistedQueue(), edit: attested })

    const ran = await waveRuns(product, 'dallas')

    expect(ran.outcome).toBe('done')
    siteIsAtTarget(product, 'dallas')
    nobodyIsLost(product)
  })

  it('promise 7 is put back into it when the wave goes back', async () => {
    const product = await givenTwoHurriedSites({ estate: withAnUnlistedQueue(), edit: attested })
    const before = describeWorld(product.lab)
    const run = await product.start('dallas')
    const ask = onceEntry('verified', 'select', () => operatorAsks(product, run, 'rollback'))

    const ran = await runGoesOn(product, run, { onEntry: ask })

    expect(ran.outcome).toBe('back')
    worldIsAsBefore(product, before)
  })
})

/** Memberships of the site's agents at the target that offer calls to whoever is on queue. */
function joinedAtTarget({ lab }: LabProduct) {
  const members = Object.values(describeWorld(lab).queues).flat()
  return members.filter((one) => one.startsWith('dallas') && one.endsWith(' true'))
}

describe('the members that a platform adds joined', () => {
  it('promise 7 are unjoined when that failed once, and taken back with the wave', async () => {
    const product = await givenTwoHurriedSites()
    const before = describeWorld(product.lab)
    const operation = 'PATCH /api/v2/routing/queues/{queueId}/members'
    product.lab.api.faults.script({ operation, fault: { kind: 'status', status: 503 }, times: 1 })
    const run = await product.start('dallas')
    const joined: string[][] = []
    const look = onceEntry('verified', 'agents.affiliate', () =>
      joined.push(joinedAtTarget(product)),
    )
    const ask = onceEntry('verified', 'select', () => operatorAsks(product, run, 'rollback'))

    const ran = await runGoesOn(product, run, {
      onEntry(entry) {
        look(entry)
        ask(entry)
      },
    })

    expect(joined).toEqual([[]])
    expect(ran.outcome).toBe('back')
    worldIsAsBefore(product, before)
  })
})

describe('a run that stood still between proof and selection', () => {
  it('W3.1 selects no target whose agents went home meanwhile, until they are back', async () => {
    const shortHold = (plan: string) => plan.replace('hold: { longest: 4h', 'hold: { longest: 20m')
    const product = await givenTwoHurriedSites({ edit: shortHold })
    const { time, org } = product.lab
    const run = await product.start('dallas')
    const minutes = (count: number) => later(time.now(), ms(count * 60_000))
    const phones = (areReachable: boolean) => {
      for (const { email } of org.config.users.values()) org.setPhoneReachable(email, areReachable)
    }
    const pause = onceEntry('verified', 'call.test', () => {
      void operatorAsks(product, run, 'pause')
      time.schedule(minutes(5), () => phones(false))
      time.schedule(minutes(20), () => void operatorAsks(product, run, 'resume'))
    })

    const ran = await runGoesOn(product, run, { patience: ms(84 * 3_600_000), onEntry: pause })

    const asked = ran.journal.find(({ event }) => event.kind === 'held')?.event
    expect(asked).toMatchObject({
      step: 'select.still-on-queue',
      because: expect.stringContaining('0 of 10 agents on queue'),
    })
    expect(
      ran.journal.some(({ event }) => event.kind === 'acting' && event.step === 'select'),
    ).toBe(false)
    nobodyIsLost(product)
  })
})
