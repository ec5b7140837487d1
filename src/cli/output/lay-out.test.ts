import { describe, expect, it } from 'vitest'
import { layOut } from './lay-out.ts'

const gate =
  '27 gate 50%                   HOLD no data: 4 calls at cloud, success_rate 100.0% [51.0, 100.0]; 20 are needed; 4 calls at cloud, abandonment_rate 0.0% [0.0, 49.0]; 20 are needed; 3 CRM writes, crm_error_rate 0.0% [0.0, 56.1]; 20 are needed; 5 test calls to cloud, test_calls 100.0% · owner night-lead, then roll back  (73 h 31 min)'
const mark = 3

describe('a line of a run', () => {
  it.each([80, 100, 120, 160])('is no wider than a terminal of %i columns', (width) => {
    for (const text of [
      gate,
      gate.repeat(3),
      `13 ${'a'.repeat(900)}`,
      'back: short',
      'one\n  and two',
    ])
      for (const [index, row] of layOut(text, width).entries())
        expect(row.length + (index === 0 ? mark : 0)).toBeLessThanOrEqual(width)
  })

  it('stays as it is where there is room', () => {
    const text =
      ' 9 share 0%                   cloud keeps 0 %  (72 h)  [abort now → safe in 17 min]'

    expect(layOut(text, 160)).toEqual([text])
    expect(layOut('breach\n  rolling back', 80)).toEqual(['breach', '  rolling back'])
  })

  it('goes on below its text, and loses its middle before what it is, who is asked, and when', () => {
    const rows = layOut(gate, 80)

    expect(rows.length).toBeLessThanOrEqual(5)
    expect(rows[0]).toMatch(/^27 gate 50%/)
    expect(rows[1]).toMatch(/^ {20}\S/)
    expect(rows.join(' ')).toContain('…')
    expect(
      rows
        .slice(-2)
        .map((row) => row.trim())
        .join(' '),
    ).toContain('owner night-lead, then roll back  (73 h 31 min)')
  })
})
