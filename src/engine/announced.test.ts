import { describe, expect, it } from 'vitest'
import { run, startHarness } from '../../test/support/engine-harness.ts'
import { createToyWorld, runbookOf, set, setCellStep } from '../../test/support/toy-steps.ts'
import { stepKey } from '../kernel/ids.ts'
import type { RunStore } from './ports.ts'
import type { RunEvent } from './run-event.ts'
import { stepState } from './run-state.ts'

/** A run of one change, with something that happens while its way back is looked for, or while its ports are connected. */
async function toy(meanwhile: (store: RunStore) => unknown = () => {}) {
  const world = createToyWorld()
  const commits: RunEvent['kind'][][] = []
  let happens: () => unknown = () => {}
  const step: typeof setCellStep = {
    ...setCellStep,
    async wayBack(...asked) {
      await happens()
      return setCellStep.wayBack(...asked)
    },
  }
  const runbook = runbookOf([set('a')])
  const harness = await startHarness({ steps: [step], runbook, ports: { world } })
  let isOver = false
  happens = async () => {
    if (isOver) return
    isOver = true
    await meanwhile(harness.store)
  }
  const noting: RunStore = {
    ...harness.store,
    append(lease, entries, handled) {
      commits.push(entries.map(({ event }) => event.kind))
      return harness.store.append(lease, entries, handled)
    },
  }
  return { world, harness, commits, runner: harness.runner('first', noting) }
}

const phaseOf = async ({ harness }: Awaited<ReturnType<typeof toy>>) =>
  stepState(await harness.state(), stepKey('a')).phase.kind

describe('a change is announced', () => {
  it('in the commit that says its way back is open, and before it is made', async () => {
    const { harness, commits, runner } = await toy()

    await harness.goOn(runner)

    expect(commits).toEqual([
      ['observed'],
      ['way-back', 'acting'],
      ['acted'],
      ['verified'],
      ['ended'],
    ])
  })

  it('not when somebody asked for something while its way back was looked for: nothing is half-done', async () => {
    const given = await toy((store) => store.request({ run, verb: 'pause', by: 'ben' }))
    const { harness, runner, world } = given

    await harness.goOn(runner, 1)
    const paused = await phaseOf(given)
    await harness.store.request({ run, verb: 'cancel', by: 'ben', reason: 'not tonight' })
    const state = await harness.goOn(runner, 1)

    expect(paused).toBe('ready')
    expect(state.outcome).toBe('cancelled')
    expect(world.writes).toEqual([])
  })

  it('not after Ctrl-C: the run is left with nothing that it has to do first', async () => {
    const stop = new AbortController()
    const given = await toy(() => stop.abort())

    const left = await given.runner.advance(stop.signal, run)

    expect(left?.kind).toBe('interrupted')
    expect(await phaseOf(given)).toBe('ready')
    expect(given.world.writes).toEqual([])
    expect((await given.harness.goOn()).outcome).toBe('done')
  })

  it('not when its way back is not open', async () => {
    const { harness, commits, runner, world } = await toy()
    world.wayBackOpen = false

    await harness.goOn(runner, 1)

    expect(commits.flat()).not.toContain('acting')
    expect(world.writes).toEqual([])
  })
})

it('what is asked while the ports are connected is answered before the first step', async () => {
  const { harness, world } = await toy()
  const { store } = harness
  const slow: RunStore = {
    ...store,
    async pendingRequests(asked) {
      const waiting = await store.pendingRequests(asked)
      // The first look is made before the ports are connected; this comes right after it.
      if (world.writes.length === 0 && (await harness.state()).paused === undefined)
        await store.request({ run, verb: 'pause', by: 'ben' })
      return waiting
    },
  }

  const state = await harness.goOn(harness.runner('first', slow), 1)

  expect(state.paused).toEqual({ by: 'ben' })
  expect(stepState(state, stepKey('a')).phase.kind).toBe('pending')
})
