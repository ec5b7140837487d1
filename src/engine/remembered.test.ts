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
} from '../../test/support/toy-steps.ts'
import { passTimeUntil } from '../../test/support/virtual.ts'

/** Passes at its twelfth look, by its own count; a look of the toy's is patient for a minute, six looks. */
const wanted = 12

async function counting(step = 1) {
  const world = createToyWorld()
  const given: unknown[] = []
  world.findings['gate'] = (remembered) => {
    given.push(remembered)
    const looks = (typeof remembered === 'number' ? remembered : 0) + step
    return looks >= wanted
      ? { kind: 'verified', seen: `${looks} looks` }
      : { kind: 'not-yet', because: `${looks} looks`, remember: looks }
  }
  const steps = [setCellStep, lookCheck]
  const runbook = runbookOf([set('a', true), look('gate'), set('b', true)])
  return { given, harness: await startHarness({ steps, runbook, ports: { world } }) }
}
const kindsOf = async ({ harness }: Awaited<ReturnType<typeof counting>>) =>
  (await harness.store.readJournal(run)).map(({ event }) => event.kind)

describe('what a look asks to remember', () => {
  it('is given to the next one, through a hold too, which keeps its timer', async () => {
    const given = await counting()

    const state = await given.harness.goOn()
    const kinds = await kindsOf(given)

    expect(state.outcome).toBe('done')
    expect(given.given).toEqual([undefined, ...Array.from({ length: wanted - 1 }, (_, i) => i + 1)])
    expect(kinds.filter((kind) => kind === 'held')).toHaveLength(1)
  })

  it('is written down only when it changes', async () => {
    const given = await counting(0)

    await given.harness.goOn(given.harness.runner(), 5)

    expect((await kindsOf(given)).filter((kind) => kind === 'waiting')).toHaveLength(1)
  })

  it.each(['before', 'after'] as const)(
    'outlives a process killed %s any entry',
    async (moment) => {
      const calm = await counting()
      await calm.harness.goOn()
      const appends = (await kindsOf(calm)).length
      for (let nth = 1; nth < appends; nth += 1) {
        const given = await counting()
        const { harness } = given
        const doomed = harness.runner('doomed', dieAtAppend(harness.store, nth, moment))
        await harness.goOn(doomed).catch((thrown: unknown) => {
          if (!(thrown instanceof Killed)) throw thrown
        })
        const state = await passTimeUntil(
          harness.clocks.time,
          harness.goOn(harness.runner('second')),
        )

        expect({ nth, outcome: state.outcome }).toEqual({ nth, outcome: 'done' })
        // One look may be made twice; none begins anew.
        expect(given.given.filter((one) => one === undefined).length).toBeLessThanOrEqual(2)
      }
    },
  )
})

describe('how the attempt before ended', () => {
  it('is given to the next one, also where it was not written down again, and to nobody after it', async () => {
    const world = createToyWorld()
    const given: unknown[] = []
    let failures = 3
    world.beforeWrite = (cell) => {
      if (cell !== 'a' || failures === 0) return
      failures -= 1
      throw new ToyError('wait', { retryAfterMs: 1000 })
    }
    const watched: typeof setCellStep = {
      ...setCellStep,
      act(input, before, context) {
        given.push(context.lastError?.code)
        return setCellStep.act(input, before, context)
      },
      verify(input, context) {
        given.push(context.lastError?.code)
        return setCellStep.verify(input, context)
      },
    }
    const runbook = runbookOf([set('a', true)])
    const harness = await startHarness({ steps: [watched], runbook, ports: { world } })

    const state = await harness.goOn()

    expect(state.outcome).toBe('done')
    expect(given).toEqual([undefined, 'toy.error', 'toy.error', 'toy.error', undefined])
  })
})
