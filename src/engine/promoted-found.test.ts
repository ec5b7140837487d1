import { describe, expect, it } from 'vitest'
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
  ToyError,
  type ToyWorld,
} from '../../test/support/toy-steps.ts'
import { passTimeUntil } from '../../test/support/virtual.ts'
import { stepKey } from '../kernel/ids.ts'
import { ms } from '../kernel/units.ts'
import type { RunEvent, Verb } from './run-event.ts'
import type { Guard, PlannedStep } from './runbook.ts'

/*
 * X7, promise 5: what is read back after a failover, where more than the last step is lost; and who watches meanwhile.
 */

const guardAfter = (step: string): Guard => ({
  ...{ key: stepKey('trigger'), kind: 'toy.look', title: 'trigger', input: { name: 'trigger' } },
  ...{ after: stepKey(step), until: stepKey('end'), every: ms(30_000) },
})
const end = look('end')
const breach = (world: ToyWorld) => {
  world.findings['trigger'] = () => ({ kind: 'failed', because: 'breach' })
}

/** The run stands at its last check; then its database is promoted, and of its journal there is what was before this entry. */
async function lostFrom(
  planned: readonly PlannedStep[],
  isFirstLost: (event: RunEvent) => boolean,
  guards: readonly Guard[] = [],
) {
  const world = createToyWorld()
  world.findings['end'] = () => ({ kind: 'not-yet', because: 'soaking' })
  const primary = await startHarness({
    steps: [setCellStep, lookCheck, handStep],
    runbook: runbookOf([...planned, end], guards),
    ports: { world },
  })
  await primary.goOn(primary.runner(), 2)
  if (planned.some(({ kind }) => kind === 'toy.hand')) {
    await primary.store.request({ run, verb: 'confirm', by: 'ben', typed: 'h' })
    await primary.goOn(primary.runner(), 2)
  }
  const keep = (await primary.store.readJournal(run)).findIndex(({ event }) => isFirstLost(event))
  const harness = await primary.failOver(keep)
  return { world, harness }
}

const observed = (step: string) => (event: RunEvent) =>
  event.kind === 'observed' && event.step === step

const ask = ({ store }: Harness, verb: Verb) => store.request({ run, verb, by: 'ben' })
const pass = ({ clocks: { time, worldClock } }: Harness, minutes: number) =>
  passTimeUntil(time, worldClock.sleep(ms(minutes * 60_000)))
const events = async ({ store }: Harness) =>
  (await store.readJournal(run)).map(({ event }) => event)
const found = async (harness: Harness) =>
  (await harness.state()).promotion?.readBack?.found ?? { lost: [], undone: [] }

describe('X7 of a thing that several lost steps have changed', () => {
  /** A share that rises twice. */
  const again = { ...set('a'), key: stepKey('a-again'), input: { cell: 'a', to: 2 } }
  const planned = [set('a'), again, set('b')]

  it('the earlier ones are found too, though nothing of them is to be seen, and what follows', async () => {
    const { harness } = await lostFrom(planned, observed('a'))
    await harness.goOn(harness.runner(), 1)

    expect((await found(harness)).lost).toMatchObject([
      { step: 'a', replaced: true },
      { step: 'a-again', trace: 'all' },
      { step: 'b', trace: 'all' },
    ])
  })

  it('resume does not do the earlier one once more over the later', async () => {
    const { world, harness } = await lostFrom(planned, observed('a'))
    await harness.goOn(harness.runner(), 1)
    const before = world.writes.length
    await ask(harness, 'resume')
    delete world.findings['end']
    const state = await harness.goOn()

    expect(state.outcome).toBe('done')
    expect(world.cells).toEqual({ a: 2, b: 1 })
    expect(world.writes.slice(before)).not.toContain('a=1')
  })

  it('is the earlier one known, it is not called undone', async () => {
    const { harness } = await lostFrom(planned, observed('a-again'))
    await harness.goOn(harness.runner(), 1)

    expect(await found(harness)).toMatchObject({
      lost: [{ step: 'a-again' }, { step: 'b' }],
      undone: [],
    })
  })
})

describe('W4.2 X7 the rollback trigger after a failover', () => {
  it('is watched while the run holds, where the very step it begins with is lost', async () => {
    const planned = [set('a'), set('b')]
    const { world, harness } = await lostFrom(planned, observed('b'), [guardAfter('b')])
    breach(world)
    const state = await harness.goOn(harness.runner(), 20)

    expect(state).toMatchObject({ direction: 'back', rollbackBecause: 'trigger: breach' })
  })

  it('is watched while something can’t be read', async () => {
    const planned = [set('a'), set('b')]
    const { world, harness } = await lostFrom(planned, observed('b'), [guardAfter('a')])
    world.beforeRead = (cell) => {
      if (cell === 'b') throw new ToyError('retry')
    }
    breach(world)
    const state = await harness.goOn(harness.runner(), 20)

    expect(state).toMatchObject({ direction: 'back', rollbackBecause: 'trigger: breach' })
  })

  it('an operator’s hold runs out while something can’t be read', async () => {
    const { world, harness } = await lostFrom([set('a'), set('b')], observed('b'))
    world.beforeRead = (cell) => {
      if (cell === 'b') throw new ToyError('retry')
    }
    const runner = harness.runner()
    await harness.goOn(runner, 2)
    await ask(harness, 'hold')
    const held = await harness.goOn(runner, 2)
    const state = await harness.goOn(runner, 400)

    expect(held.paused?.until).toBeDefined()
    expect(state.direction).toBe('back')
  })
})

describe('X7 rollback before everything was read', () => {
  it('what can’t be read hides nothing that was made after it', async () => {
    const { world, harness } = await lostFrom([set('a'), set('b'), set('c')], observed('b'))
    world.beforeRead = (cell) => {
      if (cell === 'b') throw new ToyError('retry')
    }
    await ask(harness, 'rollback')
    await harness.goOn(harness.runner(), 1)

    expect(await events(harness)).toContainEqual(
      expect.objectContaining({
        kind: 'read-back',
        lost: [expect.objectContaining({ step: 'c' })],
        unread: [expect.objectContaining({ step: 'b' })],
      }),
    )
  })
})

describe('X7 resume where lost commits had undone something', () => {
  /** All of it was undone, and that is lost. */
  async function undone(planned: readonly PlannedStep[]) {
    const { world, harness } = await lostFrom(
      planned,
      (event) => event.kind === 'waiting' && event.step === 'end',
    )
    for (const cell of Object.keys(world.cells)) world.cells[cell] = 0
    const runner = harness.runner()
    await harness.goOn(runner, 1)
    return { world, harness, runner }
  }

  it('asks the checks directly before it again, when they are old', async () => {
    const { harness, runner } = await undone([look('staff'), set('a'), set('b')])
    await pass(harness, 60)
    await ask(harness, 'resume')
    await harness.goOn(runner, 3)

    expect(await events(harness)).toContainEqual({ kind: 'reopened', step: 'staff' })
  })

  it('asks again for what a person did for it', async () => {
    const { harness, runner } = await undone([hand('h'), set('a')])
    const { undone: those } = await found(harness)
    await ask(harness, 'resume')
    const state = await harness.goOn(runner, 3)

    expect(those.map(({ step, trace }) => [step, trace])).toEqual([
      ['a', 'none'],
      ['h', 'unreadable'],
    ])
    expect(state.steps[stepKey('h')]).toMatchObject({ held: { expects: 'h' } })
    expect(state.steps[stepKey('a')]?.phase.kind).toBe('observed')
  })
})
