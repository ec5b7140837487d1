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
import { stepKey } from '../kernel/ids.ts'
import { later, ms } from '../kernel/units.ts'
import { verifyJournal } from './journal.ts'
import type { Verb } from './run-event.ts'
import { stepState } from './run-state.ts'
import type { Guard, PlannedStep } from './runbook.ts'

const steps = [setCellStep, lookCheck]
const wave = [set('a', true), look('between', 'both'), set('b'), look('gate'), set('c', true)]
const breach = () => ({ kind: 'failed', because: 'too many failures' }) as const

const toy = (
  world: ToyWorld,
  planned: readonly PlannedStep[] = wave,
  guards: readonly Guard[] = [],
) => startHarness({ steps, runbook: runbookOf(planned, guards), ports: { world } })

const ask = (harness: Awaited<ReturnType<typeof toy>>, verb: Verb, more: object = {}) =>
  harness.store.request({ run, verb, by: 'ben', ...more })

describe('a run', () => {
  it('takes every step in order and ends done, with a journal that verifies', async () => {
    const world = createToyWorld()
    const harness = await toy(world)

    const state = await harness.goOn()

    expect(state.outcome).toBe('done')
    expect(world.cells).toEqual({ a: 1, b: 1, c: 1 })
    expect(verifyJournal(await harness.store.readJournal(run)).kind).toBe('whole')
  })

  it('W4.2 goes back by itself, in reverse order, when a check fails', async () => {
    const world = createToyWorld()
    world.findings['gate'] = breach
    const harness = await toy(world)

    const state = await harness.goOn()

    expect(state.outcome).toBe('back')
    expect(world.cells).toEqual({ a: 0, b: 0 })
    expect(world.writes).toEqual([
      'a=1',
      'look between forward',
      'b=1',
      'look gate forward',
      'b=0',
      'look between back',
      'a=0',
    ])
  })

  it('does not undo what was already so before it came', async () => {
    const world = createToyWorld()
    world.cells['a'] = 1
    world.findings['gate'] = breach
    const harness = await toy(world)

    await harness.goOn()

    expect(world.cells).toEqual({ a: 1, b: 0 })
  })

  it('X3 does not take a step whose way back is blocked', async () => {
    const world = createToyWorld()
    world.wayBackOpen = false
    const harness = await toy(world)

    const state = await harness.goOn()

    expect(world.writes).toEqual([])
    expect(stepState(state, stepKey('a')).trouble?.error.code).toBe('engine.way-back-blocked')
  })

  it('tries again, further and further apart, only what may be tried again', async () => {
    const world = createToyWorld()
    let failures = 3
    world.beforeWrite = () => {
      failures -= 1
      if (failures >= 0) throw new ToyError('retry')
    }
    const harness = await toy(world)
    const began = harness.clocks.time.now()

    const state = await harness.goOn()

    expect(state.outcome).toBe('done')
    expect(harness.clocks.time.now() - began).toBeGreaterThanOrEqual(1000 + 2000 + 4000)
  })

  it('waits as long as the vendor named', async () => {
    const world = createToyWorld()
    let refused = false
    world.beforeWrite = () => {
      if (refused) return
      refused = true
      throw new ToyError('wait', { retryAfterMs: 90_000 })
    }
    const harness = await toy(world)
    const began = harness.clocks.time.now()

    await harness.goOn()

    expect(harness.clocks.time.now() - began).toBeGreaterThanOrEqual(90_000)
  })

  it('D9 what only takes time is no failed attempt: asked until the step’s patience ends, noted every 5 min', async () => {
    const world = createToyWorld()
    let refusals = 40
    world.beforeWrite = () => {
      refusals -= 1
      if (refusals >= 0) throw new ToyError('wait', { retryAfterMs: 10_000 })
    }
    const harness = await toy(world)

    const state = await harness.goOn()
    const journal = await harness.store.readJournal(run)

    expect(state.outcome).toBe('done')
    expect(journal.filter(({ event }) => event.kind === 'attempt-failed')).toHaveLength(2)
    expect(journal.some(({ event }) => event.kind === 'held')).toBe(false)
  })

  it('an outage of half an hour is waited out: held with an owner, few rows, and gone on by itself', async () => {
    const world = createToyWorld()
    const harness = await toy(world)
    const began = harness.clocks.time.now()
    const isOver = () => harness.clocks.time.now() - began > 30 * 60_000
    world.beforeWrite = () => {
      if (!isOver()) throw new ToyError('retry')
    }

    const state = await harness.goOn()
    const journal = await harness.store.readJournal(run)

    expect(state.outcome).toBe('done')
    expect(journal.filter(({ event }) => event.kind === 'held')).toHaveLength(1)
    const failed = journal.filter(({ event }) => event.kind === 'attempt-failed')
    expect(failed.length).toBeGreaterThan(8)
    expect(failed.length).toBeLessThan(24)
  })

  it('W4.2 an outage on the way back is waited out too', async () => {
    const world = createToyWorld()
    world.findings['gate'] = breach
    const harness = await toy(world)
    let since = 0
    world.beforeWrite = (_, to) => {
      if (to === 0 && since === 0) since = harness.clocks.time.now()
      if (to === 0 && harness.clocks.time.now() - since < 60 * 60_000) throw new ToyError('retry')
    }

    const state = await harness.goOn()

    expect(state.outcome).toBe('back')
    expect(world.cells).toEqual({ a: 0, b: 0 })
  })

  it('what takes longer than it may holds, with an owner, and still ends by itself', async () => {
    const world = createToyWorld()
    let refusals = 100
    world.beforeWrite = () => {
      refusals -= 1
      if (refusals >= 0) throw new ToyError('wait')
    }
    const harness = await toy(world)

    const state = await harness.goOn()
    const held = (await harness.store.readJournal(run)).filter(({ event }) => event.kind === 'held')

    expect(state.outcome).toBe('done')
    expect(held).toHaveLength(1)
    expect(held[0]?.event).toMatchObject({ hold: { owner: 'operator', then: 'stay' } })
  })

  it('on the way back an undo that only takes time is asked until it is done', async () => {
    const world = createToyWorld()
    world.findings['gate'] = breach
    let refusals = 100
    world.beforeWrite = (cell, to) => {
      if (cell !== 'b' || to !== 0) return
      refusals -= 1
      if (refusals >= 0) throw new ToyError('wait')
    }
    const harness = await toy(world)

    const state = await harness.goOn()

    expect(state.outcome).toBe('back')
    expect(world.cells).toEqual({ a: 0, b: 0 })
  })
})

describe('Ctrl-C', () => {
  it('leaves no write announced and not made, and whoever comes next goes on without waiting', async () => {
    const world = createToyWorld()
    const harness = await toy(world)
    const stop = new AbortController()
    world.findings['between'] = () => {
      stop.abort()
      return { kind: 'verified', seen: 'seen' }
    }
    const atOnce = await harness.runner().advance(stop.signal, run)
    const between = await harness.state()
    const state = await harness.goOn(harness.runner('second'))
    const journal = await harness.store.readJournal(run)

    expect(atOnce?.kind).toBe('interrupted')
    expect(stepState(between, stepKey('b')).phase.kind).toBe('pending')
    expect(state.outcome).toBe('done')
    expect(journal.some(({ event }) => event.kind === 'runner-took-over')).toBe(false)
  })

  it.each(['a', 'b'])('ends the change of %s that it has announced', async (cell) => {
    const world = createToyWorld()
    const harness = await toy(world)
    const stop = new AbortController()
    const { append } = harness.store
    const store: typeof harness.store = {
      ...harness.store,
      async append(lease, entries, handled) {
        const waiting = await append(lease, entries, handled)
        if (entries.some(({ event }) => event.kind === 'acting' && event.step === cell))
          stop.abort()
        return waiting
      },
    }

    await harness.runner('first', store).advance(stop.signal, run)

    expect((await harness.store.readJournal(run)).at(-1)?.event.kind).toBe('acted')
    expect(world.cells[cell]).toBe(1)
  })
})

describe('waits and holds', () => {
  it('a wait of 72 h is one row, not one for each look', async () => {
    const world = createToyWorld()
    const harness = await toy(world)
    const until = harness.clocks.time.now() + 72 * 3_600_000
    world.findings['gate'] = () =>
      harness.clocks.time.now() >= until
        ? { kind: 'verified', seen: 'time is up' }
        : {
            kind: 'not-yet',
            because: 'the old TTL has not run out',
            lookAgainAt: later(harness.clocks.time.now(), ms(60_000)),
          }

    const state = await harness.goOn()
    const journal = await harness.store.readJournal(run)

    expect(state.outcome).toBe('done')
    expect(journal.filter(({ event }) => event.kind === 'waiting')).toHaveLength(1)
  })

  it('D17 a hold that runs out takes its second exit', async () => {
    const world = createToyWorld()
    world.findings['gate'] = () => ({
      kind: 'hold',
      because: 'no data',
      hold: { longest: ms(600_000), owner: 'night-lead', then: 'roll-back' },
    })
    const harness = await toy(world)

    const state = await harness.goOn()

    expect(state.outcome).toBe('back')
    expect(state.rollbackBecause).toContain('no data')
  })

  it('G1.3 a hold ends by itself once the data is there', async () => {
    const world = createToyWorld()
    let looks = 0
    world.findings['gate'] = () => {
      looks += 1
      const hold = { longest: ms(600_000), owner: 'night-lead', then: 'roll-back' } as const
      return looks < 4
        ? { kind: 'hold', because: 'no data', hold }
        : { kind: 'verified', seen: 'go' }
    }
    const harness = await toy(world)

    expect((await harness.goOn()).outcome).toBe('done')
  })
})

describe('a way back that is stuck', () => {
  const select = { ...set('b'), barrier: true as const }
  const planned = [set('a', true), select, set('c'), look('gate')]

  it('D12 is gone past: a dead target does not keep callers from being sent back', async () => {
    const world = createToyWorld()
    world.findings['gate'] = breach
    let isDead = true
    world.beforeWrite = (cell, to) => {
      if (isDead && cell === 'c' && to === 0) throw new ToyError('retry')
    }
    const harness = await toy(world, planned)

    await harness.goOn(harness.runner(), 40)
    const whileDead = { ...world.cells }
    isDead = false
    await ask(harness, 'retry')
    const state = await harness.goOn()

    expect(whileDead).toEqual({ a: 0, b: 0, c: 1 })
    expect(state.outcome).toBe('back')
    expect(world.cells).toEqual({ a: 0, b: 0, c: 0 })
  })

  it('is not gone past at the selection itself: nothing is disarmed that is still selected', async () => {
    const world = createToyWorld()
    world.findings['gate'] = breach
    world.beforeWrite = (cell, to) => {
      if (cell === 'b' && to === 0) throw new ToyError('operator')
    }
    const harness = await toy(world, planned)

    const state = await harness.goOn()

    expect(state.outcome).toBeUndefined()
    expect(world.cells).toEqual({ a: 1, b: 1, c: 0 })
  })

  it('an undo that was skipped is named when the run has ended', async () => {
    const world = createToyWorld()
    world.findings['gate'] = breach
    world.beforeWrite = (cell, to) => {
      if (cell === 'b' && to === 0) throw new ToyError('operator')
    }
    const harness = await toy(world, planned)

    await harness.goOn()
    await ask(harness, 'skip', { reason: 'done by hand', secondPerson: 'carla' })
    await harness.goOn()
    const last = (await harness.store.readJournal(run)).at(-1)

    expect(last?.event).toMatchObject({ kind: 'ended', outcome: 'back' })
    expect(JSON.stringify(last?.event)).toContain('as they were left: set b')
  })
})

describe('the operator', () => {
  const aFewVisits = 3
  const soaking = async () => {
    const world = createToyWorld()
    const harness = await toy(world)
    world.findings['gate'] = () => ({ kind: 'not-yet', because: 'soaking' })
    await harness.goOn(harness.runner(), aFewVisits)
    return { world, harness }
  }

  it('rolls back at any moment', async () => {
    const { world, harness } = await soaking()

    await ask(harness, 'rollback', { reason: 'the bridge says no' })
    const state = await harness.goOn()

    expect(state.outcome).toBe('back')
    expect(state.rollbackBecause).toBe('the bridge says no')
    expect(world.cells).toEqual({ a: 0, b: 0 })
  })

  it('pauses: nothing is taken and nothing undone until it is resumed', async () => {
    const { world, harness } = await soaking()
    world.findings['gate'] = () => ({ kind: 'verified', seen: 'go' })

    await ask(harness, 'pause')
    const paused = await harness.goOn()
    const cells = { ...world.cells }
    await ask(harness, 'resume')
    const state = await harness.goOn()

    expect(paused.paused?.by).toBe('ben')
    expect(cells).toEqual({ a: 1, b: 1 })
    expect(state.outcome).toBe('done')
  })

  it('can cancel only where callers are whole without us', async () => {
    const { harness } = await soaking()

    await ask(harness, 'cancel', { reason: 'wrong night' })
    const state = await harness.goOn(harness.runner(), 1)
    const journal = await harness.store.readJournal(run)

    expect(state.outcome).toBeUndefined()
    expect(journal.at(-1)?.event).toMatchObject({
      kind: 'requested',
      verb: 'cancel',
      accepted: false,
    })
  })

  it('X14 skips with a reason and a second person, who is not the one that asks', async () => {
    const { harness } = await soaking()

    await ask(harness, 'skip', { reason: 'known', secondPerson: 'ben' })
    const refused = await harness.goOn(harness.runner(), 1)
    await ask(harness, 'skip', { reason: 'known', secondPerson: 'carla' })
    const state = await harness.goOn()

    expect(refused.outcome).toBeUndefined()
    expect(state.outcome).toBe('done')
  })
})
