import { describe, expect, it } from 'vitest'
import { judgeDurability } from './preflight-database.ts'

describe('what a run needs of its own database', () => {
  it.each([
    [{ timeline: '77/1', standbys: 0, isWaitedFor: false }, ['had']],
    [{ timeline: '77/1', standbys: 1, isWaitedFor: true }, ['had']],
    [{ timeline: '77/1', standbys: 1, isWaitedFor: false }, ['had', 'unknown']],
    [{ standbys: 0, isWaitedFor: false }, ['unknown']],
  ] as const)('X7 P1.1 %j: %s', (durability, states) => {
    const needs = judgeDurability(durability)

    expect(needs.map(({ state }) => state)).toEqual(states)
    for (const { state, todo } of needs) expect(todo === undefined).toBe(state === 'had')
  })
})
