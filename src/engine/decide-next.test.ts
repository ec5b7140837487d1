import { describe, expect, it } from 'vitest'
import { look, runbookOf, set, startOfToy, toyState } from '../../test/support/toy-steps.ts'
import type { ErrorFacts } from '../kernel/errors.ts'
import { type StepKey, stepKey } from '../kernel/ids.ts'
import { type EpochMs, epochMs, later, ms } from '../kernel/units.ts'
import type { Look, Surroundings } from './command.ts'
import { decideNext } from './decide-next.ts'
import type { RunEvent } from './run-event.ts'
import type { PlannedStep } from './runbook.ts'
import type { Hold } from './step.ts'

const wave = [set('a', true), set('b'), look('gate'), set('c', true)]
const minutes = (count: number) => ms(count * 60_000)
const at = (count: number) => later(startOfToy, minutes(count))
const key = stepKey

const error = (remedy: ErrorFacts['remedy']): ErrorFacts => ({
  code: 'toy.error',
  remedy,
  message: 'the toy says no',
  details: {},
})
const refused = (step: string): RunEvent => ({
  kind: 'attempt-failed',
  step: key(step),
  error: error('operator'),
})
const upTo = (...steps: readonly string[]): readonly RunEvent[] =>
  steps.flatMap((step): readonly RunEvent[] => [
    { kind: 'observed', step: key(step), before: 0, done: false },
    { kind: 'acting', step: key(step), epoch: 1 as never },
    { kind: 'acted', step: key(step) },
    { kind: 'verified', step: key(step), direction: 'forward', seen: 'seen' },
  ])
const halfDone = (step: string) => upTo(step).slice(0, 2)
const heldFor = (step: string, hold: Hold, until: EpochMs): RunEvent => ({
  kind: 'held',
  step: key(step),
  because: 'the toy says no',
  hold,
  until,
})
const half: Hold = { longest: minutes(30), owner: 'operator', then: 'roll-back' }
const own: Hold = { longest: minutes(7), owner: 'dns', then: 'stay' }

/** What is done is not looked at again here: standing.test.ts. */
const unwatched = { looks: new Map<StepKey, Look>(), thingOf: () => undefined }

interface Around {
  readonly now?: EpochMs
  readonly patience?: Hold
  readonly notBefore?: ReadonlyMap<StepKey, EpochMs>
}

function decide(
  events: readonly RunEvent[],
  { now = startOfToy, patience, notBefore = new Map() }: Around = {},
  steps: readonly PlannedStep[] = wave,
) {
  const around: Surroundings = {
    now,
    notBefore,
    ...unwatched,
    typeOf: ({ kind }) => (kind === 'toy.set' ? 'change' : 'check'),
    patienceOf: () => patience,
  }
  return decideNext(toyState(runbookOf(steps), events), around)
}

describe('D17 an error that must not be repeated is a hold', () => {
  it.each<readonly [string, readonly RunEvent[], Hold | undefined, Partial<Hold>]>([
    ['nothing is changed yet: it stays', [refused('a')], undefined, { then: 'stay' }],
    [
      'half of a change that rests: it stays',
      [...halfDone('a'), refused('a')],
      undefined,
      { then: 'stay' },
    ],
    [
      'the next change has not begun: it stays',
      [...upTo('a'), refused('b')],
      undefined,
      { then: 'stay' },
    ],
    [
      'half of a change that callers depend on: back',
      [...upTo('a'), ...halfDone('b'), refused('b')],
      undefined,
      half,
    ],
    [
      'between changes that callers depend on: back',
      [...upTo('a', 'b'), refused('gate')],
      undefined,
      half,
    ],
    [
      'half of the change that would end it: back',
      [...upTo('a', 'b', 'gate'), ...halfDone('c'), refused('c')],
      undefined,
      half,
    ],
    ['the step’s own patience wins', [...upTo('a', 'b'), refused('gate')], own, own],
  ])('%s', (_, events, patience, hold) => {
    const command = decide(events, patience === undefined ? {} : { patience })

    expect(command).toMatchObject({ kind: 'hold', because: 'the toy says no', hold })
  })

  it.each<readonly [string, number, string]>([
    ['waits until its end, and asks nothing', 29, 'wait'],
    ['then takes its second exit', 30, 'start-rollback'],
  ])('%s', (_, minute, kind) => {
    const events = [...upTo('a', 'b'), refused('gate'), heldFor('gate', half, at(30))]

    const command = decide(events, { now: at(minute) })

    expect(command).toMatchObject({ kind, because: expect.stringContaining('the toy says no') })
    if (command.kind === 'wait') expect(command.until).toBe(at(30))
  })

  it('stays for as long as nobody answers where it stays', () => {
    const events = [refused('a'), heldFor('a', { ...half, then: 'stay' }, at(30))]

    expect(decide(events, { now: at(600) })).toMatchObject({ kind: 'wait', until: undefined })
  })

  it('a look that is due does not ask again', () => {
    const events = [...upTo('a', 'b'), refused('gate'), heldFor('gate', half, at(30))]

    expect(decide(events, { now: at(1), notBefore: new Map([[key('gate'), at(0)]]) }).kind).toBe(
      'wait',
    )
  })

  it('retry asks again', () => {
    const retry: RunEvent = {
      kind: 'requested',
      verb: 'retry',
      by: 'ben',
      accepted: true,
      because: 'granted',
      step: key('gate'),
    }
    const events = [...upTo('a', 'b'), refused('gate'), heldFor('gate', half, at(30)), retry]

    expect(decide(events, { now: at(1) })).toMatchObject({ kind: 'verify' })
  })

  it('its time counts while somebody is at work', () => {
    const events = [...upTo('a', 'b'), refused('gate'), heldFor('gate', half, at(30))]
    const takenOver = toyState(runbookOf(wave), events, [
      { kind: 'runner-took-over', holder: 'second', fencing: 2 },
      at(100),
    ])
    const around = {
      notBefore: new Map<StepKey, EpochMs>(),
      ...unwatched,
      typeOf: () => 'check' as const,
      patienceOf: () => half,
    }

    expect(decideNext(takenOver, { ...around, now: at(101) })).toMatchObject({
      kind: 'wait',
      until: at(130),
    })
    expect(decideNext(takenOver, { ...around, now: at(130) }).kind).toBe('start-rollback')
  })

  it('on the way back it holds with its owner, is passed over, and then waits for somebody', () => {
    const back: RunEvent = { kind: 'rollback-started', because: 'breach', by: 'changeover' }
    const undo: RunEvent = { kind: 'undoing', step: key('b'), epoch: 1 as never }
    const events = [...upTo('a', 'b'), back, undo, refused('b')]
    const held = [...events, heldFor('b', half, at(30))]
    const aIsBack: readonly RunEvent[] = [
      { kind: 'undoing', step: key('a'), epoch: 1 as never },
      { kind: 'undone', step: key('a') },
      { kind: 'undo-verified', step: key('a'), seen: 'seen' },
    ]

    expect(decide(events, { patience: { ...own, then: 'roll-back' } })).toEqual(
      expect.objectContaining({ kind: 'hold', hold: own }),
    )
    expect(decide(held)).toMatchObject({ kind: 'record-intent', step: { key: 'a' } })
    expect(decide([...held, ...aIsBack], { now: at(600) })).toMatchObject({
      kind: 'wait',
      until: undefined,
    })
  })

  it('on the way back a barrier is not passed', () => {
    const steps = [set('a', true), { ...set('b'), barrier: true as const }]
    const back: RunEvent = { kind: 'rollback-started', because: 'breach', by: 'changeover' }
    const events = [...upTo('a', 'b'), back, refused('b')]

    expect(decide(events, {}, steps)).toMatchObject({
      kind: 'hold',
      step: { key: 'b' },
      hold: { then: 'stay', owner: 'operator' },
    })
  })
})

it('an error that waits for its retry is asked again at its time', () => {
  const failed: RunEvent = {
    kind: 'attempt-failed',
    step: key('a'),
    error: error('retry'),
    retryAt: epochMs(startOfToy + 1000),
  }

  expect(decide([failed])).toMatchObject({ kind: 'wait', until: startOfToy + 1000 })
  expect(decide([failed], { now: epochMs(startOfToy + 1000) })).toMatchObject({ kind: 'observe' })
})
