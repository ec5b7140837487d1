import { describe, expect, it } from 'vitest'
import { run, startHarness } from '../../test/support/engine-harness.ts'
import {
  createToyWorld,
  look,
  lookCheck,
  runbookOf,
  set,
  setCellStep,
  ToyError,
} from '../../test/support/toy-steps.ts'
import { stepKey } from '../kernel/ids.ts'
import type { Verb } from './run-event.ts'
import { stepState } from './run-state.ts'

const steps = [setCellStep, lookCheck]
const signed = { reason: 'known', secondPerson: 'carla' }

/** `registered` waits; behind it stands a gate that waits too. */
async function atTheGate() {
  const world = createToyWorld()
  let isIn = false
  world.findings['registered'] = () =>
    isIn ? { kind: 'verified', seen: 'all' } : { kind: 'not-yet', because: 'one is missing' }
  world.findings['gate'] = () => ({ kind: 'not-yet', because: 'soaking' })
  const planned = [set('a', true), look('registered'), look('gate'), set('b')]
  const harness = await startHarness({ steps, runbook: runbookOf(planned), ports: { world } })
  await harness.goOn(harness.runner(), 1)
  const arrives = () => {
    isIn = true
    return harness.goOn(harness.runner(), 1)
  }
  return { harness, world, arrives }
}

/** On the way back: `c` is stuck and passed over, `b` only waits. */
async function stuckOnTheWayBack() {
  const world = createToyWorld()
  world.findings['gate'] = () => ({ kind: 'failed', because: 'breach' })
  let isDead = true
  world.beforeWrite = (cell, to) => {
    if (isDead && to === 0 && cell !== 'a') throw new ToyError(cell === 'c' ? 'operator' : 'wait')
  }
  const planned = [set('a', true), set('b'), set('c'), look('gate')]
  const harness = await startHarness({ steps, runbook: runbookOf(planned), ports: { world } })
  await harness.goOn(harness.runner(), 3)
  const recovers = () => {
    isDead = false
  }
  return { harness, world, recovers }
}

type Scene = Awaited<ReturnType<typeof atTheGate | typeof stuckOnTheWayBack>>

async function answerTo({ harness }: Scene, verb: Verb, more: object) {
  await harness.store.request({ run, verb, by: 'ben', ...more })
  const state = await harness.goOn(harness.runner(), 1)
  const answers = (await harness.store.readJournal(run)).flatMap(({ event }) =>
    event.kind === 'requested' ? [event] : [],
  )
  return { state, answer: answers.at(-1) }
}

describe('a retry or a skip is of the step that whoever asks was shown', () => {
  it.each(['skip', 'retry'] as const)(
    'G1.3 %s of a step that was verified meanwhile is not of the gate behind it',
    async (verb) => {
      const scene = await atTheGate()
      await scene.arrives()

      const step = stepKey('registered')
      const { state, answer } = await answerTo(scene, verb, { ...signed, step })

      expect(answer).toMatchObject({
        accepted: false,
        because: 'the run is not at registered (verified); gate is open: look again',
      })
      expect(stepState(state, stepKey('gate')).phase.kind).toBe('pending')
      expect(scene.world.cells['b']).toBeUndefined()
    },
  )

  it('the one that it is at is skipped, named or not', async () => {
    const named = await atTheGate()
    const unnamed = await atTheGate()

    const byName = await answerTo(named, 'skip', { ...signed, step: stepKey('registered') })
    const alone = await answerTo(unnamed, 'skip', signed)

    for (const { state, answer } of [byName, alone]) {
      expect(answer).toMatchObject({ accepted: true, step: 'registered' })
      expect(stepState(state, stepKey('registered')).phase.kind).toBe('skipped')
    }
  })

  it('W4.2 on the way back with several open none is guessed: they are listed', async () => {
    const scene = await stuckOnTheWayBack()

    const retry = await answerTo(scene, 'retry', {})
    const skip = await answerTo(scene, 'skip', signed)

    expect(retry.answer).toMatchObject({ accepted: false, because: 'b and c are open: say which' })
    expect(skip.answer).toMatchObject({ accepted: false })
    expect(skip.state.steps).toMatchObject({ b: { phase: { kind: 'undoing' } } })
  })

  it('W4.2 a retry reaches the step that is stuck and was passed over', async () => {
    const scene = await stuckOnTheWayBack()
    scene.recovers()

    const { state, answer } = await answerTo(scene, 'retry', { step: stepKey('c') })

    expect(answer).toMatchObject({ accepted: true, step: 'c' })
    expect(stepState(state, stepKey('c')).phase.kind).toBe('back')
  })

  it('W4.2 a skip of the stuck step leaves the one that it stands at alone', async () => {
    const scene = await stuckOnTheWayBack()

    const { state } = await answerTo(scene, 'skip', { ...signed, step: stepKey('c') })

    expect(stepState(state, stepKey('c')).skippedBack).toBe(true)
    expect(stepState(state, stepKey('b')).phase.kind).toBe('undoing')
  })

  it('W4.2 a skip that was of the way forward does not leave a step undone on the way back', async () => {
    const scene = await stuckOnTheWayBack()

    const { state, answer } = await answerTo(scene, 'skip', {
      ...signed,
      step: stepKey('c'),
      asOf: 3,
    })

    expect(answer).toMatchObject({
      accepted: false,
      because: expect.stringContaining('it goes back since'),
    })
    expect(stepState(state, stepKey('c')).skippedBack).toBeUndefined()
  })
})
