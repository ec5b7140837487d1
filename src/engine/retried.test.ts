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
  toyState,
} from '../../test/support/toy-steps.ts'
import { passTimeUntil } from '../../test/support/virtual.ts'
import { epoch } from '../kernel/authority.ts'
import { stepKey } from '../kernel/ids.ts'
import { ms } from '../kernel/units.ts'
import type { RunEvent } from './run-event.ts'
import { stepState } from './run-state.ts'

const halfAnHour = 30 * 60_000
/** Callers depend on what comes after `a`: a hold there runs out into a rollback. */
const planned = [set('a'), set('b'), look('gate')]

async function toy() {
  const world = createToyWorld()
  world.findings['gate'] = () => ({ kind: 'failed', because: 'breach' })
  const steps = [setCellStep, lookCheck]
  const harness = await startHarness({ steps, runbook: runbookOf(planned), ports: { world } })
  const { clocks, store } = harness
  // One that has the run all the time: to another, that comes after a gap, a hold's time begins anew.
  const runner = harness.runner()
  const visit = () => passTimeUntil(clocks.time, runner.advance(new AbortController().signal, run))
  const retry = async () => {
    await store.request({ run, verb: 'retry', by: 'ben', step: stepKey('b') })
    await visit()
  }
  const pass = (minutes: number) =>
    passTimeUntil(clocks.time, clocks.worldClock.sleep(ms(minutes * 60_000)))
  const held = async () =>
    (await store.readJournal(run)).flatMap(({ at, event }) =>
      event.kind === 'held' ? [{ at, until: event.until }] : [],
    )
  return { world, harness, visit, retry, pass, held }
}

const refuses = (world: ToyWorld, code: 'operator' | 'bug' = 'operator') => {
  world.beforeWrite = (cell, to) => {
    if (cell === 'b' && to === 1) throw new ToyError(code)
  }
}
/** The way back from `b` alone is blocked. */
const blocks = (world: ToyWorld) => {
  world.beforeWrite = (cell) => {
    if (cell === 'a') world.wayBackOpen = false
  }
}

describe('a step that an operator has retried', () => {
  it('X3 before it acts is read anew: its pre-image is what the world was then', async () => {
    const { world, harness, visit, retry } = await toy()
    blocks(world)
    await visit()
    world.cells['b'] = 5
    world.wayBackOpen = true
    world.beforeWrite = () => {}

    await retry()
    const state = await harness.goOn()

    expect(state.outcome).toBe('back')
    expect(world.cells).toEqual({ a: 0, b: 5 })
  })

  it('promise 4 once it may have written keeps its pre-image: what it finds may be its own', async () => {
    const { world, harness, visit, retry } = await toy()
    let isBroken = true
    world.beforeWrite = (cell) => {
      if (cell !== 'b' || !isBroken) return
      world.cells['b'] = 1
      throw new ToyError('operator')
    }
    await visit()
    isBroken = false

    await retry()
    const state = await harness.goOn()

    expect(state.outcome).toBe('back')
    expect(world.cells).toEqual({ a: 0, b: 0 })
  })

  it('a retry of a version before keeps the pre-image that the acting after it rests on', () => {
    const step = stepKey('a')
    const retry: RunEvent = {
      ...{ kind: 'requested', verb: 'retry', by: 'ben', accepted: true, because: 'granted' },
      step,
    }
    const state = toyState(runbookOf(planned), [
      { kind: 'observed', step, before: 7, done: false },
      { kind: 'way-back', step, inverse: 'a becomes 7 again' },
      retry,
      { kind: 'acting', step, epoch: epoch(1) },
    ])

    expect(stepState(state, step).phase).toEqual({ kind: 'acting', before: 7 })
  })
})

describe('the time of a hold whose step is retried', () => {
  it.each([
    ['an error of its act', refuses],
    ['a way back that is blocked', blocks],
  ])('D17 goes on when it fails the same way: %s', async (_, fails) => {
    const { world, harness, visit, retry, pass, held } = await toy()
    fails(world)
    await visit()
    const [first] = await held()

    for (let minute = 0; minute < 27; minute += 9) {
      await pass(9)
      await retry()
    }
    const all = await held()
    await pass(4)
    await visit()
    const state = await harness.state()

    expect(all).toHaveLength(4)
    expect(new Set(all.map(({ until }) => until))).toEqual(new Set([first?.until]))
    expect(first?.until).toBe((first?.at ?? 0) + halfAnHour)
    expect(state.direction).toBe('back')
  })

  it('begins anew when it fails in another way', async () => {
    const { world, visit, retry, pass, held } = await toy()
    blocks(world)
    await visit()
    await pass(9)
    world.wayBackOpen = true
    refuses(world)

    await retry()
    const last = (await held()).at(-1)

    expect(last?.until).toBe((last?.at ?? 0) + halfAnHour)
  })

  it('goes on too where data is missing', async () => {
    const { world, harness, visit, pass, held } = await toy()
    const hold = { longest: ms(halfAnHour), owner: 'night-lead', then: 'roll-back' } as const
    world.findings['gate'] = () => ({ kind: 'hold', because: 'no data', hold })
    await visit()
    await pass(9)

    await harness.store.request({ run, verb: 'retry', by: 'ben' })
    await visit()
    const [first, second] = await held()

    expect(second?.until).toBe(first?.until)
  })
})
