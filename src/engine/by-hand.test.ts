import { describe, expect, it } from 'vitest'
import { dieAtAppend, Killed } from '../../test/support/crashing-store.ts'
import { run, startHarness } from '../../test/support/engine-harness.ts'
import {
  createToyWorld,
  hand,
  handStep,
  look,
  lookCheck,
  runbookOf,
  set,
  setCellStep,
  type ToyWorld,
} from '../../test/support/toy-steps.ts'
import { passTimeUntil } from '../../test/support/virtual.ts'
import { stepKey } from '../kernel/ids.ts'
import type { RunStore } from './ports.ts'
import type { RunEvent } from './run-event.ts'

/** `h` is a cell that only a person can change. */
const planned = [set('a', true), hand('h'), set('b'), look('gate')]

async function toy(breaches = false) {
  const world = createToyWorld()
  if (breaches) world.findings['gate'] = () => ({ kind: 'failed', because: 'breach' })
  const steps = [setCellStep, handStep, lookCheck]
  return {
    world,
    harness: await startHarness({ steps, runbook: runbookOf(planned), ports: { world } }),
  }
}
type Toy = Awaited<ReturnType<typeof toy>>

const confirms = ({ harness }: Toy, typed?: string, step?: string, asOf?: number) =>
  harness.store.request({
    run,
    verb: 'confirm',
    by: 'ben',
    ...(asOf === undefined ? {} : { asOf }),
    ...(typed === undefined ? {} : { typed }),
    ...(step === undefined ? {} : { step: stepKey(step) }),
  })
const eventsOf = async ({ harness }: Toy) =>
  (await harness.store.readJournal(run)).map(({ event }) => event)
const asked = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.kind === 'held' && event.expects ? [event.because] : []))

/** A person does at once, and confirms, whatever the journal asks for. */
function withPerson(store: RunStore, world: ToyWorld): RunStore {
  return {
    ...store,
    async append(lease, entries, handled) {
      const waiting = await store.append(lease, entries, handled)
      for (const { event } of entries) {
        if (event.kind !== 'held' || event.expects === undefined) continue
        const [, cell = '', to] = /^make (\w+) (\d)$/.exec(event.because) ?? []
        world.cells[cell] = Number(to)
        world.writes.push(`${cell}=${to} by hand`)
        await store.request({ run, verb: 'confirm', by: 'ben', typed: event.expects })
      }
      return waiting
    },
  }
}

describe('a step by hand', () => {
  it('D5 waits, with a timer and an owner, until somebody types what it expects', async () => {
    const given = await toy()

    await given.harness.goOn(given.harness.runner(), 2)
    const waiting = await eventsOf(given)
    await confirms(given, 'h')
    const state = await given.harness.goOn()
    const events = await eventsOf(given)

    expect(waiting.at(-1)).toMatchObject({
      kind: 'held',
      step: 'h',
      because: 'make h 1',
      expects: 'h',
      hold: { owner: 'night-lead', then: 'roll-back' },
    })
    expect(state.outcome).toBe('done')
    expect(events).toContainEqual(
      expect.objectContaining({
        verb: 'confirm',
        by: 'ben',
        typed: 'h',
        step: 'h',
        accepted: true,
      }),
    )
    expect(asked(events)).toEqual(['make h 1'])
  })

  it.each([
    ['another text', 'H', undefined, '"H" was typed; it takes exactly "h"'],
    ['nothing', undefined, undefined, 'nothing was typed; it takes exactly "h"'],
    ['for another step', 'h', 'b', 'b does not wait for a person, h does'],
  ])('D5 %s confirms nothing, and says what does', async (_, typed, step, because) => {
    const given = await toy()
    await given.harness.goOn(given.harness.runner(), 2)

    await confirms(given, typed, step)
    const state = await given.harness.goOn(given.harness.runner(), 2)
    const refusal = (await eventsOf(given)).find(({ kind }) => kind === 'requested')

    expect(state.outcome).toBeUndefined()
    expect(given.world.cells['b']).toBeUndefined()
    expect(refusal).toMatchObject({ accepted: false, because: expect.stringContaining(because) })
  })

  it('D5 where no step waits for a hand there is nothing to confirm', async () => {
    const given = await toy()
    given.world.findings['gate'] = () => ({ kind: 'not-yet', because: 'soaking' })
    const { harness, world } = given
    await harness.goOn(harness.runner('first', withPerson(harness.store, world)), 4)

    await confirms(given, 'h')
    await harness.goOn(harness.runner(), 1)

    expect((await eventsOf(given)).at(-1)).toMatchObject({
      accepted: false,
      because: 'no step waits for a person to confirm it',
    })
  })

  it('D5 promise 7 what was done for the way forward confirms nothing once it goes back', async () => {
    const given = await toy()
    const { harness } = given
    await harness.goOn(harness.runner(), 2)
    const shown = (await harness.store.readJournal(run)).length
    // The hold runs out in the moment in which it is confirmed: the same step asks for the opposite.
    await harness.store.request({ run, verb: 'rollback', by: 'anna' })
    await harness.goOn(harness.runner(), 2)

    await confirms(given, 'h', 'h', shown)
    const state = await harness.goOn(harness.runner(), 2)
    const refusal = (await eventsOf(given)).filter(({ kind }) => kind === 'requested').at(-1)
    await confirms(given, 'h', 'h', (await harness.store.readJournal(run)).length)
    const asShown = await harness.goOn()

    expect(refusal).toMatchObject({
      accepted: false,
      asOf: shown,
      because: 'what was shown is no longer what is asked for: look again. Now: make h 0',
    })
    expect(state.outcome).toBeUndefined()
    expect(asShown.outcome).toBe('back')
  })

  it('D17 unconfirmed it goes back, and what may have been done by hand is taken back by hand', async () => {
    const given = await toy()

    await given.harness.goOn(given.harness.runner(), 80)
    const events = await eventsOf(given)
    const passedOver = { ...given.world.cells }
    await confirms(given, 'h')
    const state = await given.harness.goOn()

    expect(asked(events)).toEqual(['make h 1', 'make h 0'])
    expect(passedOver).toEqual({ a: 0 })
    expect(given.world.cells).toEqual({ a: 0 })
    expect(state.outcome).toBe('back')
  })
})

describe.each([
  { way: 'forward', breaches: false },
  { way: 'forward and back', breaches: true },
])('promise 4: a run with a step by hand, killed on its way $way', ({ breaches }) => {
  const calm = async () => {
    const given = await toy(breaches)
    const { harness, world } = given
    const { outcome } = await harness.goOn(harness.runner('calm', withPerson(harness.store, world)))
    return { outcome, cells: world.cells, events: await eventsOf(given) }
  }

  it.each(['before', 'after'] as const)(
    'killed %s any entry, no confirmation is lost and nothing is asked twice',
    async (moment) => {
      const without = await calm()
      for (let nth = 1; nth < without.events.length; nth += 1) {
        const given = await toy(breaches)
        const { harness, world } = given
        const store = withPerson(harness.store, world)
        const doomed = harness.runner('doomed', dieAtAppend(store, nth, moment))
        const death = doomed.advance(new AbortController().signal, run).catch((thrown: unknown) => {
          if (!(thrown instanceof Killed)) throw thrown
        })
        await passTimeUntil(harness.clocks.time, death)

        const { outcome } = await harness.goOn(harness.runner('second', store))

        const { cells } = world
        expect({ nth, outcome, cells }).toEqual({
          nth,
          outcome: without.outcome,
          cells: without.cells,
        })
        expect(asked(await eventsOf(given))).toEqual(asked(without.events))
      }
    },
  )
})
