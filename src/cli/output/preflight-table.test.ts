import { describe, expect, it } from 'vitest'
import type { PreflightRow } from '../../app/preflight-question.ts'
import { preflightLines } from './preflight-table.ts'

const row = (what: string, more: Partial<PreflightRow> = {}): PreflightRow => ({
  area: 'site dallas',
  what,
  state: 'had',
  because: 'asked',
  ...more,
})
const text = (rows: readonly PreflightRow[], width = 80) =>
  preflightLines(rows, width).map((line) => line.text)

describe('the preflight table', () => {
  it('P1.1 ends with what is missing, and below it what to do', () => {
    const todo = 'create it'
    const lines = text([row('flow', { state: 'missing', because: 'none', todo }), row('numbers')])

    expect(lines).toEqual([
      ' ✔  site dallas  numbers  asked',
      ' ✖  site dallas  flow     none',
      '      → create it',
    ])
  })

  it('P1.2 says how to attest what can’t be known', () => {
    const unknown = row('licences', { state: 'unknown', attestAs: 'site dallas: licences' })

    expect(text([unknown])[1]).toBe(
      '      → attest: - { what: "site dallas: licences", because: … }',
    )
  })

  it('P1.1 P1.3 a server that is down is one line, and nothing there is to be attested', () => {
    const down = { state: 'unreachable', because: 'no answer', todo: 'look' } as const
    const lines = text([row('queues', down), row('agents', down), row('flow', down)])

    expect(lines).toEqual([' ✖  site dallas  queues and 2 more  no answer', '      → look'])
  })

  it('P1.1 shows a group that is all had as one line, and each of it that is missing', () => {
    const group = 'permissions'
    const lines = text([
      row('a:b:view', { group }),
      row('a:b:edit', { group }),
      row('a:b:add', { group, state: 'missing', because: 'no role has it' }),
    ])

    expect(lines).toHaveLength(2)
    expect(lines[0]).toContain('permissions  2 that its steps need, all had')
    expect(lines[1]).toContain('a:b:add')
  })

  it('wraps a long answer under its own column', () => {
    const lines = text([row('x', { because: 'one two three four' })], 32)

    expect(lines).toEqual([' ✔  site dallas  x  one two', `${' '.repeat(20)}three four`])
  })
})
