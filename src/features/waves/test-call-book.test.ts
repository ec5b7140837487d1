import { describe, expect, it } from 'vitest'
import { epochMs } from '../../kernel/units.ts'
import { judgeNumbers, planRound, type TestCall, type TestCallOutcome } from './test-call-book.ts'

const call = (number: string, seconds: number, outcome: TestCallOutcome): TestCall => ({
  ...{ number, caller: '+15555550001', at: epochMs(seconds * 1000), outcome },
})
const called = (...calls: readonly (readonly [number, TestCallOutcome])[]) =>
  judgeNumbers(calls.map(([seconds, outcome]) => call('+1', seconds, outcome))).get('+1')

describe('judgeNumbers', () => {
  it.each<readonly [string, readonly (readonly [number, TestCallOutcome])[], TestCallOutcome]>([
    ['well', [[0, 'theirs']], 'theirs'],
    ['not known yet', [[0, 'unknown']], 'unknown'],
    [
      'well, the last call not known yet',
      [
        [0, 'theirs'],
        [30, 'unknown'],
      ],
      'theirs',
    ],
    ['failed once', [[0, 'failed']], 'unknown'],
    [
      'failed twice over a minute',
      [
        [0, 'failed'],
        [60, 'failed'],
      ],
      'unknown',
    ],
    [
      'failed thrice at once',
      [
        [0, 'failed'],
        [1, 'failed'],
        [2, 'failed'],
      ],
      'unknown',
    ],
    [
      'failed thrice over a minute',
      [
        [0, 'failed'],
        [30, 'failed'],
        [60, 'failed'],
      ],
      'failed',
    ],
    [
      'well in between',
      [
        [0, 'failed'],
        [30, 'theirs'],
        [60, 'failed'],
        [90, 'failed'],
      ],
      'unknown',
    ],
    [
      'well again',
      [
        [0, 'failed'],
        [30, 'failed'],
        [60, 'failed'],
        [90, 'theirs'],
      ],
      'theirs',
    ],
  ])('D22 a number that is %s', (_, calls, outcome) => {
    expect(called(...calls)).toBe(outcome)
  })
})

describe('planRound', () => {
  const numbers = ['+1', '+2', '+3', '+4']
  const scope = { numbers, testCaller: 'a', testCallers: ['b', 'c'] }
  const plan = (made: readonly TestCall[], seconds: number, wanted = 0) =>
    planRound(scope, made, { from: epochMs(0), now: epochMs(seconds * 1000), wanted })

  it('is two calls while all is well, by numbers and callers that were not used', () => {
    const made = [call('+1', 0, 'theirs'), call('+2', 0, 'theirs')]

    expect(plan(made, 30)).toEqual([
      { number: '+3', caller: 'c' },
      { number: '+4', caller: 'a' },
    ])
    expect(plan(made, 24)).toEqual([])
  })

  it('is ten once a call has failed, the failed number first, until a round is well', () => {
    const made = [call('+1', 0, 'theirs'), call('+2', 0, 'failed')]
    const round = plan(made, 30)

    expect(round).toHaveLength(10)
    expect(round[0]?.number).toBe('+2')
    expect(plan([...made, call('+2', 30, 'theirs')], 60)).toHaveLength(2)
  })

  it('fills up what a gate wants at once, within ten in 25 s', () => {
    const made = [call('+1', 0, 'theirs'), call('+2', 0, 'theirs')]

    expect(plan(made, 5, 4).map(({ number }) => number)).toEqual(['+3', '+4'])
    expect(
      plan(
        Array.from({ length: 10 }, () => call('+1', 0, 'theirs')),
        5,
        4,
      ),
    ).toEqual([])
  })

  it('calls nobody where a site has no number', () => {
    const none = { ...scope, numbers: [] }
    expect(planRound(none, [], { from: epochMs(0), now: epochMs(0), wanted: 5 })).toEqual([])
  })
})
