import { describe, expect, it } from 'vitest'
import { ms } from '../../src/kernel/units.ts'
import { givenTwoHurriedSites } from '../support/given.ts'
import type { LabProduct } from '../support/lab-product.ts'
import { nobodyIsLost, siteIsAtTarget } from '../support/then.ts'
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
 * D1, D3: a resolver that ignores TTLs sends callers to the side that was left, for as long as it likes, and no
 * DNS answer shows it. The side lets go only when nobody has come for the whole quiet time.
 */

const anHour = ms(3_600_000)
const minutes = (count: number) => count * 60_000
const quietTime = minutes(20)

const deaf = (deafFor: number) =>
  givenTwoHurriedSites({ deafFor: ms(deafFor), policies: { 'drain.quiet': '20m' } })
const timeOf = ({ journal }: Ran, kind: string, step: string) =>
  journal.find(({ event }) => event.kind === kind && stepOf(event) === step)?.at ?? Number.NaN
/** When each of the site's calls came to the source, by the world's book. */
const arrivalsAtSource = ({ lab }: LabProduct) =>
  lab.world.ledger
    .entries()
    .filter(({ call, legs }) => call.site === 'dallas' && legs[0]?.side === 'pbx')
    .map(({ call }) => call.at)
const upAt = ({ lab }: LabProduct, side: 'pbx' | 'genesys-cloud') =>
  lab.world.ledger
    .entries()
    .filter(({ call, outcome, legs }) => {
      return call.site === 'dallas' && outcome === undefined && legs.at(-1)?.side === side
    })
    .map(({ call }) => call.id)

describe('late callers', () => {
  it('D1 D3 W4.3 the source is released only when nobody has come for the whole quiet time', async () => {
    const product = await deaf(minutes(200))

    const ran = await waveRuns(product, 'dallas')
    await timePasses(product, anHour)

    expect(ran.outcome).toBe('done')
    const released = timeOf(ran, 'acting', 'source.release')
    const raised = timeOf(ran, 'verified', 'stage-100.share')
    const late = arrivalsAtSource(product).filter((at) => at > raised + minutes(5))
    expect(late.length).toBeGreaterThan(5)
    // A look every 15 s can miss the very beginning.
    expect(late.filter((at) => at > released - quietTime + 15_000)).toEqual([])
    siteIsAtTarget(product, 'dallas')
    nobodyIsLost(product)
  })

  it('D1 D17 who never stops calling holds it, with an owner, and is answered', async () => {
    const product = await deaf(24 * anHour)

    const ran = await waveRuns(product, 'dallas', { patience: ms(8 * anHour) })

    expect(ran.outcome).toBe('open')
    const held = ran.journal.find(({ event }) => event.kind === 'held')
    expect(held?.event).toMatchObject({
      step: 'stage-100.source-drain',
      hold: { owner: 'operator', then: 'stay' },
    })
    expect(product.lab.world.sbc.select('dallas')).toBeDefined()
    nobodyIsLost(product)
  })
})

describe('letting go', () => {
  it('W4.3 D16 the source is released only when its last call has ended', async () => {
    const product = await givenTwoHurriedSites()
    const seen: (readonly string[])[] = []
    const look = onceEntry('acting', 'source.release', () => seen.push(upAt(product, 'pbx')))

    const ran = await waveRuns(product, 'dallas', { onEntry: look })

    expect(ran.outcome).toBe('done')
    expect(seen).toEqual([[]])
  })

  it('W4.2 D16 on the way back the target is disarmed only when its last call has ended', async () => {
    const product = await givenTwoHurriedSites()
    const run = await product.start('dallas')
    const seen: (readonly string[])[] = []
    const turn = onceEntry('verified', 'stage-100.share', () => {
      void operatorAsks(product, run, 'rollback')
    })
    const look = onceEntry('undoing', 'trunk.arm', () => seen.push(upAt(product, 'genesys-cloud')))

    const ran = await runGoesOn(product, run, {
      onEntry(entry) {
        turn(entry)
        look(entry)
      },
    })

    expect(ran.outcome).toBe('back')
    expect(seen).toEqual([[]])
  })
})
