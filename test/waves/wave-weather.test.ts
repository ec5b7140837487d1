import { describe, expect, it } from 'vitest'
import type { RunEvent } from '../../src/engine/run-event.ts'
import { createRandom } from '../../src/kernel/random.ts'
import { epochMs, ms } from '../../src/kernel/units.ts'
import type { FaultKind } from '../../src/lab/platforms/genesys-cloud/faults.ts'
import { twoSitesEstate } from '../../src/lab/scenarios/two-sites.ts'
import { describeWorld } from '../support/describe-world.ts'
import { givenTwoHurriedSites } from '../support/given.ts'
import type { LabProduct, LabProductOptions } from '../support/lab-product.ts'
import {
  authoritySays,
  nobodyIsLost,
  siteIsAtTarget,
  theBooksAddUp,
  worldIsAsBefore,
} from '../support/then.ts'
import { onceEntry, operatorAsks, type Ran, runGoesOn, waveRuns } from '../support/when.ts'

/*
 * What goes wrong around a wave, and how it must end: done where the weather passes, back where it does
 * not. Callers may meet the weather itself; nobody may be lost by us.
 */

type Weather = (product: LabProduct) => void
/** Kind of an entry and its step: when it is durable the weather breaks. */
type Moment = readonly [RunEvent['kind'], string]

const minutes = (count: number) => ms(count * 60_000)
const atTheStart: Moment = ['run-created', '']

/** A fault of the platform's API, for so many calls, or for so many minutes. */
function api(
  fault: FaultKind,
  bounds: { times?: number; for?: number; of?: string } = {},
): Weather {
  return ({ lab }) => {
    const { times, of = '*' } = bounds
    lab.api.faults.script({ operation: of, fault, ...(times === undefined ? {} : { times }) })
    if (bounds.for !== undefined) after(lab, bounds.for, () => lab.api.faults.clear())
  }
}

/** A fault of the world, for so many minutes, or for good. */
function world(fault: string, lasting?: number): Weather {
  return ({ lab }) => {
    const from = lab.time.now()
    const to = epochMs(from + minutes(lasting ?? 0))
    lab.faults.arm(fault, lasting === undefined ? {} : { from, to })
  }
}

function dns(fault: 'refuse' | 'silent', lasting?: number): Weather {
  return ({ lab }) => {
    lab.authority.faults[fault] = true
    if (lasting !== undefined)
      after(lab, lasting, () => {
        lab.authority.faults[fault] = false
      })
  }
}

function after(lab: LabProduct['lab'], count: number, action: () => void): void {
  lab.time.schedule(epochMs(lab.time.now() + minutes(count)), action)
}

/** @param until when this entry is durable nobody looks at the run any more */
async function dallasIn(
  weather: Weather,
  [kind, step]: Moment,
  { until, ...options }: LabProductOptions & { readonly until?: Moment } = {},
) {
  const product = await givenTwoHurriedSites(options)
  const before = describeWorld(product.lab)
  if (kind === 'run-created') weather(product)
  const enough = new AbortController()
  const breaks = onceEntry(kind, step, () => weather(product))
  const ends = until === undefined ? () => {} : onceEntry(...until, () => enough.abort())
  const ran = await waveRuns(product, 'dallas', {
    signal: enough.signal,
    onEntry(entry) {
      breaks(entry)
      ends(entry)
    },
  })
  return { product, before, ran }
}

const notTaken = ({ journal }: Ran) =>
  journal.filter(({ event }) => event.kind === 'attempt-failed')

describe('weather that passes', () => {
  it.each<readonly [string, Weather, Moment]>([
    [
      '429 with Retry-After',
      api({ kind: 'status', status: 429, retryAfter: 7 }, { times: 40 }),
      ['verified', 'wave.preflight'],
    ],
    ['eight 500s', api({ kind: 'status', status: 500 }, { times: 8 }), ['verified', 'select']],
    [
      '503 for ten minutes while agents move',
      api({ kind: 'status', status: 503 }, { for: 10 }),
      ['acting', 'stage-100.agents'],
    ],
    [
      'a 200 that changes nothing',
      api({ kind: 'lying' }, { times: 2, of: 'PUT /api/v2/architect/ivrs/{ivrId}' }),
      atTheStart,
    ],
    ['reads that lag behind each write', api({ kind: 'lagging', within: ms(5000) }), atTheStart],
    [
      'answers that are lost after the write',
      api({ kind: 'dropped', after: true }, { times: 10 }),
      ['acting', 'first.agents'],
    ],
    [
      'answers that come too late',
      api({ kind: 'slow', by: ms(12_000) }, { times: 3 }),
      ['acting', 'stage-100.share'],
    ],
  ])('D10 %s: dallas ends done', async (_, weather, moment) => {
    const { product, ran } = await dallasIn(weather, moment)

    expect(ran.outcome).toBe('done')
    siteIsAtTarget(product, 'dallas')
    nobodyIsLost(product)
  })

  it('W1.3 a secondary that lags for twenty minutes pauses the wave, and dallas ends done', async () => {
    const { product, ran } = await dallasIn(world('dns-lag:20m'), atTheStart)

    const held = ran.journal.filter(({ event }) => event.kind === 'held')
    expect(held.some(({ event }) => 'step' in event && event.step?.startsWith('propagation'))).toBe(
      true,
    )
    expect(ran.outcome).toBe('done')
    siteIsAtTarget(product, 'dallas')
    nobodyIsLost(product)
  })

  it.each<readonly [string, Weather, Moment]>([
    ['refuses at first', world('sbc-error', 30), atTheStart],
    ['refuses for ten minutes', world('sbc-error', 10), ['verified', 'stage-100.share']],
    ['is slow', world('sbc-slow:1s', 60), ['verified', 'stage-100.share']],
    ['reloads', world('sbc-reloading', 2), ['way-back', 'source.release']],
  ])('D12 an SBC that %s: dallas ends done', async (_, weather, moment) => {
    const { product, ran } = await dallasIn(weather, moment)

    expect(ran.outcome).toBe('done')
    siteIsAtTarget(product, 'dallas')
    nobodyIsLost(product)
  })

  it('W1.4 D12 a target that answers calls late, but in time: dallas ends done', async () => {
    const { product, ran } = await dallasIn(world('sip-late:genesys-cloud@3s'), atTheStart)

    expect(ran.outcome).toBe('done')
    siteIsAtTarget(product, 'dallas')
    nobodyIsLost(product)
  })

  it('W1.2 name servers that fall silent in mid-selection hold the run, which goes on by itself', async () => {
    const { product, ran } = await dallasIn(dns('silent', 12), ['acting', 'select'])

    expect(notTaken(ran).length).toBeGreaterThan(0)
    expect(ran.outcome).toBe('done')
    siteIsAtTarget(product, 'dallas')
    // Callers whose carrier finds no record meanwhile fail, whoever runs a wave.
    theBooksAddUp(product)
    expect(product.lab.world.ledger.summary().withoutOutcome).toEqual([])
  })
})

describe('weather that does not pass', () => {
  it('P1.1 name servers that refuse updates from the start: nothing is begun, dallas ends back', async () => {
    const { product, before, ran } = await dallasIn(dns('refuse'), atTheStart)

    expect(ran.outcome).toBe('back')
    expect(ran.journal.filter(({ event }) => event.kind === 'acting')).toEqual([])
    worldIsAsBefore(product, before)
    nobodyIsLost(product)
  })

  it('W1.4 D16 a gateway that answers 503 is never selected: dallas ends back', async () => {
    const { product, before, ran } = await dallasIn(world('sip-503:genesys-cloud'), [
      'verified',
      'agents.affiliate',
    ])

    expect(ran.outcome).toBe('back')
    expect(ran.state.rollbackBecause).toContain('503')
    worldIsAsBefore(product, before)
    nobodyIsLost(product)
  })

  it.each(['sip-503:genesys-cloud', 'sip-silence:genesys-cloud'])(
    'W4.2 D12 %s after selection: test calls turn dallas back, nobody is without outcome',
    async (fault) => {
      const { product, before, ran } = await dallasIn(world(fault), ['verified', 'select'])

      expect(ran.outcome).toBe('back')
      expect(ran.state.rollbackBecause).toContain('validation_failure_rate 100.0%')
      worldIsAsBefore(product, before)
      theBooksAddUp(product)
      expect(product.lab.world.ledger.summary().withoutOutcome).toEqual([])
    },
  )
})

describe('a target whose API is dead', () => {
  const dead = api({ kind: 'status', status: 503 }, { for: 20 })

  it('W4.2 D12 and that answers nobody is found by our own calls, while the API says nothing', async () => {
    const silence = world('sip-silence:genesys-cloud', 20)
    const both: Weather = (product) => {
      dead(product)
      silence(product)
    }
    const { product, before, ran } = await dallasIn(both, ['verified', 'select'])

    const selected = ran.journal.find(
      ({ event }) => event.kind === 'acted' && event.step === 'select',
    )
    const turned = ran.journal.find(({ event }) => event.kind === 'rollback-started')
    expect((turned?.at ?? 0) - (selected?.at ?? 0)).toBeLessThan(minutes(8))
    expect(ran.state.rollbackBecause).toMatch(/validation_failure_rate 100\.0% .*not all of it/)
    expect(ran.outcome).toBe('back')
    worldIsAsBefore(product, before)
    theBooksAddUp(product)
    expect(product.lab.world.ledger.summary().withoutOutcome).toEqual([])
  })

  it('promise 2 and that answers is neither well nor ill: said at once, gates hold, dallas ends done', async () => {
    const { product, ran } = await dallasIn(dead, ['verified', 'select'])

    const looks = ran.journal.flatMap(({ event }) =>
      event.kind === 'guard-looked' ? [`${event.verdict} ${event.seen}`] : [],
    )
    expect(looks.join('\n')).toMatch(/^not-yet .*not all of it: .*503/m)
    expect(looks.at(-1)).toMatch(/^verified /)
    expect(ran.outcome).toBe('done')
    siteIsAtTarget(product, 'dallas')
    nobodyIsLost(product)
  })
})

describe('weather that is always there', () => {
  it.each([1, 2, 3, 4])(
    'D17 a CRM that loses eight writes of a thousand turns nobody back (seed %d)',
    async (seed) => {
      const product = await givenTwoHurriedSites({
        seed,
        edit: (plan) => plan.replaceAll('minimumSample: 5', 'minimumSample: 30'),
      })
      const { crm } = product.lab.world
      const random = createRandom(seed)
      const { upsert } = crm
      Object.assign(crm, {
        upsert: (site: string, write: Parameters<typeof upsert>[1]) =>
          upsert(site, { ...write, succeeds: random.next() >= 0.008 }),
      })

      const ran = await waveRuns(product, 'dallas')

      expect(ran.outcome).toBe('done')
      siteIsAtTarget(product, 'dallas')
    },
  )
})

describe('what a platform does not say', () => {
  it('D12 X6 a target that takes calls and answers too late turns dallas back', async () => {
    const weather = world('sip-late:genesys-cloud@10m')
    const { product, before, ran } = await dallasIn(weather, ['verified', 'select'])

    expect(ran.outcome).toBe('back')
    expect(ran.state.rollbackBecause).toMatch(/test_calls|validation_failure_rate/)
    worldIsAsBefore(product, before)
    nobodyIsLost(product)
  })

  it('X6 X1 a black hole that swallows test calls turns dallas back, and who fell in is named', async () => {
    const weather = world('black-hole-all:0.5')
    const { product, before, ran } = await dallasIn(weather, ['verified', 'select'])

    expect(ran.outcome).toBe('back')
    expect(ran.state.rollbackBecause).toMatch(/test_calls|validation_failure_rate/)
    worldIsAsBefore(product, before)
    theBooksAddUp(product)
    const { withoutOutcome, byOutcome } = product.lab.world.ledger.summary()
    expect(withoutOutcome.length).toBeGreaterThan(0)
    expect(byOutcome['black-holed']).toBe(withoutOutcome.length)
  })

  it('D21 an interconnect that is too small fails whom it can’t give back, and dallas goes back for it', async () => {
    const estate = twoSitesEstate({ maxSessions: 1 })
    const { product, before, ran } = await dallasIn(() => {}, atTheStart, { estate })

    expect(ran.outcome).toBe('back')
    expect(ran.state.rollbackBecause).toContain('validation_failure_rate')
    worldIsAsBefore(product, before)
    theBooksAddUp(product)
    const { withoutOutcome, byOutcome } = product.lab.world.ledger.summary()
    expect(byOutcome.failed).toBeGreaterThan(0)
    expect(byOutcome.failed).toBe(product.lab.world.interconnect.refused())
    expect(withoutOutcome).toEqual([])
  })
})

describe('name servers that refuse the update itself', () => {
  const heldAtSelect: Moment = ['held', 'select']

  it('X3 refused before: the way back is not open, so select is not begun; lifted, a retry ends done', async () => {
    const { product, ran } = await dallasIn(dns('refuse'), ['verified', 'call.test'], {
      until: heldAtSelect,
    })

    expect(ran.outcome).toBe('open')
    expect(notTaken(ran).at(-1)?.event).toMatchObject({
      step: 'select',
      error: { code: 'engine.way-back-blocked' },
    })
    await authoritySays(product, 'dallas', { selected: 'source', boundary: 4000 })
    nobodyIsLost(product)

    product.lab.authority.faults.refuse = false
    await operatorAsks(product, ran.run, 'retry')
    const second = await runGoesOn(product, ran.run)

    expect(second.outcome).toBe('done')
    siteIsAtTarget(product, 'dallas')
    nobodyIsLost(product)
  })

  it.each(['retry', 'rollback'] as const)(
    'W1.2 refused in between: stops and asks; %s ends whole, and no caller has noticed',
    async (verb) => {
      const { product, before, ran } = await dallasIn(dns('refuse'), ['acting', 'select'], {
        until: heldAtSelect,
      })

      expect(ran.outcome).toBe('open')
      expect(notTaken(ran).at(-1)?.event).toMatchObject({
        step: 'select',
        error: { remedy: 'operator' },
      })
      expect(describeWorld(product.lab).records.join()).not.toContain('10 10 5060 byoc')
      nobodyIsLost(product)

      if (verb === 'retry') product.lab.authority.faults.refuse = false
      await operatorAsks(product, ran.run, verb)
      const calm = onceEntry('undo-verified', 'select', () => {
        product.lab.authority.faults.refuse = false
      })
      const second = await runGoesOn(product, ran.run, { onEntry: calm })

      expect(second.outcome).toBe(verb === 'retry' ? 'done' : 'back')
      if (verb === 'retry') siteIsAtTarget(product, 'dallas')
      else worldIsAsBefore(product, before)
      nobodyIsLost(product)
    },
  )

  it('D17 unanswered it goes back, and holds for the one thing that is refused there too', async () => {
    const { product, before, ran } = await dallasIn(dns('refuse'), ['acting', 'select'])
    product.lab.authority.faults.refuse = false
    await operatorAsks(product, ran.run, 'retry')
    const second = await runGoesOn(product, ran.run)

    expect(ran.state.rollbackBecause).toContain('select')
    const held = ran.journal.filter(({ event }) => event.kind === 'held').at(-1)
    expect(held?.event).toMatchObject({ hold: { then: 'stay' } })
    expect(second.outcome).toBe('back')
    worldIsAsBefore(product, before)
    nobodyIsLost(product)
  })
})
