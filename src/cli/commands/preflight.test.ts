import { describe, expect, it } from 'vitest'
import type { PreflightRow } from '../../app/preflight-question.ts'
import { preflightExit } from './preflight.ts'

const rows = (...states: readonly PreflightRow['state'][]): readonly PreflightRow[] =>
  states.map((state) => ({ area: 'site dallas', what: 'flow', state, because: 'asked' }))

describe('the exit code of preflight', () => {
  it.each([
    [0, ['had', 'attested']],
    [3, ['had', 'unknown']],
    [5, ['unknown', 'unreachable', 'had']],
    [1, ['unreachable', 'missing', 'unknown']],
  ] as const)('P1.1 P1.3 is %i for %j', (exit, states) => {
    expect(preflightExit(rows(...states))).toBe(exit)
  })
})
