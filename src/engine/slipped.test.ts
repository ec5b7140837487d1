import { describe, expect, it } from 'vitest'
import { dieAtAppend, Killed } from '../../test/support/crashing-store.ts'
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
import { passTimeUntil } from '../../test/support/virtual.ts'
import { stepKey } from '../kernel/ids.ts'
import { later, ms } from '../kernel/units.ts'
import type { RunEvent, Verb } from './run-event.ts'
import type { Guard, PlannedStep } from './runbook.ts'
import type { Verification } from './step.ts'

const minute = 60_000
/** `a` is raised twice, as shares are: what a late act of the first would do is told from what it is. */
const raised = { ...set('a'), key: stepKey('a-again'), input: { cell: 'a', to: 2 } }
const planned = [set('a'), raised, set('b'), look('soak')]

/** The soak takes three hours; what happens meanwhile is said by minute. */
async function given(
  happens: Readonly<Record<number, (world: ToyWorld) => void>>,
  steps: readonly PlannedStep[] = planned,
  guards: readonly Guard[] = [],
) {
  const world = createToyWorld()
  const harness = await startHarness({
    steps: [setCellStep, lookCheck],
    runbook: runbookOf(steps, guards),
    ports: { world },
  })
  const { worldClock } = harness.clocks
  const began = worldClock.now()
  const since = () => (worldClock.now() - began) / minute
  const open = new Map(Object.entries(happens))
  world.findings['soak'] = () => {
    for (const [at, happen] of open) {
      if (since() < Number(at)) continue
      open.delete(at)
      happen(world)
    }
    if (since() >= 185) return { kind: 'verified', seen: 'soaked' }
    return {
      kind: 'not-yet',
      because: 'soaks',
      lookAgainAt: later(worldClock.now(), ms(minute / 2)),
    }
  }
  const events = async () => (await harness.store.readJournal(run)).map(({ event }) => event)
  const ask = (verb: Verb) => harness.store.request({ run, verb, by: 'anna', reason: 'so' })
  return { world, harness, events, ask, since }
}

/** A runner that vanishes without letting go while the soak is on. */
async function vanish({ harness }: Awaited<ReturnType<typeof given>>) {
  const lease = await harness.store.claim(
    'vanished',
    ms(8000),
    harness.clocks.worldClock.now(),
    run,
  )
  expect(lease).toBeDefined()
}

const breach = (): Verification => ({ kind: 'failed', because: 'breach' })

const slips = (events: readonly RunEvent[]) => events.filter(({ kind }) => kind === 'slipped')

describe('X7 what was verified slips', () => {
  it('a write of a holder that vanished comes late: repaired within a minute, and the run goes on', async () => {
    const lateWrite = (world: ToyWorld) => {
      world.cells['a'] = 1
    }
    const scene = await given({ 20: lateWrite })
    await scene.harness.goOn(undefined, 12)
    await vanish(scene)
    let repairedAt = 0
    scene.world.beforeWrite = (cell) => {
      if (cell === 'a') repairedAt = scene.since()
    }
    const { outcome } = await scene.harness.goOn(scene.harness.runner('second'))
    const events = await scene.events()

    expect(outcome).toBe('done')
    expect(scene.world.cells).toEqual({ a: 2, b: 1 })
    expect(slips(events)).toMatchObject([{ step: 'a-again', found: 'a is 1', ours: true }])
    expect(repairedAt).toBeGreaterThan(20)
    expect(repairedAt).toBeLessThanOrEqual(21.5)
  })

  it('a request of its own without answer arrives late: repaired too', async () => {
    const scene = await given({
      2: (world) => {
        world.cells['a'] = 1
      },
    })
    let isSlow = true
    scene.world.beforeWrite = (cell) => {
      if (cell !== 'a' || !isSlow) return
      isSlow = false
      throw new ToyError('retry')
    }
    const { outcome } = await scene.harness.goOn()

    expect(outcome).toBe('done')
    expect(scene.world.cells).toEqual({ a: 2, b: 1 })
    expect(slips(await scene.events())).toMatchObject([{ step: 'a-again', ours: true }])
  })

  it('what is found undone going forward is no late act: it is asked about, whoever vanished', async () => {
    const undo = (world: ToyWorld) => {
      world.cells['b'] = 0
    }
    const scene = await given({ 20: undo })
    await scene.harness.goOn(undefined, 12)
    await vanish(scene)
    const runner = scene.harness.runner('second')
    while ((await scene.harness.state()).steps[stepKey('b')]?.held === undefined)
      await scene.harness.goOn(runner, 1)

    expect(slips(await scene.events())).toMatchObject([{ step: 'b', ours: false }])
    expect(scene.world.cells).toEqual({ a: 2, b: 0 })
  })

  it('a write that comes late on the way back is undone again', async () => {
    const scene = await given({ 3: (world) => Object.assign(world.findings, { soak: breach }) }, [
      set('a'),
      look('drain', 'back'),
      set('b'),
      look('soak'),
    ])
    const { world, harness, since } = scene
    await harness.goOn(undefined, 4)
    await vanish(scene)
    let isLate = false
    world.findings['drain'] = () => {
      if (since() >= 5 && !isLate) {
        isLate = true
        world.cells['b'] = 1
      }
      return since() < 12 ? { kind: 'not-yet', because: 'drains' } : { kind: 'verified', seen: '' }
    }
    const { outcome } = await harness.goOn(harness.runner('second'))

    expect(outcome).toBe('back')
    expect(slips(await scene.events())).toMatchObject([{ step: 'b', found: 'b is 1', ours: true }])
    expect(world.cells).toEqual({ a: 0, b: 0 })
    expect(world.writes.filter((one) => one === 'b=0')).toHaveLength(2)
  })

  it('a guard goes on counting from when its step was first done', async () => {
    const guard = {
      ...{ key: stepKey('guard'), kind: 'toy.look', title: 'guard', input: { name: 'guard' } },
      ...{ after: raised.key, until: stepKey('soak'), every: ms(minute) },
    }
    const scene = await given({ 20: (world) => delete world.cells['a'] }, planned, [guard])
    const looks = () => scene.world.writes.filter((one) => one === 'look guard forward').length
    await scene.harness.goOn(undefined, 80)
    expect(slips(await scene.events())).toHaveLength(1)
    const before = looks()
    await scene.harness.goOn(undefined, 40)

    // The step is held, half-done, and what its callers meet is watched all the same.
    expect(looks()).toBeGreaterThan(before)
  })
})

const changeA = (world: ToyWorld) => {
  world.cells['a'] = 7
}

/** Somebody changes `a` at minute 20, in a run that nobody vanished from; it is seen at the next look. */
async function givenChanged() {
  const scene = await given({ 20: changeA })
  while ((await scene.harness.state()).steps[raised.key]?.held === undefined)
    await scene.harness.goOn(undefined, 1)
  return scene
}

describe('X7 somebody else changes what was verified', () => {
  it('nothing is written over it: the run holds and asks', async () => {
    const scene = await givenChanged()
    const state = await scene.harness.state()
    const a = state.steps[raised.key]

    expect(scene.world.cells).toEqual({ a: 7, b: 1 })
    expect(slips(await scene.events())).toMatchObject([
      { step: 'a-again', found: 'a is 7', ours: false },
    ])
    expect(a?.trouble?.error).toMatchObject({ code: 'engine.changed-by-others' })
    expect(a?.held?.hold.owner).toBe('operator')
  })

  it('retry does it again', async () => {
    const scene = await givenChanged()
    await scene.ask('retry')
    const { outcome } = await scene.harness.goOn()

    expect(outcome).toBe('done')
    expect(scene.world.cells).toEqual({ a: 2, b: 1 })
  })

  it('skip leaves it as it is found, and the end says so', async () => {
    const scene = await givenChanged()
    await scene.harness.store.request({
      ...{ run, verb: 'skip', by: 'anna', reason: 'so', secondPerson: 'ben' },
    })
    const { outcome } = await scene.harness.goOn()
    const end = (await scene.events()).at(-1)

    expect(outcome).toBe('done')
    expect(scene.world.cells).toEqual({ a: 7, b: 1 })
    expect(end).toMatchObject({ summary: expect.stringContaining('as they were left: set a') })
  })

  it('nobody answers: it goes back where callers depend on it', async () => {
    const scene = await givenChanged()
    const { outcome } = await scene.harness.goOn()

    expect(outcome).toBe('back')
  })

  it('it is seen before the end, however short the run', async () => {
    const scene = await given({}, [set('a'), look('soak'), set('b')])
    scene.world.beforeWrite = (cell) => {
      if (cell === 'b') changeA(scene.world)
    }
    await scene.harness.goOn(undefined, 400)

    expect(slips(await scene.events())).toMatchObject([{ step: 'a', ours: false }])
  })
})

it('X7 what can’t be looked at before the end is named by it', async () => {
  const world = createToyWorld()
  const deaf = {
    ...setCellStep,
    foundOtherwise: () => Promise.reject(new ToyError('retry')),
  }
  const harness = await startHarness({
    steps: [deaf, lookCheck],
    runbook: runbookOf([set('a'), look('soak')]),
    ports: { world },
  })
  let looks = 0
  world.findings['soak'] = () => {
    looks += 1
    return looks > 30 ? { kind: 'verified', seen: '' } : { kind: 'not-yet', because: 'soaks' }
  }
  await harness.goOn()
  const end = (await harness.store.readJournal(run)).at(-1)?.event

  expect(end).toEqual({
    kind: 'ended',
    outcome: 'done',
    summary: 'every step is verified; could not be looked at again at the end: set a',
  })
})

describe('X7 promise 4: killed before or after any entry of a repair', () => {
  const late = {
    20: (world: ToyWorld) => {
      world.cells['a'] = 1
    },
  }
  async function repaired(nth: number, moment: 'before' | 'after') {
    const scene = await given(late)
    await scene.harness.goOn(undefined, 12)
    await vanish(scene)
    const { store, clocks } = scene.harness
    const doomed = scene.harness.runner('doomed', dieAtAppend(store, nth, moment))
    const death = scene.harness.goOn(doomed).catch((thrown: unknown) => {
      if (!(thrown instanceof Killed)) throw thrown
    })
    await passTimeUntil(clocks.time, death)
    const { outcome } = await scene.harness.goOn(scene.harness.runner('third'))
    return { outcome, cells: scene.world.cells }
  }

  it.each(['before', 'after'] as const)('%s it ends as without it', async (moment) => {
    for (let nth = 1; nth <= 12; nth += 1) {
      expect({ nth, ...(await repaired(nth, moment)) }).toEqual({
        ...{ nth, outcome: 'done', cells: { a: 2, b: 1 } },
      })
    }
  })
})
