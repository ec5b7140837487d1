import { describe, expect, it } from 'vitest'
import { run, startHarness } from '../../test/support/engine-harness.ts'
import {
  createToyWorld,
  look,
  runbookOf,
  set,
  setCellStep,
  startOfToy,
  ToyError,
  toyState,
} from '../../test/support/toy-steps.ts'
import type { RunEvent } from '../engine/run-event.ts'
import { Run } from '../http/contract/run.ts'
import { stepKey } from '../kernel/ids.ts'
import { ms } from '../kernel/units.ts'
import { describeDoing, describeEntry, describeRun } from './describe-run.ts'

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

describe('describeDoing', () => {
  it('X13 says in a list what a monitor has to ring for: a hold, a pause, the way it goes', () => {
    const hold = { longest: ms(60_000), owner: 'night-lead', then: 'stay' } as const
    const held: RunEvent = {
      ...{ kind: 'held', step: stepKey('gate'), because: 'no data', hold, until: startOfToy },
    }
    const paused: RunEvent = {
      ...{ kind: 'requested', verb: 'hold', by: 'ben', accepted: true, because: 'granted' },
      holdUntil: startOfToy,
    }
    const back: RunEvent = { kind: 'rollback-started', because: 'enough', by: 'ben' }
    const doingAfter = (...events: readonly RunEvent[]) =>
      describeDoing(toyState(runbookOf([set('a'), look('gate')]), events))

    expect(doingAfter()).toEqual({ direction: 'forward', held: [] })
    expect(doingAfter(held, paused)).toEqual({
      direction: 'forward',
      paused: { by: 'ben', until: startOfToy },
      held: [{ step: 'gate', because: 'no data' }],
    })
    expect(doingAfter(held, back)).toEqual({ direction: 'back', held: [] })
  })
})
