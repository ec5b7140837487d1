import { describe, expect, it } from 'vitest'
import { ms } from '../../kernel/units.ts'
import {
  judgeChain,
  judgeSurvival,
  judgeTrial,
  type SurvivalSeen,
  type TrialSeen,
} from './judge-trial.ts'
import {
  formatTrialAnswer,
  guideProfile,
  type ProfileEntry,
  parseTrialAnswer,
  type TrialAnswer,
} from './profile.ts'
import { type FailoverStep, tryFailover } from './try-failover.ts'

const answered = { kind: 'answered', after: ms(100) } as const
const refused = (status: number) => ({ kind: 'refused', status, after: ms(100) }) as const
const silent = { kind: 'silent', because: 'no answer' } as const
const status = (code: number): TrialAnswer => ({ kind: 'status', status: code })

describe('one trial', () => {
  it.each<[string, ProfileEntry, TrialSeen, string]>([
    [
      '503 moves on',
      { answer: status(503), expected: 'moves-on' },
      { reached: [0, 1], caller: answered },
      'right',
    ],
    [
      '503 stays where it should not',
      { answer: status(503), expected: 'moves-on' },
      { reached: [0], caller: refused(503) },
      'wrong',
    ],
    [
      '486 stays',
      { answer: status(486), expected: 'stays' },
      { reached: [0], caller: refused(486) },
      'right',
    ],
    [
      '486 that the carrier swallows',
      { answer: status(486), expected: 'stays' },
      { reached: [0], caller: silent },
      'wrong',
    ],
    [
      '486 rings twice',
      { answer: status(486), expected: 'stays' },
      { reached: [0, 1], caller: answered },
      'wrong',
    ],
    [
      'moved on, and the caller hears nothing',
      { answer: status(503), expected: 'moves-on' },
      { reached: [0, 1], caller: silent },
      'wrong',
    ],
    [
      'silence that nobody ends',
      { answer: { kind: 'silence' }, expected: 'moves-on' },
      { reached: [0], caller: silent },
      'wrong',
    ],
    [
      'never came to us',
      { answer: status(503), expected: 'moves-on' },
      { reached: [], caller: refused(404) },
      'unknown',
    ],
    [
      'came to the secondary first',
      { answer: status(503), expected: 'moves-on' },
      { reached: [1], caller: answered },
      'unknown',
    ],
  ])('D8 %s', (_what, entry, seen, verdict) => {
    expect(judgeTrial(entry, seen).verdict).toBe(verdict)
  })

  it.each<[number, TrialSeen, string]>([
    [2, { reached: [0, 1, 2], caller: answered }, 'right'],
    [2, { reached: [0, 1], caller: refused(503) }, 'wrong'],
    [2, { reached: [0, 1, 2], caller: silent }, 'wrong'],
    [2, { reached: [], caller: silent }, 'unknown'],
  ])('G3.1 with %i down: %j is %s', (down, seen, verdict) => {
    expect(judgeChain(down, seen).verdict).toBe(verdict)
  })

  it.each<[string, Omit<SurvivalSeen, 'before'> & { readonly at: readonly number[] }, string]>([
    [
      'stood, and the new one moved on',
      { at: [0], survived: true, after: { reached: [0, 1], caller: answered } },
      'right',
    ],
    [
      'stood, and the new one went nowhere',
      { at: [0], survived: true, after: { reached: [0], caller: refused(503) } },
      'wrong',
    ],
    [
      'was ended',
      { at: [0], survived: false, after: { reached: [0, 1], caller: answered } },
      'wrong',
    ],
    [
      'never stood',
      { at: [], survived: true, after: { reached: [0, 1], caller: answered } },
      'unknown',
    ],
  ])('G3.2 a call that %s', (_what, { at, ...seen }, verdict) => {
    const before = { reached: at, caller: answered }

    expect(judgeSurvival({ before, ...seen }).verdict).toBe(verdict)
  })
})

describe('answers of a trial', () => {
  it('are read as they are written', () => {
    for (const { answer } of guideProfile)
      expect(parseTrialAnswer(formatTrialAnswer(answer))).toEqual(answer)
    expect(['200', '180', '799', '180+', 'quiet', ''].map(parseTrialAnswer)).toEqual(
      Array.from({ length: 6 }, () => undefined),
    )
  })
})

describe('the whole test', () => {
  it('G3.1 tries every answer, then the chain where there is a tertiary, then what must survive', async () => {
    const tried: unknown[] = []
    const stage = (targets: number) => ({
      targets,
      async call(behaviour: readonly (TrialAnswer | undefined)[]): Promise<TrialSeen> {
        tried.push(behaviour.map((one) => one && formatTrialAnswer(one)))
        return { reached: [0, 1, 2], caller: answered }
      },
      survive: async () => ({
        before: { reached: [0], caller: answered },
        survived: true,
        after: { reached: [0, 1], caller: answered },
      }),
    })
    const run = async (targets: number) => {
      const steps: FailoverStep[] = []
      const entries: ProfileEntry[] = [{ answer: status(503), expected: 'moves-on' }]
      for await (const step of tryFailover(stage(targets), entries, new AbortController().signal))
        steps.push(step)
      return steps.map(({ what, verdict }) => `${what} ${verdict}`)
    }

    expect(await run(2)).toEqual(['primary: 503 right', 'a call that stands right'])
    expect(await run(3)).toEqual([
      'primary: 503 right',
      'all but the last: 503 right',
      'a call that stands right',
    ])
    expect(tried).toEqual([['503'], ['503'], ['503', '503']])
  })
})
