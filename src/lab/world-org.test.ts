import { describe, expect, it } from 'vitest'
import { epochMs } from '../kernel/units.ts'
import { createVirtualTime } from '../kernel/virtual-clock.ts'
import { createFaults } from './faults.ts'
import { createGenesysOrg } from './platforms/genesys-cloud/org.ts'
import {
  twoSitesEstate,
  twoSitesLicence,
  twoSitesNames,
  twoSitesOrg,
} from './scenarios/two-sites.ts'
import { createWorld } from './world.ts'

const start = epochMs(Date.UTC(2026, 10, 2, 9))
const hour = 3_600_000

/** Dallas after its wave: trunk on, numbers bound, agents licensed, joined and on queue; everybody left the PBX. */
function movedSite() {
  const before = twoSitesEstate({ renoPerHour: 0 })
  const estate = {
    ...before,
    sites: before.sites.map((site) => ({
      ...site,
      agents: site.agents.map((agent) => ({ ...agent, queues: [] })),
    })),
  }
  const time = createVirtualTime(start)
  const spec = twoSitesOrg(estate, () => time.now(), 1)
  const users = estate.sites.flatMap(({ agents }) => agents.map(({ user }) => user))
  const org = createGenesysOrg({
    ...spec,
    trunks: [...spec.trunks, { name: twoSitesNames.trunk('dallas'), enabled: true }],
    ivrs: spec.ivrs.map((ivr) => ({
      ...ivr,
      numbers: spec.sites.find(({ name }) => name === ivr.site)?.numbers ?? [],
    })),
    users: spec.users.map((user) => ({
      ...user,
      phoneReachable: true,
      licences: [twoSitesLicence],
      presence: 'OnQueue',
    })),
    queues: spec.queues.map((queue) => ({
      ...queue,
      members: users
        .filter((email) => email.startsWith(queue.site))
        .map((email) => ({ email, joined: true })),
    })),
  })
  const gateway = estate.gateways['genesys-cloud']
  const records = [
    { type: 'SRV', priority: 1, weight: 1, port: gateway.port, target: gateway.host },
  ] as const
  const world = createWorld({
    estate,
    time,
    seed: 1,
    cloud: org,
    lookUps: Object.fromEntries(estate.carriers.map(({ resolver }) => [resolver, () => records])),
    faults: createFaults(() => time.now()),
  })
  return { world, org, time, estate }
}

describe('the world on the simulated organisation', () => {
  it('its callers are answered by its agents, one call each, and the organisation counts the same', () => {
    const { world, org, time } = movedSite()
    const close = world.open()
    time.advanceTo(epochMs(start + 4 * hour))
    close()
    const busy = [...org.config.users.values()].filter(({ call }) => call !== undefined)
    const { inProgressBySide } = world.ledger.summary()
    expect(busy).toHaveLength(inProgressBySide['genesys-cloud'])

    time.advanceTo(epochMs(start + 6 * hour))
    const { offered, bySide, withoutOutcome, violations } = world.ledger.summary()
    expect(offered).toBeGreaterThan(700)
    expect(withoutOutcome).toEqual([])
    expect(violations).toEqual([])
    expect(bySide['genesys-cloud'].completed / offered).toBeGreaterThan(0.97)
    const answered = org.calls.conversations().filter(({ how }) => how === 'completed')
    expect(answered).toHaveLength(bySide['genesys-cloud'].completed)
    expect([...org.calls.live()]).toEqual([])
  })

  it('H3.6 callers reach the queue of the number they dialled, at the target as at the PBX', () => {
    const { world, org, time, estate } = movedSite()
    world.open()
    time.advanceTo(epochMs(start + hour))

    const [dallas] = estate.sites
    const pbxQueueOf = new Map(dallas?.numbers.map(({ dnis, pbxQueue }) => [dnis, pbxQueue]))
    const conversations = org.calls.conversations().filter(({ queue }) => queue !== undefined)
    const reached = new Set(
      conversations.map(({ dnis, queue }) => `${pbxQueueOf.get(dnis)} → ${queue}`),
    )
    expect([...reached].sort()).toEqual(['skill 12 → Billing DAL', 'skill 14 → Support DAL'])
  })

  it('nobody is offered a call whose phone is gone', () => {
    const { world, org, time } = movedSite()
    for (const { email } of org.config.users.values()) org.setPhoneReachable(email, false)
    world.open()
    time.advanceTo(epochMs(start + hour))

    const { answered, byOutcome } = world.ledger.summary()
    expect(answered).toEqual({ pbx: 0, 'genesys-cloud': 0 })
    expect(byOutcome['black-holed']).toBeGreaterThan(50)
  })
})
