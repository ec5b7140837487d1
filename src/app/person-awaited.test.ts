import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { run, startHarness } from '../../test/support/engine-harness.ts'
import {
  createToyWorld,
  hand,
  handStep,
  look,
  lookCheck,
  runbookOf,
} from '../../test/support/toy-steps.ts'
import type { Verb } from '../engine/run-event.ts'
import type { PlannedStep } from '../engine/runbook.ts'
import { driveRun } from './drive-run.ts'
import { serveRuns } from './serve-runs.ts'

/* What the world's clock is told: a lab that jumps must leave people their time. */

async function given(steps: readonly PlannedStep[]) {
  const world = createToyWorld()
  const harness = await startHarness({
    steps: [handStep, lookCheck],
    runbook: runbookOf(steps),
    ports: { world },
  })
  const { clocks, store } = harness
  const told: AbortSignal[] = []
  const worldClock = {
    ...clocks.worldClock,
    personAwaited: (until: AbortSignal) => void told.push(until),
  }
  const runner = harness.runner()
  const over = new AbortController()
  const turns = async () => {
    for (let turn = 0; turn < 50; turn += 1) await nextTurn()
  }
  return {
    world,
    drive: () =>
      driveRun({ ...{ runner, store, worldClock }, wireClock: clocks.wireClock }, run, over.signal),
    serve: () =>
      serveRuns(
        { store, worldClock, wireClock: clocks.wireClock, createRunner: () => runner },
        over.signal,
        {
          report: () => {},
          onEntry: () => {},
        },
      ),
    /** Whether somebody is awaited, once everything that is due has been done. */
    async isAwaited() {
      await turns()
      return told.some((until) => !until.aborted)
    },
    asks: (verb: Verb, typed?: string) =>
      store.request({ run, verb, by: 'ben', ...(typed === undefined ? {} : { typed }) }),
    async ends(work: Promise<unknown>) {
      over.abort()
      clocks.time.advanceTo(clocks.time.nextDue() ?? clocks.time.now())
      await work
      return told.some((until) => !until.aborted)
    },
  }
}

describe.each(['drive', 'serve'] as const)('a person is awaited, as %s says', (how) => {
  it('at a step by hand, until it is confirmed', async () => {
    const { isAwaited, asks, ends, ...all } = await given([hand('h'), look('gate')])
    all.world.findings['gate'] = () => ({ kind: 'not-yet', because: 'caches' })
    const work = all[how]()
    expect(await isAwaited()).toBe(true)

    await asks('confirm', 'h')

    // A wait for time alone.
    expect(await isAwaited()).toBe(false)
    expect(await ends(work)).toBe(false)
  })

  it.each(['pause', 'hold'] as const)('after %s, until it is resumed', async (verb) => {
    const { isAwaited, asks, ends, ...all } = await given([look('gate')])
    all.world.findings['gate'] = () => ({ kind: 'not-yet', because: 'caches' })
    const work = all[how]()
    expect(await isAwaited()).toBe(false)

    await asks(verb)
    expect(await isAwaited()).toBe(true)
    await asks('resume')

    expect(await isAwaited()).toBe(false)
    await ends(work)
  })
})
