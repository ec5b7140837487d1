import { describe, expect, it } from 'vitest'
import { runbookOf, set, setCellStep } from '../../../test/support/toy-steps.ts'
import type { Preview } from '../../app/preview-wave.ts'
import type { Outlook } from '../../engine/look-ahead.ts'
import { createStepList } from '../../engine/step-list.ts'
import { dryRunExit, printDryRun } from './dry-run.ts'

function printed(window?: Preview['window'], outlooks: readonly Outlook[] = []) {
  const lines: string[] = []
  const line = (text = '') => lines.push(text)
  const preview = { runbook: runbookOf([]), outlooks, ...(window && { window }) }
  printDryRun({ line, problem: line, color: false, width: 120 }, preview)
  return { exit: dryRunExit(preview), text: lines.join('\n') }
}

const outlook = (title: string, effect: Outlook['effect']): Outlook => {
  const planned = { ...set(title), title }
  return { planned, bound: createStepList([setCellStep]).bind(planned), effect }
}

describe('what a dry run ends with', () => {
  const exact = outlook('fits', { kind: 'exact', text: 'x' })
  const impossible = outlook('10 agents', { kind: 'impossible', text: 'x', because: 'unknown' })
  const unread = outlook('dead end', { kind: 'unknown', text: 'x', because: 'no answer' })

  it('steps that can’t be done as things are are named, and exit 1', () => {
    const { exit, text } = printed(undefined, [exact, impossible, unread])

    expect(exit).toBe(1)
    expect(text).toMatch(/\n1 step can't be done as things are: 10 agents · 1 step could not be/)
    expect(text).toContain("✖ x; it can't be done as things are: unknown")
  })

  it('what can’t be known is exit 3', () => {
    expect(printed(undefined, [exact, unread]).exit).toBe(3)
  })

  it('says that preflight was not asked, and how it is', () => {
    const { exit, text } = printed(undefined, [exact])

    expect(exit).toBe(0)
    expect(text).toMatch(/preflight was not asked: changeover preflight \S+ --wave \S+$/)
  })
})

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
