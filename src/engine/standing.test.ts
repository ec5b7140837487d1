import { describe, expect, it } from 'vitest'
import { hand, look, runbookOf, set, startOfToy, toyState } from '../../test/support/toy-steps.ts'
import { type StepKey, stepKey } from '../kernel/ids.ts'
import { type EpochMs, later, ms } from '../kernel/units.ts'
import type { Look } from './command.ts'
import type { RunEvent } from './run-event.ts'
import type { PlannedStep } from './runbook.ts'
import { dueAgain, dueBeforeEnd, nextLooks, standing, unseenAtEnd } from './standing.ts'

const key = stepKey
const at = (minutes: number) => later(startOfToy, ms(minutes * 60_000))

/** Two steps about one thing, as stages raise one share. */
const again = (cell: string, name: string): PlannedStep => ({ ...set(cell), key: key(name) })
const wave = [set('a', true), again('share', 'low'), look('gate'), again('share', 'high'), set('c')]

const thingOf = ({ kind, input }: PlannedStep) =>
  kind === 'toy.set' ? (input as { readonly cell: string }).cell : undefined

const epoch = 1 as never
const observed = (step: string, done = false): RunEvent => ({
  kind: 'observed',
  step: key(step),
  before: 0,
  done,
})
const acting = (step: string): RunEvent => ({ kind: 'acting', step: key(step), epoch })
const verified = (step: string): RunEvent => ({
  kind: 'verified',
  step: key(step),
  direction: 'forward',
  seen: 'seen',
})
const done = (step: string): readonly RunEvent[] => [observed(step), acting(step), verified(step)]
const back: RunEvent = { kind: 'rollback-started', because: 'breach', by: 'changeover' }
const undoing = (step: string): RunEvent => ({ kind: 'undoing', step: key(step), epoch })
const undone = (step: string): readonly RunEvent[] => [
  undoing(step),
  { kind: 'undone', step: key(step) },
  { kind: 'undo-verified', step: key(step), seen: 'seen' },
]
const skipped = (step: string): RunEvent => ({
  kind: 'requested',
  verb: 'skip',
  by: 'anna',
  accepted: true,
  because: '',
  step: key(step),
})
const tookOver: RunEvent = { kind: 'runner-took-over', holder: 'second', fencing: 2 }
const failed = (step: string, remedy: 'retry' | 'operator'): RunEvent => ({
  kind: 'attempt-failed',
  step: key(step),
  error: { code: 'toy.error', message: 'the toy says no', remedy, details: {} },
})

const keysOf = (steps: readonly PlannedStep[]) => steps.map((planned) => planned.key)

describe('X7 what must go on holding', () => {
  it.each([
    ['nothing is done', [], []],
    ['one is done', done('a'), ['a']],
    ['a check changed nothing', [...done('a'), verified('gate')], ['a']],
    ['what was found done is not this run’s', [observed('a', true), verified('a')], []],
    ['the last of a thing', [...done('low'), ...done('high')], ['high']],
    ['the next change of a thing is under way', [...done('low'), acting('high')], []],
    ['the next change of a thing is only looked at', [...done('low'), observed('high')], ['low']],
    ['an operator left it to itself', [...done('a'), acting('c'), skipped('c')], ['a']],
    ['going back, what is still to be undone', [...done('a'), back], []],
    ['going back, what is back', [...done('a'), ...done('c'), back, ...undone('c')], ['c']],
    [
      'going back, the thing is still on its way',
      [...done('low'), ...done('high'), back, ...undone('high'), undoing('low')],
      [],
    ],
    [
      'going back, the first of a thing',
      [...done('low'), ...done('high'), back, ...undone('high'), ...undone('low')],
      ['low'],
    ],
    ['going back, left by an operator', [...done('c'), back, undoing('c'), skipped('c')], []],
  ] satisfies [string, readonly RunEvent[], readonly string[]][])('%s', (_, events, expected) => {
    expect(keysOf(standing(toyState(runbookOf(wave), events), thingOf))).toEqual(expected)
  })

  it('never what only a person can see', () => {
    const events = done('hand')
    const state = toyState(runbookOf([hand('hand')]), events)

    expect(standing(state, () => undefined)).toEqual([])
  })
})

interface Case {
  readonly events?: readonly RunEvent[]
  /** After the step was done at minute 10. */
  readonly later?: readonly (readonly [RunEvent, EpochMs])[]
  readonly looks?: Readonly<Record<string, Look>>
}

/** `c` is done at minute 10, its thing for the second time; callers depend on the run from then on. */
function given({ later: rest = [], looks = {} }: Case, first = 'c') {
  const done10 = ['c0', 'c'].flatMap(done).map((event) => [event, at(10)] as const)
  const steps = [again(first, 'c0'), set('c'), set('d')]
  const state = toyState(runbookOf(steps), [], ...done10, ...rest)
  const map = new Map(Object.entries(looks).map(([name, value]) => [key(name), value]))
  return { state, around: (now: EpochMs) => ({ now, thingOf, looks: map as Map<StepKey, Look> }) }
}

describe('X7 when what is done is looked at again', () => {
  it.each([
    ['every half hour', {}, 40],
    ['at once by whoever took over', { later: [[tookOver, at(15)]] }, 15],
    [
      'each minute after a take-over',
      { later: [[tookOver, at(15)]], looks: { c: { at: at(16) } } },
      17,
    ],
    [
      'a quarter of an hour long',
      { later: [[tookOver, at(15)]], looks: { c: { at: at(31) } } },
      61,
    ],
    [
      'each minute after a write without answer',
      {
        later: [
          [observed('d'), at(20)],
          [acting('d'), at(20)],
          [failed('d', 'retry'), at(20)],
        ],
        looks: { c: { at: at(21) } },
      },
      22,
    ],
    [
      'not so after a write that was refused',
      {
        later: [
          [observed('d'), at(20)],
          [acting('d'), at(20)],
          [failed('d', 'operator'), at(20)],
        ],
        looks: { c: { at: at(21) } },
      },
      51,
    ],
    [
      'not so after a look without answer',
      { later: [[failed('d', 'retry'), at(20)]], looks: { c: { at: at(21) } } },
      51,
    ],
  ] satisfies [string, Case, number][])('%s', (_, example, minute) => {
    const { state, around } = given(example)

    expect(nextLooks(state, around(at(12)))).toEqual([at(minute)])
    expect(dueAgain(state, around(ms(at(minute) - 1) as never))).toBeUndefined()
    expect(dueAgain(state, around(at(minute)))).toMatchObject({ step: { key: 'c' }, before: 0 })
  })

  it('each twelve hours where nobody depends on the run, whatever happened', () => {
    const done10 = done('a').map((event) => [event, at(10)] as const)
    const state = toyState(runbookOf([set('a', true)]), [], ...done10, [tookOver, at(15)])
    const looks = new Map([[key('a'), { at: at(16) }]])

    expect(nextLooks(state, { now: at(16), thingOf, looks })).toEqual([at(736)])
  })

  it('not while an operator has stopped the run', () => {
    const pause: RunEvent = {
      kind: 'requested',
      verb: 'pause',
      by: 'anna',
      accepted: true,
      because: '',
    }
    const { state, around } = given({ later: [[pause, at(11)]] })

    expect(dueAgain(state, around(at(500)))).toBeUndefined()
  })

  it('once more before the end, unless it was tried in the last minute of what happened', () => {
    const later20 = done('d').map((event) => [event, at(20)] as const)
    const { state, around } = given({ later: later20 })
    const tried = given({ later: later20, looks: { c: { at: at(20) } } })

    expect(dueBeforeEnd(state, around(at(20)))).toMatchObject({ step: { key: 'c' } })
    expect(dueBeforeEnd(tried.state, tried.around(at(20)))).toBeUndefined()
    // However long the looks take, none is made again for that.
    expect(dueBeforeEnd(tried.state, tried.around(at(500)))).toBeUndefined()
    // Tried, and not seen: the end says so.
    expect(keysOf(unseenAtEnd(tried.state, tried.around(at(20))))).toEqual(['c'])
  })
})

describe('X7 whose doing it may be', () => {
  const took15 = [[tookOver, at(15)]] as const
  it.each([
    ['nobody vanished: somebody else’s', {}, false],
    ['not seen since a holder vanished', { later: took15 }, true],
    [
      'seen while its write could still come',
      { later: took15, looks: { c: { at: at(29), seenAt: at(29) } } },
      true,
    ],
    [
      'seen when nothing could come any more',
      { later: took15, looks: { c: { at: at(31), seenAt: at(31) } } },
      false,
    ],
  ] satisfies [string, Case, boolean][])('%s', (_, example, ours) => {
    const { state, around } = given(example)

    expect(dueAgain(state, around(at(120)))).toMatchObject({ ours })
  })

  it('of a thing that was changed once only, what is found undone: a late act would have done it', () => {
    const { state, around } = given({ later: took15, looks: { c0: { at: at(119) } } }, 'other')

    expect(dueAgain(state, around(at(120)))).toMatchObject({ step: { key: 'c' }, ours: false })
  })

  it('going back, the act of a thing that was changed once only: it can come late', () => {
    const events = [...done('d'), back, ...undone('d')]
    const state = toyState(runbookOf([set('d')]), events, [tookOver, at(15)])
    const looks = new Map<StepKey, Look>()

    expect(dueAgain(state, { now: at(15), thingOf, looks })).toMatchObject({ ours: true })
  })
})
