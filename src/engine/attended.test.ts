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
} from '../../test/support/toy-steps.ts'
import { epochMs } from '../kernel/units.ts'

const steps = [setCellStep, lookCheck]
const planned = [set('a', true), set('b'), look('gate'), set('c', true)]
/** A look of the toy's is patient for a minute. */
const withinPatience = 30_000
/** Its ninth append says that the gate is not open yet. */
const waitingNoted = 9

describe('a run that nobody was at work on', () => {
  const waitsForGate = async () => {
    const world = createToyWorld()
    const harness = await startHarness({ steps, runbook: runbookOf(planned), ports: { world } })
    const opens = harness.clocks.time.now() + 6 * 3_600_000
    world.findings['gate'] = () =>
      harness.clocks.time.now() >= opens
        ? { kind: 'verified', seen: 'agents are in' }
        : { kind: 'not-yet', because: 'agents are not in' }
    return { harness, opens }
  }
  const heldIn = async ({ harness }: Awaited<ReturnType<typeof waitsForGate>>) =>
    (await harness.store.readJournal(run)).filter(({ event }) => event.kind === 'held')

  it('a process that comes after a gap looks before it says that time is over', async () => {
    const given = await waitsForGate()
    const { harness, opens } = given
    await harness.goOn(harness.runner(), 3)
    harness.clocks.time.advanceTo(epochMs(opens))

    const state = await harness.goOn(harness.runner('second'))

    expect(state.outcome).toBe('done')
    expect(await heldIn(given)).toEqual([])
  })

  it('time in which it was paused is not taken from its patience', async () => {
    const given = await waitsForGate()
    const { harness, opens } = given
    await harness.goOn(harness.runner(), 3)
    await harness.store.request({ run, verb: 'pause', by: 'ben' })
    await harness.goOn(harness.runner(), 1)
    harness.clocks.time.advanceTo(epochMs(opens - withinPatience))
    await harness.store.request({ run, verb: 'resume', by: 'ben' })

    const state = await harness.goOn()

    expect(state.outcome).toBe('done')
    expect(await heldIn(given)).toEqual([])
  })

  it('nor is the time before another took over from a process that died', async () => {
    const given = await waitsForGate()
    const { harness, opens } = given
    const doomed = harness.runner('doomed', dieAtAppend(harness.store, waitingNoted, 'after'))
    const death = harness.goOn(doomed, 5)
    await expect(death).rejects.toBeInstanceOf(Killed)
    harness.clocks.time.advanceTo(epochMs(opens - withinPatience))

    const state = await harness.goOn(harness.runner('second'))

    expect(state.outcome).toBe('done')
    expect(await heldIn(given)).toEqual([])
  })
})
