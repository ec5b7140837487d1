import { describe, expect, it } from 'vitest'
import { exitCodeOf, formatProblems } from './format-problems.ts'
import type { Problem } from './problem.ts'

const problem = (more: Partial<Problem>): Problem => ({
  file: 'acme.yaml',
  line: 31,
  column: 14,
  severity: 'error',
  code: 'plan.value',
  message: 'sites.dallas: something',
  ...more,
})

describe('problems on the terminal', () => {
  it('are aligned, with the advice below and one line that sums up', () => {
    const problems = [
      problem({}),
      problem({
        line: 52,
        column: 5,
        message: 'waves.dallas: too short',
        advice: 'widen the window',
      }),
      problem({ line: 16, column: 5, severity: 'warn', message: 'platforms.cloud: unknown' }),
    ]

    expect(formatProblems(problems, { exit: exitCodeOf({ problems }), width: 60 })).toBe(
      [
        'acme.yaml:31:14  error  sites.dallas: something',
        'acme.yaml:52:5   error  waves.dallas: too short',
        '                        widen the window',
        'acme.yaml:16:5   warn   platforms.cloud: unknown',
        '2 errors, 1 warning                                   exit 2',
      ].join('\n'),
    )
  })

  it('says so when there are none', () => {
    expect(formatProblems([], { exit: 0, width: 20 })).toBe('no problems   exit 0')
  })
})

describe('the exit code', () => {
  it.each([
    [[], undefined, 0],
    [[problem({ severity: 'warn' })], undefined, 0],
    [[problem({})], undefined, 2],
    [[problem({})], true, 4],
    [[], true, 4],
  ])('of %j, refused %s, is %i', (problems, refusedForSafety, code) => {
    const checked = refusedForSafety === undefined ? { problems } : { problems, refusedForSafety }

    expect(exitCodeOf(checked)).toBe(code)
  })
})
