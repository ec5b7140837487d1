import { describe, expect, it } from 'vitest'
import { run, startHarness } from '../../test/support/engine-harness.ts'
import {
  createToyWorld,
  runbookOf,
  set,
  setCellStep,
  ToyError,
} from '../../test/support/toy-steps.ts'
import { Run } from '../http/contract/run.ts'
import { ms } from '../kernel/units.ts'
import { describeEntry, describeRun } from './describe-run.ts'

/** A run of two writes, whose second one has failed once; then it is paused. */
async function stuckAndPaused() {
  const world = createToyWorld()
  world.beforeWrite = (cell) => {
    if (cell === 'b') throw new ToyError('retry')
  }
  const harness = await startHarness({
    ...{ steps: [setCellStep], runbook: runbookOf([set('a'), set('b')]), ports: { world } },
  })
  await harness.goOn(harness.runner(), 1)
  await harness.store.request({ run, verb: 'pause', by: 'anna' })
  return { harness, state: await harness.goOn(harness.runner(), 1) }
}

describe('describeRun', () => {
  it('says where a run stands, in the contract’s words and in no others', async () => {
    const { harness, state } = await stuckAndPaused()
    const now = harness.clocks.worldClock.now()

    const shown = describeRun(state, now, ms(4000))

    expect(Run.strict().parse(shown)).toEqual(shown)
    expect(shown).toMatchObject({
      ...{ run, by: 'anna', now, direction: 'forward', timeToSafeMs: 4000 },
      paused: { by: 'anna' },
      open: ['b'],
      steps: [
        { key: 'a', phase: 'verified', seen: 'a is 1' },
        { key: 'b', phase: 'acting', trouble: { code: 'toy.error', attempts: 1 } },
      ],
    })
    expect(shown.head).toBe((await harness.store.readJournal(run)).at(-1)?.hash)
  })

  it('X4 of a run that has ended there is no way to safety to promise', async () => {
    const { harness, state } = await stuckAndPaused()
    const now = harness.clocks.worldClock.now()

    expect(describeRun({ ...state, outcome: 'done' }, now, ms(4000)).timeToSafeMs).toBe(0)
  })

  it('an entry keeps what its hash is over', async () => {
    const { harness } = await stuckAndPaused()
    const entries = await harness.store.readJournal(run)

    expect(entries.map(describeEntry)).toEqual(entries)
  })
})
