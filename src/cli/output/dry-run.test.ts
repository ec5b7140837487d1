import { describe, expect, it } from 'vitest'
import { runbookOf } from '../../../test/support/toy-steps.ts'
import type { Preview } from '../../app/preview-wave.ts'
import { printDryRun } from './dry-run.ts'

function printed(window?: Preview['window']) {
  const lines: string[] = []
  const line = (text = '') => lines.push(text)
  const preview = { runbook: runbookOf([]), outlooks: [], ...(window && { window }) }
  const exit = printDryRun({ line, problem: line, color: false, width: 120 }, preview)
  return { exit, text: lines.join('\n') }
}

describe('the window in a dry run', () => {
  it('W4.1 one that is over is said, and exit 4', () => {
    const { exit, text } = printed({ kind: 'past', because: 'it closed on 2025-12-06 05:00' })

    expect(exit).toBe(4)
    expect(text).toContain('window  it closed on 2025-12-06 05:00')
    expect(text).toContain('the run would be refused')
  })

  it('W1.1 one that is too soon is said', () => {
    expect(printed({ kind: 'late', because: 'x' }).text).toContain('too soon for a start now')
  })

  it('W4.1 says nothing more of one that fits, or of none', () => {
    expect(printed({ kind: 'fits', because: 'it is open' })).toMatchObject({ exit: 0 })
    expect(printed().text).not.toContain('window')
  })
})
