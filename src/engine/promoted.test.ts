import { describe, expect, it } from 'vitest'
import { dieAtAppend, Killed } from '../../test/support/crashing-store.ts'
import { type Harness, run, startHarness } from '../../test/support/engine-harness.ts'
import {
  createToyWorld,
  hand,
  handStep,
  look,
  lookCheck,
  runbookOf,
  set,
  setCellStep,
  startOfToy,
  ToyError,
  type ToyWorld,
  toyState,
} from '../../test/support/toy-steps.ts'
import { passTimeUntil } from '../../test/support/virtual.ts'
import { stepKey } from '../kernel/ids.ts'
import { later, ms } from '../kernel/units.ts'
import { sayReadBack } from './decide-read-back.ts'
import { verifyJournal } from './journal.ts'
import type { RunEvent, Verb } from './run-event.ts'
import type { RunState } from './run-state.ts'
import type { PlannedStep } from './runbook.ts'

const wave = [set('a', true), look('between', 'both'), set('b'), look('gate'), set('c', true)]
const everything = { a: 1, b: 1, c: 1 }
const nothing = { a: 0, b: 0, c: 0 }

const toy = (world: ToyWorld, planned: readonly PlannedStep[] = wave) =>
  startHarness({
    steps: [setCellStep, lookCheck, handStep],
    runbook: runbookOf(planned),
    ports: { world },
  })

/** A runner that is killed about its n-th append. */
async function dieAt(harness: Harness, nth: number, moment: 'before' | 'after'): Promise<void> {
  const doomed = harness.runner('doomed', dieAtAppend(harness.store, nth, moment))
  const death = doomed.advance(new AbortController().signal, run).catch((thrown: unknown) => {
    if (!(thrown instanceof Killed)) throw thrown
  })
  await passTimeUntil(harness.clocks.time, death)
}

/** The run up to its n-th append, where the primary dies. Says how many entries it has. */
async function runUntil(harness: Harness, nth: number): Promise<number> {
  await dieAt(harness, nth, 'after')
  return (await harness.store.readJournal(run)).length
}

const ask = ({ store }: Harness, verb: Verb, more: object = {}) =>
  store.request({ run, verb, by: 'ben', ...more })

const events = async ({ store }: Harness): Promise<readonly RunEvent[]> =>
  (await store.readJournal(run)).map(({ event }) => event)

const readBackOf = async (harness: Harness) =>
  (await events(harness)).find((event) => event.kind === 'read-back')

const untouched = (cells: ToyWorld['cells']) => ({ ...nothing, ...cells })

/** Roll back, putting back by hand what the run can't. */
async function rollBack(harness: Harness, world: ToyWorld): Promise<RunState> {
  await ask(harness, 'rollback')
  let state = await harness.goOn()
  for (const key of state.promotion?.preImagesLost ?? []) {
    world.cells[key] = 0
    await ask(harness, 'skip', { step: key, reason: 'by hand', secondPerson: 'carla' })
    state = await harness.goOn()
  }
  return state
}

/** Each place where the primary can die, and each length of the journal that the standby may have of it. */
async function eachLoss(
  planned: readonly PlannedStep[],
  worldOf: () => ToyWorld,
  story: (found: {
    readonly harness: Harness
    readonly world: ToyWorld
    readonly at: string
  }) => Promise<void>,
): Promise<void> {
  const calm = await toy(worldOf(), planned)
  await calm.goOn()
  const { length } = await calm.store.readJournal(run)
  for (let written = 2; written < length; written += 1) {
    for (let kept = 1; kept <= written; kept += 1) {
      const world = worldOf()
      const primary = await toy(world, planned)
      await runUntil(primary, written - 1)
      const harness = await primary.failOver(kept)
      await story({ harness, world, at: `${kept} of ${written}` })
    }
  }
}

describe('X7 a run whose database was promoted', () => {
  it('wherever it was cut, it goes on by itself or holds; and ends right after resume', async () => {
    let holds = 0
    await eachLoss(wave, createToyWorld, async ({ harness, world, at }) => {
      let state = await harness.goOn()
      if (state.outcome === undefined) {
        holds += 1
        expect(state.promotion?.readBack?.found, at).toBeDefined()
        await ask(harness, 'resume')
        state = await harness.goOn()
      }
      expect([state.outcome, world.cells, at]).toEqual(['done', everything, at])
      expect(verifyJournal(await harness.store.readJournal(run)).kind).toBe('whole')
    })
    expect(holds).toBeGreaterThan(10)
  })

  it('wherever it was cut, rollback takes everything back that this run did', async () => {
    await eachLoss(wave, createToyWorld, async ({ harness, world, at }) => {
      let state = await harness.goOn()
      if (state.outcome !== undefined) return
      state = await rollBack(harness, world)
      expect([state.outcome, untouched(world.cells), at]).toEqual(['back', nothing, at])
    })
  })

  it('that had turned back is never taken forward past what was undone', async () => {
    const breached = () => {
      const world = createToyWorld()
      world.findings['gate'] = () => ({ kind: 'failed', because: 'breach' })
      return world
    }
    await eachLoss(wave, breached, async ({ harness, world, at }) => {
      let state = await harness.goOn()
      if (state.outcome === undefined) state = await rollBack(harness, world)
      expect([state.outcome, untouched(world.cells), at]).toEqual(['back', nothing, at])
      expect(world.writes.filter((write) => write === 'c=1')).toEqual([])
    })
  })

  it('does again what lost commits undid, with every check since, when a person says resume', async () => {
    const world = createToyWorld()
    const primary = await toy(world, [set('a'), look('between'), set('b'), look('gate'), set('c')])
    const kept = await runUntil(primary, 11)
    // The gate was breached and everything undone, and that is lost.
    Object.assign(world.cells, nothing)

    const harness = await primary.failOver(kept)
    const held = await harness.goOn()
    const before = world.writes.length
    await ask(harness, 'resume')
    const state = await harness.goOn()

    expect(held.promotion?.readBack?.found?.undone.map(({ step }) => step)).toEqual(['b', 'a'])
    // What is found undone is not somebody else's doing, nor mended, before a person has judged it.
    expect((await events(harness)).map(({ kind }) => kind)).not.toContain('slipped')
    expect(world.writes.slice(before)).toEqual([
      'a=1',
      'look between forward',
      'b=1',
      'look gate forward',
      'c=1',
    ])
    expect(state.outcome).toBe('done')
  })

  it('waits out the longest request, notes the promotion, and says what it read', async () => {
    const primary = await toy(createToyWorld())
    const written = await runUntil(primary, 6)
    const harness = await primary.failOver(written)
    const from = harness.clocks.time.now()

    await harness.goOn()

    const entries = (await harness.store.readJournal(run)).slice(written)
    expect(entries[0]).toMatchObject({
      event: {
        kind: 'database-promoted',
        from: 'memory/1',
        to: expect.stringContaining('memory/'),
      },
      at: from + 5000,
    })
    expect(entries[1]?.event).toEqual({ kind: 'read-back', looked: 2, lost: [], undone: [] })
  })

  it('looks again, where nothing is lost, at what was seen long before its next change', async () => {
    const primary = await toy(createToyWorld())
    const kept = await runUntil(primary, 5)
    const harness = await primary.failOver(kept)
    const { time, worldClock } = harness.clocks
    await passTimeUntil(time, worldClock.sleep(ms(600_000)))

    await harness.goOn()

    const after = (await events(harness)).slice(kept)
    expect(after.slice(0, 4)).toMatchObject([
      { kind: 'database-promoted' },
      { kind: 'read-back', lost: [], undone: [] },
      { kind: 'reopened', step: 'between' },
      { kind: 'verified', step: 'between' },
    ])
  })

  it('may have had a holder whose last write is still on its way', () => {
    const promoted = { kind: 'database-promoted', from: 'memory/1', to: 'memory/2' } as const
    const at = later(startOfToy, ms(1000))
    const state = toyState(runbookOf(wave), [], [promoted, at])

    expect(state).toMatchObject({ unsettledSince: at, attendedSince: at })
  })

  it('names the steps, and says both exits and the end what was taken as found', async () => {
    const { harness, held } = await holding()
    const said = sayReadBack(held)
    await ask(harness, 'resume')
    const state = await harness.goOn()
    const last = (await events(harness)).at(-1)

    expect(said).toContain('timeline 1 → ')
    expect(said).toContain('the journal knows nothing of it: set b; resume takes it as found')
    expect(said).toContain('put back by hand, because what was there before is lost: set b')
    expect(state.promotion?.takenAsFound).toEqual(['b'])
    expect(last).toMatchObject({
      summary: expect.stringContaining('taken as found after the database failed over: set b'),
    })
  })
})

describe('X7 what read as done before the run', () => {
  it('holds nothing where the run has not come to it', async () => {
    const world = createToyWorld()
    Object.assign(world.cells, { c: 1 })
    const primary = await toy(world)
    const harness = await primary.failOver(await runUntil(primary, 3))

    expect((await harness.goOn()).outcome).toBe('done')
  })

  it('holds nothing where the journal says that it was done', async () => {
    const world = createToyWorld()
    Object.assign(world.cells, { a: 1 })
    const primary = await toy(world)
    const harness = await primary.failOver(await runUntil(primary, 1))

    expect((await harness.goOn()).outcome).toBe('done')
    expect(await readBackOf(harness)).toMatchObject({ lost: [] })
  })
})

describe('X7 steps of which nothing can be read', () => {
  it('are lost with a later one that was made, and asked for again, both ways', async () => {
    const world = createToyWorld()
    const planned = [set('a'), hand('h'), set('b')]
    const primary = await toy(world, planned)
    Object.assign(world.cells, { b: 1 })
    const harness = await primary.failOver(await runUntil(primary, 4))

    const held = await harness.goOn()
    await ask(harness, 'resume')
    const asked = await harness.goOn(harness.runner(), 1)

    expect(held.promotion?.readBack?.found?.lost.map(({ step, trace }) => [step, trace])).toEqual([
      ['h', 'unreadable'],
      ['b', 'all'],
    ])
    expect(asked.steps['h' as never]).toMatchObject({ held: { expects: 'h' } })
    expect(asked.promotion?.preImagesLost).toEqual(['b'])
  })
})

/** A run that holds for b, which lost commits made. */
async function holding(world = createToyWorld()) {
  const primary = await toy(world)
  await runUntil(primary, 11)
  const harness = await primary.failOver(7)
  return { harness, world, held: await harness.goOn() }
}

describe('X7 while it is not known what became of the last commits', () => {
  it.each(['skip', 'cancel', 'confirm', 'retry'] as const)('%s is refused', async (verb) => {
    const { harness } = await holding()

    await ask(harness, verb, { reason: 'r', secondPerson: 'carla' })
    const state = await harness.goOn()

    expect(state.promotion?.readBack?.found).toBeDefined()
    expect((await events(harness)).at(-1)).toMatchObject({
      accepted: false,
      because: 'its last commits are lost: resume or rollback, see status',
    })
  })

  it('what can’t be read is read again, noted once, until it can', async () => {
    const world = createToyWorld()
    const primary = await toy(world)
    const harness = await primary.failOver(await runUntil(primary, 6))
    let refusals = 20
    world.beforeRead = () => {
      refusals -= 1
      if (refusals > 0) throw new ToyError('operator')
    }

    const state = await harness.goOn()

    const failed = (await events(harness)).filter(({ kind }) => kind === 'read-back-failed')
    expect(failed).toHaveLength(1)
    expect(state.outcome).toBe('done')
  })

  it('a run that can’t be read goes back when it is told to, and says what it has not seen', async () => {
    const world = createToyWorld()
    const primary = await toy(world)
    const harness = await primary.failOver(await runUntil(primary, 6))
    world.beforeRead = (cell) => {
      if (cell === 'b') throw new ToyError('retry')
    }

    await harness.goOn(harness.runner(), 1)
    await ask(harness, 'rollback')
    const state = await harness.goOn()

    expect(state.outcome).toBe('back')
    expect(world.cells['a']).toBe(0)
    expect((await events(harness)).at(-1)).toMatchObject({
      summary: expect.stringContaining('not read back after the database failed over: set b'),
    })
  })

  it('is promoted again while it holds: it looks again', async () => {
    const { harness } = await holding()
    const { length } = await harness.store.readJournal(run)

    const again = await harness.failOver(length)
    const state = await again.goOn()

    expect(state.promotion?.readBack?.found?.lost).toHaveLength(1)
    expect((await events(again)).filter(({ kind }) => kind === 'read-back')).toHaveLength(2)
  })

  it('an undo whose pre-image is lost waits for a person, and the others go on without it', async () => {
    const { harness, world } = await holding()

    await ask(harness, 'rollback')
    const state = await harness.goOn()

    expect(untouched(world.cells)).toEqual({ a: 0, b: 1, c: 0 })
    expect(state.steps['b' as never]).toMatchObject({
      trouble: { error: { code: 'engine.pre-image-lost' } },
    })
  })
})

describe('W4.2 the rollback trigger, while a promoted run holds', () => {
  it('is watched, and a breach goes back without asking', async () => {
    const world = createToyWorld()
    const guard = {
      key: stepKey('trigger'),
      kind: 'toy.look',
      title: 'trigger',
      input: { name: 'trigger' },
      after: stepKey('a'),
      until: stepKey('c'),
      every: ms(30_000),
    }
    const primary = await startHarness({
      steps: [setCellStep, lookCheck],
      runbook: runbookOf(wave, [guard]),
      ports: { world },
    })
    await runUntil(primary, 12)
    const journal = await primary.store.readJournal(run)
    const keep = journal.findIndex(({ event }) => event.kind === 'observed' && event.step === 'b')
    const harness = await primary.failOver(keep)

    const held = await harness.goOn(harness.runner(), 1)
    world.findings['trigger'] = () => ({ kind: 'failed', because: 'breach' })
    const state = await harness.goOn(harness.runner(), 60)

    expect(held.promotion?.readBack?.found?.lost).toHaveLength(1)
    expect(state).toMatchObject({ direction: 'back', promotion: { preImagesLost: ['b'] } })
    expect(untouched(world.cells)).toEqual({ a: 0, b: 1, c: 0 })
  })
})

/** Promise 4, for what comes after a promotion. */
describe.each(['resume', 'rollback'] as const)('X7 killed after a promotion, then %s', (verb) => {
  it.each(['before', 'after'] as const)(
    'ends as without it, killed %s any entry',
    async (moment) => {
      const end = async (nth: number) => {
        const world = createToyWorld()
        const primary = await toy(world)
        await runUntil(primary, 11)
        const harness = await primary.failOver(7)
        await dieAt(harness, nth, moment)
        await harness.goOn(harness.runner('second'), 60)
        await ask(harness, verb)
        await dieAt(harness, nth, moment)
        const state = await harness.goOn(harness.runner('fourth'), 60)
        const { outcome, promotion } = state
        const kinds = (await events(harness)).map(({ kind }) => kind)
        return {
          end: { outcome, taken: promotion?.takenAsFound, cells: world.cells },
          promotions: kinds.filter((kind) => kind === 'database-promoted').length,
        }
      }
      const calm = await end(1000)
      for (let nth = 1; nth < 12; nth += 1)
        expect({ nth, ...(await end(nth)) }).toEqual({ nth, ...calm })
    },
  )
})
