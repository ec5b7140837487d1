import { describe, expect, it } from 'vitest'
import { ms } from '../../src/kernel/units.ts'
import type { CallEntry } from '../../src/lab/call-entry.ts'
import { describeWorld } from '../support/describe-world.ts'
import { givenTwoHurriedSites, givenTwoSites } from '../support/given.ts'
import type { LabProduct } from '../support/lab-product.ts'
import {
  authoritySays,
  callsSurvived,
  nobodyIsLost,
  siteIsAtTarget,
  theBooksAddUp,
  worldIsAsBefore,
} from '../support/then.ts'
import {
  onceEntry,
  operatorAsks,
  type Ran,
  runGoesOn,
  stepOf,
  timePasses,
  waveRuns,
} from '../support/when.ts'

/*
 * The whole product against the whole lab, in one process and in virtual time. What is judged is the
 * world: its own book of callers, its zone, its platforms and its people. Never our own tables.
 */

const anHour = ms(3_600_000)
const callsUp = ({ lab }: LabProduct) =>
  lab.world.ledger.entries().filter(({ outcome, agent }) => outcome === undefined && agent)
const positionOf = ({ journal }: Ran, kind: string, step: string) =>
  journal.findIndex(({ event }) => event.kind === kind && stepOf(event) === step)
const kindsOf = ({ journal }: Ran) => journal.map(({ event }) => event.kind)

describe('a wave that is well', () => {
  it('W4.1 W1.1 W5.1 X1 dallas is cut over in its 72 hours and nobody is lost', async () => {
    const product = await givenTwoSites()
    const record = product.lab.estate.sites[0]?.record.name ?? ''
    const seenTtls = new Set<number>()
    const look = () => {
      const found = product.lab.authority.records().find(({ name }) => name === record)
      if (found !== undefined) seenTtls.add(found.ttl)
    }

    const ran = await waveRuns(product, 'dallas', { patience: ms(100 * anHour), onEntry: look })
    await timePasses(product, anHour)

    expect(ran.outcome).toBe('done')
    nobodyIsLost(product)
    siteIsAtTarget(product, 'dallas')
    await authoritySays(product, 'dallas', { selected: 'target', boundary: 10_000 })
    expect([...seenTtls]).toEqual([3600, 300])
    const lowered = ran.journal[positionOf(ran, 'acted', `ttl.lower.${record}.SRV`)]?.at ?? 0
    const selected = ran.journal[positionOf(ran, 'acting', 'select')]?.at ?? 0
    expect(selected - lowered).toBeGreaterThanOrEqual(72 * anHour)
    expect(product.lab.world.ledger.summary().answered['genesys-cloud']).toBeGreaterThan(200)
  })

  it('W2.2 D16 D21 arms, staffs and proves the target before anything selects it', async () => {
    const product = await givenTwoHurriedSites()
    const atSelect: ReturnType<typeof describeWorld>[] = []
    const look = onceEntry('way-back', 'select', () => atSelect.push(describeWorld(product.lab)))

    const ran = await waveRuns(product, 'dallas', { onEntry: look })

    expect(ran.outcome).toBe('done')
    const order = ['trunk.arm', 'numbers.bind', 'first.registered', 'call.test', 'select']
    const places = [...order, 'outbound', 'failover', 'source.release'].map((step) =>
      positionOf(ran, 'verified', step),
    )
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(0)
    const onQueue = Object.values(atSelect[0]?.presences ?? {}).filter((one) => one === 'OnQueue')
    expect(onQueue.length).toBeGreaterThanOrEqual(10)
    expect(atSelect[0]?.records.join()).not.toContain('10 10 5060 byoc')
    nobodyIsLost(product)
  })

  it('D3 calls that are up when the target is selected go on to their end', async () => {
    const product = await givenTwoHurriedSites()
    const up: CallEntry[] = []
    const note = onceEntry('acting', 'select', () => up.push(...callsUp(product)))

    const ran = await waveRuns(product, 'dallas', { onEntry: note })
    await timePasses(product, anHour)

    expect(ran.outcome).toBe('done')
    callsSurvived(up)
    nobodyIsLost(product)
  })
})

describe('a wave that must not go on', () => {
  it('W4.2 D16 reno breaches its trigger and everything is as it was', async () => {
    const product = await givenTwoSites({ faults: ['crm-failing:reno@50'] })
    const before = describeWorld(product.lab)

    const ran = await waveRuns(product, 'reno', { patience: ms(100 * anHour) })

    expect(ran.outcome).toBe('back')
    expect(ran.state.rollbackBecause).toContain('validation_failure_rate')
    worldIsAsBefore(product, before)
    await authoritySays(product, 'reno', { selected: 'source', boundary: 0 })
    nobodyIsLost(product)
  })

  it('D3 W4.2 calls that are up when a wave turns back go on to their end, on either side', async () => {
    const product = await givenTwoHurriedSites()
    const run = await product.start('dallas')
    const up: CallEntry[] = []
    const turn = onceEntry('verified', 'stage-100.share', () => {
      up.push(...callsUp(product))
      void operatorAsks(product, run, 'rollback')
    })

    const ran = await runGoesOn(product, run, { onEntry: turn })
    await timePasses(product, anHour)

    expect(ran.outcome).toBe('back')
    expect(new Set(up.map(({ legs }) => legs.at(-1)?.side)).size).toBe(2)
    callsSurvived(up)
    nobodyIsLost(product)
  })

  it('G1.3 D17 a gate without data holds, and goes back when the hold runs out', async () => {
    const product = await givenTwoHurriedSites({
      edit: (plan) =>
        plan
          .replaceAll('minimumSample: 5', 'minimumSample: 5000')
          .replace('longest: 4h', 'longest: 1h'),
    })
    const before = describeWorld(product.lab)

    const ran = await waveRuns(product, 'dallas')

    expect(ran.outcome).toBe('back')
    expect(ran.state.rollbackBecause).toContain('the hold ran out')
    const held = ran.journal[positionOf(ran, 'held', 'select.gate')]
    const turned = ran.journal.find(({ event }) => event.kind === 'rollback-started')
    expect((turned?.at ?? 0) - (held?.at ?? 0)).toBeGreaterThanOrEqual(anHour)
    worldIsAsBefore(product, before)
    nobodyIsLost(product)
  })

  it('X1 W4.2 a black hole before any queue is seen by test calls, and its callers are named, each once', async () => {
    const product = await givenTwoHurriedSites()
    const before = describeWorld(product.lab)
    const arm = onceEntry('verified', 'select', () => product.lab.faults.arm('black-hole-all:0.5'))

    const ran = await waveRuns(product, 'dallas', { onEntry: arm })

    // No queue and no record of the platform shows such a call: its own figures are without a fault.
    expect(ran.outcome).toBe('back')
    expect(ran.state.rollbackBecause).toMatch(/validation_failure_rate .* validations at cloud/)
    worldIsAsBefore(product, before)
    const { withoutOutcome, byOutcome } = product.lab.world.ledger.summary()
    expect(withoutOutcome.length).toBeGreaterThan(2)
    expect(new Set(withoutOutcome.map(({ id }) => id)).size).toBe(withoutOutcome.length)
    expect(withoutOutcome.every(({ because }) => because === 'met nobody (genesys-cloud)')).toBe(
      true,
    )
    expect(byOutcome['black-holed']).toBe(withoutOutcome.length)
    theBooksAddUp(product)
  })
})

describe('the operator', () => {
  it('W4.2 X3 a rollback asked for in the middle brings everything back', async () => {
    const product = await givenTwoHurriedSites()
    const before = describeWorld(product.lab)
    const run = await product.start('dallas')
    const ask = onceEntry('acted', 'stage-100.agents', () =>
      operatorAsks(product, run, 'rollback', 'the bridge says no'),
    )

    const ran = await runGoesOn(product, run, { onEntry: ask })

    expect(ran.outcome).toBe('back')
    expect(ran.state.rollbackBecause).toBe('the bridge says no')
    worldIsAsBefore(product, before)
    await authoritySays(product, 'dallas', { selected: 'source', boundary: 0 })
    nobodyIsLost(product)
  })

  it('a paused run changes nothing until it is resumed, and its callers are served', async () => {
    const product = await givenTwoHurriedSites()
    const run = await product.start('dallas')
    const pause = onceEntry('verified', 'outbound', () => operatorAsks(product, run, 'pause'))

    const paused = await runGoesOn(product, run, { onEntry: pause, patience: ms(6 * anHour) })
    const standing = describeWorld(product.lab)
    await timePasses(product, anHour)
    const later = describeWorld(product.lab)
    await operatorAsks(product, run, 'resume')
    const ran = await runGoesOn(product, run)

    expect(paused.outcome).toBe('open')
    expect(later).toEqual(standing)
    expect(kindsOf(paused).at(-1)).not.toBe('acting')
    expect(ran.outcome).toBe('done')
    siteIsAtTarget(product, 'dallas')
    nobodyIsLost(product)
  })

  it('X3 a run that was paused too long asks before it rises, and goes back when nobody answers', async () => {
    const product = await givenTwoHurriedSites({
      edit: (plan) =>
        plan.replace(
          'sites: [ dallas ]',
          'sites: [ dallas ]\n    window: 2026-11-20 06:00 .. 2026-11-20 15:30',
        ),
    })
    const before = describeWorld(product.lab)
    const run = await product.start('dallas')
    // Read once the look at the window is over: after the pause it is made again.
    const pause = onceEntry('verified', 'outbound', () => operatorAsks(product, run, 'pause'))
    await runGoesOn(product, run, { onEntry: pause, patience: ms(3 * anHour) })
    await timePasses(product, ms(6 * anHour))

    await operatorAsks(product, run, 'resume')
    const ran = await runGoesOn(product, run)

    expect(positionOf(ran, 'held', 'rise-1.window')).toBeGreaterThan(0)
    expect(positionOf(ran, 'acting', 'stage-100.agents')).toBe(-1)
    expect(ran.outcome).toBe('back')
    worldIsAsBefore(product, before)
    nobodyIsLost(product)
  })

  it('Ctrl-C leaves the run between two steps, and another process goes on at once', async () => {
    const product = await givenTwoHurriedSites()
    const stop = new AbortController()
    const interrupt = onceEntry('acting', 'numbers.bind', () => stop.abort())

    const first = await waveRuns(product, 'dallas', { onEntry: interrupt, signal: stop.signal })
    const second = await runGoesOn(product, first.run, { application: product.product() })

    expect(first.outcome).toBe('open')
    expect(kindsOf(first).at(-1)).toBe('acted')
    expect(second.outcome).toBe('done')
    expect(kindsOf(second)).not.toContain('runner-took-over')
    siteIsAtTarget(product, 'dallas')
    nobodyIsLost(product)
  })
})
