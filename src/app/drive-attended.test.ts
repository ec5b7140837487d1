import { describe, expect, it } from 'vitest'
import { type Harness, run, startHarness } from '../../test/support/engine-harness.ts'
import {
  createToyWorld,
  runbookOf,
  set,
  setCellStep,
  type ToyWorld,
} from '../../test/support/toy-steps.ts'
import { passTimeUntil } from '../../test/support/virtual.ts'
import type { RunStore } from '../engine/ports.ts'
import { createRunner } from '../engine/runner.ts'
import { createStepList } from '../engine/step-list.ts'
import { ms } from '../kernel/units.ts'
import { StoreUnavailableError } from '../store/index.ts'
import { type Attendant, driveAttended } from './drive-attended.ts'

const planned = [set('a', true), set('b', true), set('c', true)]

/** A run of three writes, with somebody who may press Ctrl-C when the second one is sent. */
async function given() {
  const world = createToyWorld()
  const harness = await startHarness({
    steps: [setCellStep],
    runbook: runbookOf(planned),
    ports: { world },
  })
  const first = new AbortController()
  const second = new AbortController()
  const attendant: Attendant = {
    by: 'anna',
    interrupted: first.signal,
    hurried: second.signal,
    heir: () => Promise.resolve(undefined),
    onEntry: () => undefined,
    onTrouble: () => undefined,
  }
  return { world, harness, first, second, attendant }
}

function driven(
  { world, harness }: { readonly world: ToyWorld; readonly harness: Harness },
  attendant: Attendant,
  store: RunStore = harness.store,
) {
  const { clocks } = harness
  const application = {
    ...{ store, worldClock: clocks.worldClock, wireClock: clocks.wireClock },
    createRunner: (onEntry: Attendant['onEntry']) =>
      createRunner({
        store,
        steps: createStepList([setCellStep]),
        portsOf: () => ({ world }),
        ...clocks,
        holder: 'here',
        leaseFor: ms(8000),
        longestRequest: ms(5000),
        onEntry,
      }),
  }
  // What is passed on has no optional parameter: a runner is always told of.
  return passTimeUntil(
    clocks.time,
    driveAttended(
      { ...application, createRunner: (onEntry = () => {}) => application.createRunner(onEntry) },
      run,
      attendant,
    ),
  )
}

const requests = async ({ store }: Harness) =>
  (await store.readJournal(run))
    .map(({ event }) => event)
    .filter((event) => event.kind === 'requested')

describe('Ctrl-C', () => {
  it('pauses the run between two steps, in the journal, so that no other runner goes on', async () => {
    const all = await given()
    const { world, harness, first, attendant } = all
    world.beforeWrite = (cell) => cell === 'b' && first.abort()

    const left = await driven(all, attendant)
    const later = await harness.goOn(harness.runner('another'), 3)

    expect(left).toEqual({ kind: 'paused' })
    expect(await requests(harness)).toMatchObject([
      { verb: 'pause', by: 'anna', reason: 'Ctrl-C', accepted: true },
    ])
    expect(later.paused).toMatchObject({ by: 'anna' })
    expect(world.cells).toEqual({ a: 1, b: 1 })
  })

  it('D17 pauses a run that somebody holds: nobody may be there when the half hour of a hold is over', async () => {
    const all = await given()
    const { harness, first, attendant } = all
    await harness.store.request({ run, verb: 'hold', by: 'ben' })
    first.abort()

    const left = await driven(all, attendant)
    const later = await harness.goOn(harness.runner('another'), 3)

    expect(left).toEqual({ kind: 'paused' })
    expect(await requests(harness)).toMatchObject([
      { verb: 'hold', accepted: true },
      { verb: 'pause', by: 'anna', accepted: true },
    ])
    expect(later.paused).toEqual({ by: 'anna' })
  })

  it('hands the run to whoever goes on with it, and pauses nothing', async () => {
    const all = await given()
    const { world, harness, first, attendant } = all
    world.beforeWrite = (cell) => cell === 'b' && first.abort()

    const left = await driven(all, { ...attendant, heir: () => Promise.resolve('the server') })
    const later = await harness.goOn(harness.runner('the server'))

    expect(left).toEqual({ kind: 'handed-over', heir: 'the server' })
    expect(await requests(harness)).toEqual([])
    expect(later.outcome).toBe('done')
  })

  it('twice leaves without an answer; the pause that was asked for is answered by whoever comes next', async () => {
    const all = await given()
    const { world, harness, first, second, attendant } = all
    world.beforeWrite = (cell) => {
      if (cell !== 'b') return
      first.abort()
      second.abort()
    }

    // Its runner sees no request: as if the answer were long in coming.
    const deaf = { ...harness.store, pendingRequests: () => Promise.resolve([]) }
    const left = await driven(all, attendant, deaf)
    const later = await harness.goOn(harness.runner('another'), 3)

    expect(left).toEqual({ kind: 'hurried' })
    expect(later.paused).toMatchObject({ by: 'anna' })
    expect(world.cells['c']).toBeUndefined()
  })

  it('of a paused run is no error: it stays paused', async () => {
    const all = await given()
    const { harness, first, attendant } = all
    await harness.store.request({ run, verb: 'pause', by: 'ben' })
    void harness.clocks.wireClock.sleep(ms(1000)).then(() => first.abort())

    const left = await driven(all, attendant)

    expect(left).toEqual({ kind: 'paused' })
    expect((await harness.state()).paused).toEqual({ by: 'ben' })
    expect((await requests(harness)).at(-1)).toMatchObject({ accepted: false })
  })

  it('without a database is given up after ten seconds, and says so', async () => {
    const all = await given()
    const { world, harness, first, attendant } = all
    let isGone = false
    const gone = <Answer>(answer: () => Promise<Answer>) =>
      isGone ? Promise.reject(new StoreUnavailableError('no answer')) : answer()
    const { store, clocks } = harness
    const failing: RunStore = {
      ...store,
      claim: (...wish) => gone(() => store.claim(...wish)),
      append: (...entries) => gone(() => store.append(...entries)),
      renew: (...lease) => gone(() => store.renew(...lease)),
      release: (...lease) => gone(() => store.release(...lease)),
      request: (request) => gone(() => store.request(request)),
      readJournal: (...wish) => gone(() => store.readJournal(...wish)),
    }
    world.beforeWrite = (cell) => {
      if (cell !== 'b') return
      isGone = true
      first.abort()
    }
    const began = clocks.time.now()

    const left = await driven(all, attendant, failing)

    expect(left).toEqual({ kind: 'not-paused' })
    expect(clocks.time.now() - began).toBeLessThan(15_000)
  })

  it('at the very end says how it ended', async () => {
    const all = await given()
    const { first, attendant } = all

    const left = await driven(all, {
      ...attendant,
      onEntry: ({ event }) => void (event.kind === 'ended' && first.abort()),
    })

    expect(left).toMatchObject({ kind: 'ended', state: { outcome: 'done' } })
  })
})
