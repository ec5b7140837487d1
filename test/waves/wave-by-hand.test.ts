import { describe, expect, it } from 'vitest'
import { runPreflight } from '../../src/app/preflight.ts'
import { previewWave } from '../../src/app/preview-wave.ts'
import { preflightExit } from '../../src/cli/commands/preflight.ts'
import { printDryRun } from '../../src/cli/output/dry-run.ts'
import type { JournalEntry } from '../../src/engine/run-event.ts'
import { waveId } from '../../src/kernel/ids.ts'
import { ms } from '../../src/kernel/units.ts'
import { describeWorld } from '../support/describe-world.ts'
import { givenTwoHurriedSites } from '../support/given.ts'
import type { LabProduct } from '../support/lab-product.ts'
import { nobodyIsLost, siteIsAtTarget, worldIsAsBefore } from '../support/then.ts'
import {
  aPersonAtThePbx,
  onceEntry,
  operatorAsks,
  runGoesOn,
  timePasses,
  waveRuns,
} from '../support/when.ts'

/*
 * A PBX without any interface for its agents: a person takes them out of its queues and puts them back. The
 * lab's people really change desks; what is judged is the lab's book of callers, its floor, and its platforms.
 */

const anHour = ms(3_600_000)
const given = () =>
  givenTwoHurriedSites({
    edit: (plan) => plan.replace(/agents: \{ by: rest.*\}/, 'agents: { by: hand }'),
  })

/** Agents who, when some entry is written, are routable on both sides. */
function watchBothSides({ lab }: LabProduct) {
  const onBoth: string[] = []
  const look = () => {
    const { presences } = describeWorld(lab)
    onBoth.push(...lab.world.staff.routableAtPbx().filter((user) => presences[user] === 'OnQueue'))
  }
  return { onBoth, look }
}

const all =
  (...watchers: readonly ((entry: JournalEntry) => void)[]) =>
  (entry: JournalEntry) => {
    for (const watch of watchers) watch(entry)
  }
const confirmations = (journal: readonly JournalEntry[]) =>
  journal.filter(({ event }) => event.kind === 'requested' && event.verb === 'confirm')

describe('D5 agents by hand', () => {
  it('W4.1 promise 7 dallas is cut over with a person at the PBX, and nobody is lost', async () => {
    const product = await given()
    const { onBoth, look } = watchBothSides(product)

    const ran = await waveRuns(product, 'dallas', { onEntry: all(aPersonAtThePbx(product), look) })
    await timePasses(product, anHour)

    expect(ran.outcome).toBe('done')
    expect(confirmations(ran.journal)).toHaveLength(3)
    expect(onBoth).toEqual([])
    siteIsAtTarget(product, 'dallas')
    nobodyIsLost(product)
  })

  it('W4.2 promise 7 on the way back they leave the target first, then a person puts them back', async () => {
    const product = await given()
    const before = describeWorld(product.lab)
    const { onBoth, look } = watchBothSides(product)
    const run = await product.start('dallas')
    const turn = onceEntry('verified', 'stage-100.share', () => {
      void operatorAsks(product, run, 'rollback')
    })

    const onEntry = all(aPersonAtThePbx(product), look, turn)
    const ran = await runGoesOn(product, run, { onEntry })

    expect(ran.outcome).toBe('back')
    // Two groups had left when it turned: each is asked for once, each way.
    expect(confirmations(ran.journal)).toHaveLength(4)
    expect(onBoth).toEqual([])
    worldIsAsBefore(product, before)
    nobodyIsLost(product)
  })

  it('D17 unconfirmed it goes back, and asks for whoever may have been taken out', async () => {
    const product = await given()
    const before = describeWorld(product.lab)
    const person = aPersonAtThePbx(product)
    const onTheWayBack = (entry: JournalEntry) => {
      if (entry.event.kind === 'held' && entry.event.hold.then === 'stay') person(entry)
    }

    const ran = await waveRuns(product, 'dallas', { onEntry: onTheWayBack })

    expect(ran.outcome).toBe('back')
    expect(ran.state.rollbackBecause).toContain('BY HAND')
    expect(confirmations(ran.journal)).toHaveLength(1)
    worldIsAsBefore(product, before)
    nobodyIsLost(product)
  })

  it('W4.2 promise 7 "taken out", confirmed as the run turns, is not "put back"', async () => {
    const product = await given()
    const before = describeWorld(product.lab)
    const run = await product.start('dallas')
    const prompt = aPersonAtThePbx(product)
    // The hold lasts half an hour; of the second group it is typed a little later than that.
    const late = aPersonAtThePbx(product, ms(30.5 * 60_000))
    const onEntry = (entry: JournalEntry) => {
      const { event } = entry
      const isLate = event.kind === 'held' && event.step === 'stage-100.by-hand'
      if (isLate && event.hold.then === 'roll-back') late(entry)
      else prompt(entry)
    }

    const ran = await runGoesOn(product, run, { onEntry })
    const answers = confirmations(ran.journal).map(
      ({ event }) => event.kind === 'requested' && event.accepted,
    )

    expect(ran.outcome).toBe('back')
    expect(answers).toEqual([true, false, true, true])
    worldIsAsBefore(product, before)
  })

  it('P1.1 preflight says what cannot be known, and the dry run says what a person will do', async () => {
    const product = await given()
    const application = product.product()
    const ports = await application.connect(product.plan)
    const { worldClock: clock, clockTolerance } = application
    const { signal } = new AbortController()
    const parts = { plan: product.plan, ports, clock, clockTolerance, signal }
    const rows = await runPreflight(parts, waveId('dallas'))
    const wave = { plan: product.plan, wave: waveId('dallas') }
    const preview = await previewWave(application, wave, signal)
    const lines: string[] = []
    const line = (text = '') => void lines.push(text)
    printDryRun({ line, problem: line, color: false, width: 160 }, preview)

    expect(rows.find(({ what }) => what === 'queue memberships at pbx')).toMatchObject({
      state: 'attested',
      because: expect.stringContaining('"dallas" is typed at each stage'),
    })
    expect(rows.filter(({ state }) => state === 'unknown' || state === 'missing')).toEqual([])
    expect(preflightExit(rows)).toBe(0)
    expect(lines.join('\n')).toMatch(/by hand: at pbx take .*skill 12: 1101 1102/)
  })
})
