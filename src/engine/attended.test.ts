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
import { passTimeUntil } from '../../test/support/virtual.ts'
import { epochMs, ms } from '../kernel/units.ts'

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

  it('D17 a hold has its whole time when a process comes after nobody had the run, once', async () => {
    const world = createToyWorld()
    const harness = await startHarness({ steps, runbook: runbookOf(planned), ports: { world } })
    const hold = { longest: ms(30 * 60_000), owner: 'night-lead', then: 'roll-back' } as const
    world.findings['gate'] = () => ({ kind: 'hold', because: 'no data', hold })
    const { time, worldClock } = harness.clocks
    const passes = (minutes: number) => passTimeUntil(time, worldClock.sleep(ms(minutes * 60_000)))
    await harness.goOn(harness.runner(), 2)
    // A server that is stopped in order, and started again forty minutes later.
    await passes(40)
    const second = harness.runner('second')

    const came = await harness.goOn(second, 2)
    await passes(20)
    const inTime = await harness.goOn(second, 2)
    await passes(10)
    const over = await harness.goOn(second, 2)
    const kinds = (await harness.store.readJournal(run)).map(({ event }) => event.kind)

    expect(came.direction).toBe('forward')
    expect(inTime.direction).toBe('forward')
    expect(over.direction).toBe('back')
    expect(kinds.filter((kind) => kind === 'runner-came')).toHaveLength(1)
    expect(kinds).not.toContain('runner-took-over')
  })

  it('nobody is said to have been away where another goes on at once', async () => {
    const { harness } = await waitsForGate()
    const leaves = AbortSignal.abort()
    await harness.goOn(harness.runner(), 2)

    await harness.store.request({ run, verb: 'resume', by: 'ben' })
    await harness.runner('second').advance(leaves, run)
    await harness.goOn(harness.runner('third'), 1)

    const kinds = (await harness.store.readJournal(run)).map(({ event }) => event.kind)
    expect(kinds).not.toContain('runner-came')
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
