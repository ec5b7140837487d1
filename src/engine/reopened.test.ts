import { describe, expect, it } from 'vitest'
import { run, startHarness } from '../../test/support/engine-harness.ts'
import {
  createToyWorld,
  look,
  lookCheck,
  runbookOf,
  set,
  setCellStep,
  startOfToy,
  toyState,
} from '../../test/support/toy-steps.ts'
import { passTimeUntil } from '../../test/support/virtual.ts'
import { stepKey } from '../kernel/ids.ts'
import { later, ms } from '../kernel/units.ts'
import { looksOutdated } from './reopened.ts'
import type { RunEvent } from './run-event.ts'
import type { PlannedStep } from './runbook.ts'

const key = stepKey
const verified = (step: string): RunEvent => ({
  kind: 'verified',
  step: key(step),
  direction: 'forward',
  seen: 'seen',
})
const observed = (step: string): RunEvent => ({
  kind: 'observed',
  step: key(step),
  before: null,
  done: false,
})
const acting = (step: string): RunEvent => ({ kind: 'acting', step: key(step), epoch: 1 as never })
const done = (step: string) => [observed(step), acting(step), verified(step)]
const back: RunEvent = { kind: 'rollback-started', because: 'breach', by: 'changeover' }

const wave = [set('a'), look('window'), look('drain', 'back'), look('staff'), set('b')]
const toB = [...done('a'), verified('window'), verified('staff')]

describe('W3.1 looks that a gap makes old', () => {
  it.each([
    ['those directly before the change', toB, ['window', 'staff']],
    ['also when the change was looked at', [...toB, observed('b')], ['window', 'staff']],
    ['not when it has begun: they were right then', [...toB, observed('b'), acting('b')], []],
    ['those before a check that waits', [...done('a'), verified('window')], ['window']],
    ['none where the last was a change', done('a'), []],
    ['none going back', [...toB, back], []],
    ['at the end of all', [...toB, ...done('b')], []],
  ] satisfies [string, readonly RunEvent[], readonly string[]][])('%s', (_, events, expected) => {
    const steps: readonly PlannedStep[] = wave
    const state = toyState(runbookOf(steps), events)
    const outdated = looksOutdated(state, later(startOfToy, ms(300_001)))

    expect(outdated.map((planned) => planned.key)).toEqual(expected)
    expect(looksOutdated(state, later(startOfToy, ms(300_000)))).toEqual([])
  })

  it('not what was asked again within the five minutes', () => {
    const at = (seconds: number) => later(startOfToy, ms(seconds * 1000))
    const state = toyState(
      runbookOf([...wave]),
      toB,
      [{ kind: 'reopened', step: key('window') }, at(400)],
      [verified('window'), at(400)],
    )

    expect(looksOutdated(state, at(500)).map((planned) => planned.key)).toEqual(['staff'])
    expect(looksOutdated(state, at(701)).map((planned) => planned.key)).toEqual(['window', 'staff'])
  })
})

/** Everybody is there when it is looked first; nobody later. The look at them is old once it is paused, or left alone. */
async function given() {
  const world = createToyWorld()
  let isThere = true
  world.findings['staff'] = () =>
    isThere ? { kind: 'verified', seen: 'there' } : { kind: 'not-yet', because: 'gone home' }
  const harness = await startHarness({
    steps: [setCellStep, lookCheck],
    runbook: runbookOf([set('a'), look('staff'), set('b')]),
    ports: { world },
  })
  const { store, clocks } = harness
  const pass = () => passTimeUntil(clocks.time, clocks.worldClock.sleep(ms(36_000_000)))
  const ask = (verb: 'pause' | 'resume') => store.request({ run, verb, by: 'anna' })
  return { world, harness, pass, ask, goHome: () => (isThere = false) }
}

describe('W3.1 after a gap', () => {
  it('a run that was paused before its change looks again, and does not make it', async () => {
    const { world, harness, pass, ask, goHome } = await given()
    const found = world.findings['staff']
    let asked: Promise<unknown> | undefined
    world.findings['staff'] = (remembered) => {
      asked ??= ask('pause')
      return found?.(remembered) ?? { kind: 'verified', seen: '' }
    }
    await harness.goOn(harness.runner(), 3)
    await asked
    const { paused } = await harness.state()
    goHome()
    await pass()
    await ask('resume')
    await harness.goOn(harness.runner(), 3)
    const journal = await harness.store.readJournal(run)

    expect(paused).toBeDefined()
    expect(journal.map(({ event }) => event)).toContainEqual({ kind: 'reopened', step: 'staff' })
    expect(world.cells).toEqual({ a: 1 })
  })

  it('a run whose process vanished before its change looks again, and does not make it', async () => {
    const { world, harness, pass, goHome } = await given()
    const doomed = new AbortController()
    const found = world.findings['staff']
    world.findings['staff'] = (remembered) => {
      doomed.abort()
      return found?.(remembered) ?? { kind: 'verified', seen: '' }
    }
    await passTimeUntil(harness.clocks.time, harness.runner('doomed').advance(doomed.signal, run))
    await harness.store.claim('vanished', ms(8000), harness.clocks.worldClock.now(), run)
    goHome()
    await pass()
    await harness.goOn(harness.runner('second'), 3)
    const journal = await harness.store.readJournal(run)

    expect(journal.map(({ event }) => event)).toContainEqual({ kind: 'reopened', step: 'staff' })
    expect(world.cells).toEqual({ a: 1 })
  })
})
