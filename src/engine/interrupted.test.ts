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
import { verifyJournal } from './journal.ts'

const planned = [set('a', true), look('between', 'both'), set('b'), look('gate'), set('c', true)]

const toy = (world: ToyWorld) =>
  startHarness({ steps: [setCellStep, lookCheck], runbook: runbookOf(planned), ports: { world } })

/** What makes a run turn back, if anything does. */
type Trouble = 'none' | 'breach' | 'operator error'

function worldThat(trouble: Trouble): ToyWorld {
  const world = createToyWorld()
  if (trouble === 'breach') world.findings['gate'] = () => ({ kind: 'failed', because: 'breach' })
  if (trouble === 'operator error')
    world.findings['gate'] = () => {
      throw new ToyError('operator')
    }
  return world
}

async function uninterrupted(trouble: Trouble) {
  const world = worldThat(trouble)
  const harness = await toy(world)
  const { outcome } = await harness.goOn()
  const entries = await harness.store.readJournal(run)
  return { outcome, cells: world.cells, appends: entries.length }
}

async function killedAt(trouble: Trouble, nth: number, moment: 'before' | 'after') {
  const world = worldThat(trouble)
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
  { way: 'forward', trouble: 'none' },
  { way: 'forward and back', trouble: 'breach' },
  { way: 'forward, held for an operator, and back', trouble: 'operator error' },
] as const)('a run that is killed on its way $way', ({ trouble }) => {
  it.each(['before', 'after'] as const)(
    'ends as without it, killed %s any entry',
    async (moment) => {
      const calm = await uninterrupted(trouble)

      for (let nth = 1; nth < calm.appends; nth += 1) {
        const { outcome, cells, writes, verdict } = await killedAt(trouble, nth, moment)

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
