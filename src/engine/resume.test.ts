import { describe, expect, it } from 'vitest'
import { run, startHarness } from '../../test/support/engine-harness.ts'
import {
  createToyWorld,
  look,
  lookCheck,
  runbookOf,
  set,
  setCellStep,
} from '../../test/support/toy-steps.ts'
import { ms } from '../kernel/units.ts'
import type { Verb } from './run-event.ts'

/** A run at a gate that says this, carried by one process which has looked at it more than once. */
async function given(finding: 'not-yet' | 'hold' | 'by-hand') {
  const world = createToyWorld()
  const hold = { longest: ms(86_400_000), owner: 'night-lead', then: 'stay' } as const
  const because = 'no data'
  world.findings['gate'] = () =>
    finding === 'not-yet'
      ? { kind: 'not-yet', because }
      : { kind: finding, because, hold, expects: 'done' }
  const steps = [setCellStep, lookCheck]
  const runbook = runbookOf([set('a'), look('gate'), set('b')])
  const harness = await startHarness({ steps, runbook, ports: { world } })
  const runner = harness.runner()
  await harness.goOn(runner, 2)
  const ask = async (verb: Verb, by = runner) => {
    const request = await harness.store.request({ run, verb, by: 'ben', reason: 'enough' })
    await harness.goOn(by, 1)
    const events = (await harness.store.readJournal(run)).map(({ event }) => event)
    const answer = events.find((event) => event.kind === 'requested' && event.request === request)
    return answer?.kind === 'requested' ? answer : undefined
  }
  return { world, harness, ask }
}

describe('resume of a run that somebody has', () => {
  it.each([
    ['not-yet', 'it goes forward by itself'],
    ['hold', 'look gate holds by itself (no data): retry, skip or rollback'],
    ['by-hand', 'look gate waits for a person: confirm it, or rollback'],
  ] as const)('is refused where nothing would happen: %s', async (finding, because) => {
    const { ask } = await given(finding)

    expect(await ask('resume')).toMatchObject({
      accepted: false,
      because: `nothing to resume, it is not paused: ${because}`,
    })
  })

  it('is refused of a run that goes back, with the reason and what a new try is', async () => {
    const { world, ask } = await given('not-yet')
    world.beforeWrite = () => {
      throw new Error('the toy is gone')
    }
    await ask('rollback')

    expect(await ask('resume')).toMatchObject({
      accepted: false,
      because:
        'nothing to resume, it is not paused: it goes back because: enough; set a holds by itself (the toy is gone): retry or skip; a new try is a new run, once this one is back',
    })
  })

  it.each(['pause', 'hold'] as const)('ends a %s, once', async (verb) => {
    const { ask, harness } = await given('not-yet')
    await ask(verb)

    expect(await ask('resume')).toMatchObject({ accepted: true })
    expect((await harness.state()).paused).toBeUndefined()
    expect(await ask('resume')).toMatchObject({ accepted: false })
  })
})

describe('resume of a run that nobody had', () => {
  it('is granted to the process that takes it up by it', async () => {
    const { ask, harness } = await given('hold')

    expect(await ask('resume', harness.runner('second'))).toMatchObject({ accepted: true })
  })
})
