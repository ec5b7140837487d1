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
  type ToyWorld,
} from '../../test/support/toy-steps.ts'
import { passTimeUntil } from '../../test/support/virtual.ts'
import { verifyJournal } from './journal.ts'

const planned = [set('a', true), look('between', 'both'), set('b'), look('gate'), set('c', true)]

const toy = (world: ToyWorld) =>
  startHarness({ steps: [setCellStep, lookCheck], runbook: runbookOf(planned), ports: { world } })

function worldThat(breaches: boolean): ToyWorld {
  const world = createToyWorld()
  if (breaches) world.findings['gate'] = () => ({ kind: 'failed', because: 'breach' })
  return world
}

async function uninterrupted(breaches: boolean) {
  const world = worldThat(breaches)
  const harness = await toy(world)
  const { outcome } = await harness.goOn()
  const entries = await harness.store.readJournal(run)
  return { outcome, cells: world.cells, appends: entries.length }
}

async function killedAt(breaches: boolean, nth: number, moment: 'before' | 'after') {
  const world = worldThat(breaches)
  const harness = await toy(world)
  const doomed = harness.runner('doomed', dieAtAppend(harness.store, nth, moment))
  const death = doomed.advance(new AbortController().signal, run).catch((thrown: unknown) => {
    if (!(thrown instanceof Killed)) throw thrown
  })
  await passTimeUntil(harness.clocks.time, death)

  const { outcome } = await harness.goOn(harness.runner('second'))
  const entries = await harness.store.readJournal(run)
  return { outcome, cells: world.cells, writes: world.writes, verdict: verifyJournal(entries).kind }
}

/** Promise 4: a crash between any two instructions ends, after restart, in the same state as no crash. */
describe.each([
  { way: 'forward', breaches: false },
  { way: 'forward and back', breaches: true },
])('a run that is killed on its way $way', ({ breaches }) => {
  it.each(['before', 'after'] as const)(
    'ends as without it, killed %s any entry',
    async (moment) => {
      const calm = await uninterrupted(breaches)

      for (let nth = 1; nth < calm.appends; nth += 1) {
        const { outcome, cells, writes, verdict } = await killedAt(breaches, nth, moment)

        expect({ nth, outcome, cells }).toEqual({ nth, outcome: calm.outcome, cells: calm.cells })
        expect(verdict).toBe('whole')
        // Doing a step twice is doing it once: no cell was written to more often than the calm run does.
        expect(writes.filter((write) => write === 'a=1')).toHaveLength(1)
      }
    },
  )
})

describe('X7 two runners on one run', () => {
  it('only one of them gets the run', async () => {
    const world = createToyWorld()
    const harness = await toy(world)
    const both = Promise.all([
      harness.runner('first').advance(new AbortController().signal, run),
      harness.runner('second').advance(new AbortController().signal, run),
    ])
    const stops = await passTimeUntil(harness.clocks.time, both)

    expect(stops.filter((stop) => stop?.kind === 'ended')).toHaveLength(1)
    expect(stops.filter((stop) => stop === undefined)).toHaveLength(1)
    expect(world.cells).toEqual({ a: 1, b: 1, c: 1 })
  })
})
