import { describe, expect, it } from 'vitest'
import { run, startHarness } from '../../test/support/engine-harness.ts'
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
import { later, ms } from '../kernel/units.ts'
import type { Verb } from './run-event.ts'

const wave = [set('a', true), look('between', 'both'), set('b'), look('gate'), set('c', true)]

const toy = (world: ToyWorld, planned = wave) =>
  startHarness({ steps: [setCellStep, lookCheck], runbook: runbookOf(planned), ports: { world } })

const ask = (harness: Awaited<ReturnType<typeof toy>>, verb: Verb, more: object = {}) =>
  harness.store.request({ run, verb, by: 'ben', ...more })

describe('a run that an error holds', () => {
  it('D17 X3 holds at rest when an operator has to look, asks nothing meanwhile, and goes on after retry', async () => {
    const world = createToyWorld()
    let asked = 0
    world.beforeWrite = (cell) => {
      if (cell !== 'a') return
      asked += 1
      throw new ToyError('operator')
    }
    const harness = await toy(world)

    const stopped = await harness.goOn()
    const held = (await harness.store.readJournal(run)).at(-1)
    harness.clocks.time.advanceTo(later(harness.clocks.time.now(), ms(86_400_000)))
    await harness.goOn(harness.runner('second'))
    world.beforeWrite = () => {}
    await ask(harness, 'retry')
    const state = await harness.goOn()

    expect(stopped.outcome).toBeUndefined()
    expect(held?.event).toMatchObject({ kind: 'held', hold: { owner: 'operator', then: 'stay' } })
    expect(asked).toBe(1)
    expect(state.outcome).toBe('done')
  })

  it('D17 in the middle it goes back when nobody answers', async () => {
    const world = createToyWorld()
    world.beforeWrite = (cell, to) => {
      if (cell === 'b' && to === 1) throw new ToyError('operator')
    }
    const harness = await toy(world)
    const began = harness.clocks.time.now()

    const state = await harness.goOn()

    expect(state.outcome).toBe('back')
    expect(state.rollbackBecause).toContain('the toy says: operator')
    expect(harness.clocks.time.now() - began).toBeGreaterThanOrEqual(30 * 60_000)
    expect(world.cells['a']).toBe(0)
  })

  it.each(['skip', 'rollback'] as const)('D17 %s ends such a hold', async (verb) => {
    const world = createToyWorld()
    world.beforeWrite = (cell, to) => {
      if (cell === 'c' && to === 1) throw new ToyError('operator')
    }
    const harness = await toy(world, [set('a', true), set('c', true)])

    await harness.goOn()
    await ask(harness, verb, { reason: 'known', secondPerson: 'carla' })
    const state = await harness.goOn()

    expect(state.outcome).toBe(verb === 'skip' ? 'done' : 'back')
  })
})
