import { describe, expect, it } from 'vitest'
import { type Harness, run, startHarness } from '../../test/support/engine-harness.ts'
import {
  createToyWorld,
  look,
  lookCheck,
  runbookOf,
  set,
  setCellStep,
  ToyError,
  type ToyWorld,
} from '../../test/support/toy-steps.ts'
import { stepKey } from '../kernel/ids.ts'
import { ms } from '../kernel/units.ts'
import type { Guard, PlannedStep } from './runbook.ts'

const wave = [set('a', true), look('between', 'both'), set('b'), look('gate'), set('c', true)]
const toy = (world: ToyWorld, planned: readonly PlannedStep[], guards: readonly Guard[]) =>
  startHarness({
    steps: [setCellStep, lookCheck],
    runbook: runbookOf(planned, guards),
    ports: { world },
  })

/** Says from when on the trigger does. Milliseconds of world time. */
function breachesAfter(world: ToyWorld, { clocks: { time } }: Harness, duration: number): number {
  const bad = time.now() + duration
  world.findings['trigger'] = () =>
    time.now() >= bad
      ? { kind: 'failed', because: 'validation_failure_rate > 2%' }
      : { kind: 'verified', seen: '0 of 200' }
  return bad
}

describe('guards', () => {
  const guard: Guard = {
    key: stepKey('trigger'),
    kind: 'toy.look',
    title: 'rollback trigger',
    input: { name: 'trigger' },
    after: stepKey('a'),
    until: stepKey('c'),
    every: ms(30_000),
  }

  it('W4.2 a guard that breaches while a step waits turns the run back', async () => {
    const world = createToyWorld()
    const harness = await toy(world, wave, [guard])
    breachesAfter(world, harness, 40_000)
    world.findings['gate'] = () => ({ kind: 'not-yet', because: 'soaking' })

    const state = await harness.goOn()

    expect(state.outcome).toBe('back')
    expect(state.rollbackBecause).toContain('validation_failure_rate')
    expect(world.cells).toEqual({ a: 0, b: 0 })
  })

  it('a guard without an answer is written down at once, and again every five minutes', async () => {
    const world = createToyWorld()
    const harness = await toy(world, wave, [guard])
    const passes = harness.clocks.time.now() + 32 * 60_000
    const began = harness.clocks.time.now()
    let looks = 0
    world.findings['gate'] = () => {
      const isOver = harness.clocks.time.now() >= passes
      return isOver ? { kind: 'verified', seen: 'go' } : { kind: 'not-yet', because: 'soaking' }
    }
    world.findings['trigger'] = () => {
      looks += 1
      const isOver = harness.clocks.time.now() >= began + 30 * 60_000
      return isOver
        ? { kind: 'verified', seen: '0 of 200' }
        : { kind: 'not-yet', because: `no data, look ${looks}` }
    }

    await harness.goOn(harness.runner(), 400)

    const noted = (await harness.store.readJournal(run)).flatMap(({ event }) =>
      event.kind === 'guard-looked' ? [event.verdict] : [],
    )
    expect(noted).toEqual([...Array.from({ length: 6 }, () => 'not-yet'), 'verified'])
  })

  it('W4.2 tells steps what the guards that watch said last, and nothing of others', async () => {
    const world = createToyWorld()
    const harness = await toy(world, [look('before'), ...wave], [guard])
    world.findings['trigger'] = () => ({ kind: 'not-yet', because: 'no data' })

    await harness.goOn()

    expect(world.guardsSeen['before']).toEqual([])
    expect(world.guardsSeen['gate']).toEqual([
      { title: 'rollback trigger', verdict: 'not-yet', seen: 'no data' },
    ])
  })

  it('a guard that answers slowly leaves the steps their time', async () => {
    const world = createToyWorld()
    const harness = await toy(world, wave, [guard])
    world.slow['trigger'] = () => harness.clocks.worldClock.sleep(ms(40_000))

    expect((await harness.goOn()).outcome).toBe('done')
  })

  it('W4.2 watches from when its step may have changed something: also while that one is half-done, and held', async () => {
    const world = createToyWorld()
    const harness = await toy(world, wave, [guard])
    world.beforeWrite = (cell, to) => {
      if (cell === 'a' && to === 1) throw new ToyError('operator')
    }
    const bad = breachesAfter(world, harness, 10 * 60_000)

    const state = await harness.goOn()

    expect(state.outcome).toBe('back')
    expect(state.rollbackBecause).toContain('validation_failure_rate')
    expect(harness.clocks.time.now()).toBeLessThan(bad + 60_000)
  })

  it('watches only between its two steps', async () => {
    const world = createToyWorld()
    const harness = await toy(world, [look('before'), ...wave], [guard])

    await harness.goOn()

    const first = world.writes.indexOf('look trigger forward')
    expect(first).toBeGreaterThan(world.writes.indexOf('a=1'))
  })
})
