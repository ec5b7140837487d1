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
  ToyError,
  type ToyWorld,
  toyState,
} from '../../test/support/toy-steps.ts'
import { stepKey } from '../kernel/ids.ts'
import { type EpochMs, later, ms } from '../kernel/units.ts'
import type { RunEvent } from './run-event.ts'
import type { PlannedStep } from './runbook.ts'
import { currentBack, visitsBack } from './visits.ts'

const key = stepKey
const seconds = (count: number) => later(startOfToy, ms(count * 1000))
const back: RunEvent = { kind: 'rollback-started', because: 'breach', by: 'changeover' }
const done = (step: string): readonly RunEvent[] => [
  { kind: 'observed', step: key(step), before: 0, done: false },
  { kind: 'acting', step: key(step), epoch: 1 as never },
  { kind: 'verified', step: key(step), direction: 'forward', seen: 'seen' },
]
const failed = (step: string, retryAt?: EpochMs): RunEvent => ({
  kind: 'attempt-failed',
  step: key(step),
  error: { code: 'toy.error', message: 'no', remedy: 'retry', details: {} },
  ...(retryAt === undefined ? {} : { retryAt }),
})
const behind = (step: PlannedStep, ...undoneAfter: readonly string[]): PlannedStep => ({
  ...step,
  undoneAfter: undoneAfter.map(key),
})
const thingOf = ({ kind, input }: PlannedStep) =>
  kind === 'toy.set' ? (input as { readonly cell: string }).cell : undefined

/** The keys that may be visited by now, going back from where everything is done; stuck ones in brackets. */
function open(steps: readonly PlannedStep[], failures: readonly RunEvent[], now = seconds(0)) {
  const events = [...steps.flatMap(({ key: one }) => done(one)), back, ...failures]
  return visitsBack(toyState(runbookOf(steps), events), { now, thingOf })
    .filter(({ isBlocked }) => !isBlocked)
    .map(({ planned, isStuck }) => (isStuck ? `[${planned.key}]` : planned.key))
}

const stuck = (step: string) => [1, 2, 3].map(() => failed(step, seconds(1)))

describe('what may be visited on the way back', () => {
  it.each([
    ['the reverse of the way forward', [set('a'), set('b')], [], ['b', 'a']],
    ['one whose undo fails three times is stuck', [set('a'), set('b')], stuck('b'), ['[b]', 'a']],
    ['one that must not be repeated', [set('a'), set('b')], [failed('b')], ['[b]', 'a']],
    ['one that fails once is not', [set('a'), set('b')], [failed('b', seconds(1))], ['b', 'a']],
    ['one that is told to wait for long', [set('a')], [failed('a', seconds(3600))], ['[a]']],
    [
      'what depends on another waits for it',
      [behind(set('a'), 'c'), set('b'), set('c')],
      [],
      ['c', 'b'],
    ],
    [
      'a thing goes back one change after the other',
      [set('a'), { ...set('a'), key: key('a2') }, set('b')],
      stuck('a2'),
      ['b', '[a2]'],
    ],
  ] satisfies [string, readonly PlannedStep[], readonly RunEvent[], readonly string[]][])(
    'D12 %s',
    (_, steps, failures, expected) => {
      expect(open(steps, failures)).toEqual(expected)
    },
  )

  it('one that has failed for half a minute is stuck, however seldom that was written down', () => {
    expect(open([set('a')], [failed('a', seconds(10))], seconds(20))).toEqual(['a'])
    expect(open([set('a')], [failed('a', seconds(10))], seconds(31))).toEqual(['[a]'])
  })

  it('nothing is reached behind a barrier that is stuck or blocked', () => {
    const at = (steps: readonly PlannedStep[], failures: readonly RunEvent[]) => {
      const events = [...steps.flatMap(({ key: one }) => done(one)), back, ...failures]
      return currentBack(toyState(runbookOf(steps), events))?.key
    }
    const barrier = { ...set('b'), barrier: true }

    expect(at([set('a'), barrier], stuck('b'))).toBe('b')
    expect(at([set('a'), behind(barrier, 'c'), set('c')], stuck('c'))).toBe('c')
    expect(at([set('a'), set('b'), set('c')], stuck('c'))).toBe('b')
  })
})

async function goesBack(
  steps: readonly PlannedStep[],
  prepare: (world: ToyWorld, since: () => number) => void,
) {
  const world = createToyWorld()
  world.findings['gate'] = () => ({ kind: 'failed', because: 'breach' })
  const harness = await startHarness({
    steps: [setCellStep, lookCheck],
    runbook: runbookOf([...steps, look('gate')]),
    ports: { world },
  })
  const { worldClock } = harness.clocks
  const began = worldClock.now()
  prepare(world, () => (worldClock.now() - began) / 1000)
  const { outcome } = await harness.goOn()
  const journal = await harness.store.readJournal(run)
  const undone = journal.flatMap(({ event }) =>
    event.kind === 'undo-verified' ? [event.step] : [],
  )
  const at = (step: string) =>
    ((journal.find(({ event }) => event.kind === 'undo-verified' && event.step === step)?.at ?? 0) -
      began) /
    1000
  return { outcome, world, undone, at, journal }
}

describe('a way back that is stuck for a while', () => {
  const slowDrain = (world: ToyWorld, since: () => number) => {
    world.findings['drain'] = () =>
      since() < 1800 ? { kind: 'not-yet', because: 'drains' } : { kind: 'verified', seen: '' }
  }

  it('D12 is tried again as soon as it is due, not when all else is done', async () => {
    const { outcome, at } = await goesBack(
      [set('a'), look('drain', 'back'), set('b')],
      (world, since) => {
        slowDrain(world, since)
        world.beforeWrite = (cell, to) => {
          if (cell === 'b' && to === 0 && since() < 6) throw new ToyError('retry')
        }
      },
    )

    expect(outcome).toBe('back')
    expect(at('b')).toBeLessThan(20)
  })

  it('D12 what depends on it waits, what does not goes on', async () => {
    const steps = [behind(set('agents'), 'share'), set('select'), set('share')]
    const { outcome, undone } = await goesBack(steps, (world, since) => {
      world.beforeWrite = (cell, to) => {
        if (cell === 'share' && to === 0 && since() < 600) throw new ToyError('retry')
      }
    })

    expect(outcome).toBe('back')
    expect(undone).toEqual(['select', 'share', 'agents'])
  })

  it('D12 a vendor that asks for six hours does not stop the rest, and somebody is told in time', async () => {
    const { outcome, at, journal } = await goesBack([set('a'), set('b')], (world, since) => {
      world.beforeWrite = (cell, to) => {
        if (cell === 'b' && to === 0 && since() < 21_600)
          throw new ToyError('wait', { retryAfterMs: 21_600_000 })
      }
    })
    const held = journal.find(({ event }) => event.kind === 'held')

    expect(outcome).toBe('back')
    expect(at('a')).toBeLessThan(5)
    expect(held?.event).toMatchObject({ step: 'b' })
    expect(((held?.at ?? 0) - startOfToy) / 1000).toBeLessThan(700)
  })
})
