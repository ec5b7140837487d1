import { describe, expect, it } from 'vitest'
import { shareBucket } from '../kernel/share-bucket.ts'
import { epochMs, type Milliseconds, ms } from '../kernel/units.ts'
import { createVirtualTime } from '../kernel/virtual-clock.ts'
import type { FoundRecord, LookUp } from './carrier.ts'
import type { CloudAdmission, CloudCallEvent } from './cloud.ts'
import type { Estate, OfferedCall, Side } from './estate.ts'
import { createFaults } from './faults.ts'
import { twoSitesEstate } from './scenarios/two-sites.ts'
import { createWorld } from './world.ts'

const start = epochMs(Date.UTC(2026, 10, 2, 9))
const hour = 3_600_000

/** The smallest honest target: what it admits and who works there is set by the test. */
function stubCloud() {
  const reachable = new Set<string>()
  const events: CloudCallEvent[] = []
  const state = { admission: rejected(503), routable: (): readonly string[] => [] }
  return {
    events,
    reachable,
    state,
    admit: (_dnis: string) => state.admission,
    routableAgents: (_queue: string) => state.routable(),
    routableAnywhere: () => state.routable(),
    record: (event: CloudCallEvent) => void events.push(event),
    setPhoneReachable: (user: string, isReachable: boolean) => {
      if (isReachable) reachable.add(user)
      else reachable.delete(user)
    },
  }
}

function rejected(status: number): CloudAdmission {
  return { kind: 'rejected', status, reason: 'test' }
}

function flow(share?: { readonly boundary: number; readonly salt: string }): CloudAdmission {
  return { kind: 'flow', site: 'dallas', queue: 'q', ...(share === undefined ? {} : { share }) }
}

function srv(estate: Estate, ...order: Side[]): readonly FoundRecord[] {
  return order.map((side, priority) => ({
    type: 'SRV',
    priority,
    weight: 0,
    port: estate.gateways[side].port,
    target: estate.gateways[side].host,
  }))
}

interface Building {
  readonly seed?: number
  readonly order?: Side[]
  readonly maxSessions?: number
}

function build({ seed = 1, order = ['pbx'], maxSessions = 120 }: Building = {}) {
  const estate = twoSitesEstate({ maxSessions })
  const time = createVirtualTime(start)
  const cloud = stubCloud()
  const faults = createFaults(() => time.now())
  const answer = { records: srv(estate, ...order) }
  const lookUp: LookUp = () => answer.records
  const lookUps = Object.fromEntries(estate.carriers.map(({ resolver }) => [resolver, lookUp]))
  const world = createWorld({ estate, time, seed, cloud, lookUps, faults })
  const advance = (by: number) => time.advanceTo(epochMs(time.now() + by))
  const point = (...sides: Side[]) => {
    answer.records = srv(estate, ...sides)
  }
  const call = (id: string, more: Partial<OfferedCall> = {}): OfferedCall => ({
    id,
    sipCallId: `${id}@test`,
    caller: '+12147770001',
    dnis: '+12145550100',
    site: 'dallas',
    carrier: 'lone-star',
    at: time.now(),
    talk: ms(60_000),
    patience: ms(120_000),
    ...more,
  })
  const moveAll = (site: string) => {
    const agents = estate.sites.find(({ id }) => id === site)?.agents ?? []
    for (const { extension } of agents) world.staff.setQueues(extension, [])
    cloud.state.routable = () => [...cloud.reachable]
  }
  return { ...world, estate, time, cloud, faults, advance, point, call, moveAll }
}

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, one) => total + one, 0)

describe('the world', () => {
  it.each([1, 2, 3])('promise 6: every offered call has exactly one outcome (seed %i)', (seed) => {
    const lab = build({ seed })
    const close = lab.open()
    lab.advance(4 * hour)
    lab.cloud.state.admission = flow({ boundary: 5000, salt: 's' })
    lab.moveAll('dallas')
    lab.point('genesys-cloud')
    lab.advance(4 * hour)

    const during = lab.ledger.summary()
    expect(during.offered).toBeGreaterThan(2000)
    expect(sum(during.byOutcome) + during.inProgress).toBe(during.offered)

    close()
    lab.advance(hour)

    const after = lab.ledger.summary()
    expect(after.inProgress).toBe(0)
    expect(sum(after.byOutcome)).toBe(after.offered)
    expect(after.doubled).toEqual([])
    expect([...lab.sbc.dialogs()]).toEqual([])
  })

  it('the same seed makes the same world', () => {
    const run = () => {
      const lab = build({ seed: 7 })
      lab.open()
      lab.advance(2 * hour)
      return lab.ledger.entries()
    }

    expect(run()).toEqual(run())
  })

  it('names everybody who fell into the black hole', () => {
    const lab = build({ order: ['genesys-cloud'] })
    lab.cloud.state.admission = flow()
    lab.moveAll('dallas')
    lab.advance(60_000)
    lab.faults.arm('black-hole:0.3')
    const callers = Array.from({ length: 100 }, (_, index) => `+1214777${1000 + index}`)
    for (const [index, caller] of callers.entries()) lab.offer(lab.call(`c${index}`, { caller }))
    lab.advance(2 * hour)

    const swallowed = callers.filter((caller) => shareBucket(caller, 'black-hole') < 3000)
    const { withoutOutcome, byOutcome } = lab.ledger.summary()
    expect(swallowed.length).toBeGreaterThan(10)
    expect(withoutOutcome.map(({ caller }) => caller)).toEqual(swallowed)
    expect(byOutcome['black-holed']).toBe(swallowed.length)
  })

  it('X6 a black hole spares test calls, or swallows its share of them too', () => {
    const lab = build()
    lab.cloud.state.admission = flow()
    const silentTests = (fault: string) => {
      const end = lab.faults.arm(fault)
      const answers = Array.from({ length: 100 }, (_, index) =>
        lab.answerTestCall('genesys-cloud', {
          sipCallId: `probe-${index}`,
          caller: '+19995550100',
          dnis: '+12145550100',
        }),
      )
      end()
      return answers.filter(({ kind }) => kind === 'silent').length
    }

    expect(silentTests('black-hole:1')).toBe(0)
    expect(silentTests('black-hole-all:1')).toBe(100)
    expect(silentTests('black-hole-all:0.3')).toBeGreaterThan(15)
    expect(silentTests('black-hole-all:0.3')).toBeLessThan(45)
  })

  it('a caller who waits where nobody works has met nobody', () => {
    const lab = build({ order: ['genesys-cloud'] })
    lab.cloud.state.admission = flow()
    lab.offer(lab.call('alone'))
    lab.advance(hour)

    expect(lab.ledger.summary().withoutOutcome).toMatchObject([
      { id: 'alone', because: 'met nobody (genesys-cloud)' },
    ])
  })

  it('D12 a fenced source answers 503, and the carrier goes on to the next target', () => {
    const lab = build({ order: ['pbx', 'genesys-cloud'] })
    lab.cloud.state.admission = flow()
    lab.moveAll('dallas')
    lab.advance(60_000)
    const [dallas] = lab.estate.sites
    lab.sbc.setState(1, dallas?.destination ?? '', 'D', true)
    lab.offer(lab.call('over'))
    lab.advance(hour)

    expect(lab.ledger.entries()[0]).toMatchObject({
      attempts: [
        { side: 'pbx', answer: '503 No destination available' },
        { side: 'genesys-cloud', answer: 'taken' },
      ],
      outcome: 'completed',
      crm: 'written',
    })
  })

  it('a call that every target refuses has failed; 404 is not tried elsewhere', () => {
    const lab = build({ order: ['genesys-cloud', 'pbx'] })
    lab.cloud.state.admission = rejected(404)
    lab.offer(lab.call('refused'))
    lab.cloud.state.admission = rejected(480)
    lab.offer(lab.call('elsewhere'))
    lab.advance(hour)

    expect(lab.ledger.entries().map(({ outcome }) => outcome)).toEqual(['failed', 'completed'])
  })

  it('a silent gateway costs the caller time, then the next is tried', () => {
    const lab = build({ order: ['genesys-cloud', 'pbx'] })
    lab.faults.arm('sip-silence:genesys-cloud')
    lab.offer(lab.call('patient'))
    expect(lab.ledger.summary().answered.pbx).toBe(0)
    lab.advance(lab.estate.habits.carrierPatience)

    expect(lab.ledger.summary().answered.pbx).toBe(1)
  })

  it('D2 the target keeps exactly the callers below the boundary and returns the others', () => {
    const lab = build({ order: ['genesys-cloud'], maxSessions: 300 })
    lab.cloud.state.admission = flow({ boundary: 2000, salt: 'wave-1' })
    lab.cloud.state.routable = () => ['agent@target']
    const callers = Array.from({ length: 300 }, (_, index) => `+1214777${2000 + index}`)
    for (const [index, caller] of callers.entries()) lab.offer(lab.call(`c${index}`, { caller }))

    for (const { call, returned, legs } of lab.ledger.entries()) {
      const isKept = shareBucket(call.caller, 'wave-1') < 2000
      expect(returned).toBe(!isKept)
      expect(legs.map(({ side }) => side)).toEqual(
        isKept ? ['genesys-cloud'] : ['genesys-cloud', 'pbx'],
      )
    }
    expect(lab.ledger.summary().returned).toBeGreaterThan(200)
  })

  it('D21 callers whom a full interconnect cannot give back have failed, and nobody else has', () => {
    const lab = build({ order: ['genesys-cloud'], maxSessions: 2 })
    lab.cloud.state.admission = flow({ boundary: 0, salt: 's' })
    for (const id of ['first', 'second', 'third']) lab.offer(lab.call(id))
    const probe = { sipCallId: 'probe', caller: '+19995550100', dnis: '+12145550100' }
    const whenFull = lab.answerTestCall('genesys-cloud', probe)
    lab.advance(hour)
    lab.offer(lab.call('later'))
    lab.advance(hour)

    expect(whenFull).toMatchObject({ kind: 'rejected', status: 503 })
    const entries = lab.ledger
      .entries()
      .map(({ call, outcome, returned }) => [call.id, outcome, returned])
    expect(entries).toEqual([
      ['first', 'completed', true],
      ['second', 'completed', true],
      ['third', 'failed', false],
      ['later', 'completed', true],
    ])
    expect(lab.ledger.entries()[2]?.attempts[0]?.answer).toBe('503 Interconnect full')
    expect([lab.interconnect.most(), lab.interconnect.refused()]).toEqual([2, 1])
    expect(lab.ledger.summary().withoutOutcome).toEqual([])
  })

  it('D21 what was returned once is not sent back: hop limit 1', () => {
    const lab = build({ order: ['genesys-cloud'] })
    lab.cloud.state.admission = flow({ boundary: 0, salt: 's' })
    lab.moveAll('dallas')
    lab.advance(60_000)
    lab.offer(lab.call('returned'))
    lab.advance(hour)

    const [entry] = lab.ledger.entries()
    expect(entry).toMatchObject({ returned: true, redirected: false, outcome: 'black-holed' })
  })

  it('D3 a late caller at an emptied source is redirected to the target', () => {
    const lab = build({ order: ['pbx'] })
    lab.cloud.state.admission = flow()
    lab.moveAll('dallas')
    lab.advance(60_000)
    lab.offer(lab.call('late'))
    const [dialog] = lab.sbc.dialogs()
    lab.advance(hour)

    expect(dialog?.callee).toBe('sip:byoc.acme.example')
    expect(lab.ledger.entries()[0]).toMatchObject({
      redirected: true,
      outcome: 'completed',
      legs: [
        { side: 'pbx', how: 'passed-on' },
        { side: 'genesys-cloud', how: 'completed' },
      ],
    })
  })

  it('calls in progress survive the selection, the fence and the agent’s move', () => {
    const lab = build()
    lab.offer(lab.call('up', { talk: ms(600_000) }))
    lab.point('genesys-cloud')
    lab.cloud.state.admission = flow()
    lab.moveAll('dallas')
    lab.sbc.setState(1, lab.estate.sites[0]?.destination ?? '', 'D', true)
    lab.advance(300_000)

    expect(lab.ledger.summary().inProgressBySide.pbx).toBe(1)
    expect(lab.cloud.reachable.size).toBe(23)

    lab.advance(400_000)

    expect(lab.ledger.entries()[0]).toMatchObject({ outcome: 'completed', legs: [{ side: 'pbx' }] })
    expect(lab.cloud.reachable.size).toBe(24)
  })

  it('promise 7: nobody is ever at both desks while agents move there and back', () => {
    const lab = build()
    lab.open()
    lab.cloud.state.routable = () => [...lab.cloud.reachable]
    lab.cloud.state.admission = flow({ boundary: 5000, salt: 's' })
    const [dallas] = lab.estate.sites
    for (let round = 0; round < 40; round += 1) {
      for (const { extension, queues } of dallas?.agents ?? []) {
        lab.staff.setQueues(extension, round % 2 === 0 ? [] : queues)
        lab.advance(700)
      }
    }

    expect(lab.ledger.violations()).toEqual([])
  })

  it('promise 7: an agent who is routable on both is a violation, once', () => {
    const lab = build()
    const user = lab.estate.sites[0]?.agents[0]?.user ?? ''
    lab.cloud.state.routable = () => [user]
    lab.noticeChange()
    lab.noticeChange()

    expect(lab.ledger.violations()).toHaveLength(1)
    expect(lab.ledger.violations()[0]?.sentence).toContain(user)
  })

  it('a failing CRM fails only what the target handled, from the share on', () => {
    const lab = build({ order: ['genesys-cloud'] })
    lab.faults.arm('crm-failing:dallas@20')
    lab.moveAll('dallas')
    lab.advance(60_000)
    for (const boundary of [1000, 2000]) {
      lab.cloud.state.admission = flow({ boundary: 10_000, salt: 's' })
      if (boundary === 1000)
        lab.cloud.state.admission = flow({ boundary, salt: findSalt(boundary) })
      lab.offer(lab.call(`at ${boundary}`))
      lab.advance(hour)
    }

    expect(lab.ledger.entries().map(({ crm }) => crm)).toEqual(['written', 'failed'])
    expect(lab.crm.count('dallas', start, epochMs(lab.time.now() + 1))).toEqual({
      total: 2,
      failed: 1,
    })
  })

  it('counts calls per second on the side that took them', () => {
    const lab = build()
    for (const id of ['a', 'b', 'c']) lab.offer(lab.call(id))

    expect(lab.ledger.perSecond(1000 as Milliseconds)).toEqual({ pbx: 3, 'genesys-cloud': 0 })
    lab.advance(2000)
    expect(lab.ledger.perSecond(1000 as Milliseconds)).toEqual({ pbx: 0, 'genesys-cloud': 0 })
  })

  it('a test call is answered by the side that a caller would meet, and is in no ledger', () => {
    const lab = build()
    const test = { sipCallId: 'probe', caller: '+19995550100', dnis: '+12145550100' }
    expect(lab.answerTestCall('pbx', test)).toMatchObject({ kind: 'answered', side: 'pbx' })
    expect(lab.answerTestCall('genesys-cloud', test)).toMatchObject({
      kind: 'rejected',
      status: 503,
    })

    lab.cloud.state.admission = flow()
    expect(lab.answerTestCall('genesys-cloud', test)).toMatchObject({ side: 'genesys-cloud' })
    lab.cloud.state.admission = flow({ boundary: 0, salt: 's' })
    expect(lab.answerTestCall('genesys-cloud', test)).toMatchObject({ side: 'pbx' })
    expect(lab.ledger.summary().offered).toBe(0)
  })
})

/** A salt that keeps the tests' caller within the boundary. */
function findSalt(boundary: number): string {
  for (let index = 0; ; index += 1) {
    const salt = `salt-${index}`
    if (shareBucket('+12147770001', salt) < boundary) return salt
  }
}
