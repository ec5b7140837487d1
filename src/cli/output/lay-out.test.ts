import { describe, expect, it } from 'vitest'
import { layOut } from './lay-out.ts'

const gate =
  '27 gate 50%                   soak: 4 calls at cloud, success_rate 100.0% [51.0, 100.0]; 20 are needed; 4 calls at cloud, abandonment_rate 0.0% [0.0, 49.0]; 20 are needed; 3 CRM writes, crm_error_rate 0.0% [0.0, 56.1]; 20 are needed; 5 test calls to cloud, test_calls 100.0%'
const tail = '(73 h 31 min)  [abort now → safe in 35 min 1 s]'
const mark = 3

describe('a line of a run', () => {
  it.each([80, 100, 120, 160])('is no wider than a terminal of %i columns', (width) => {
    for (const text of [gate, `13 ${'a'.repeat(300)}`, '✖ back: short', 'one\n  and two'])
      for (const [index, row] of layOut({ mark: '✔', text, tail }, width).entries())
        expect(row.length + (index === 0 ? mark : 0)).toBeLessThanOrEqual(width)
  })

  it('stays as it is where there is room, its end on the same row', () => {
    const line = { mark: '✔', text: ' 9 share 0%                   cloud keeps 0 %', tail } as const

    expect(layOut(line, 160)).toEqual([`${line.text}  ${tail}`])
  })

  it('goes on below its text, and never loses when it was and how far it is to safety', () => {
    const rows = layOut({ mark: '✔', text: gate, tail }, 80)

    expect(rows.length).toBeLessThanOrEqual(4)
    expect(rows[1]).toMatch(/^ {20}\S/)
    expect(rows.join('\n')).toContain('…')
    expect(rows.at(-1)).toContain(tail)
  })
})
