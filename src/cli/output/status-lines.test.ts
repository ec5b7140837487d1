import { describe, expect, it } from 'vitest'
import { look, runbookOf, set, startOfToy } from '../../../test/support/toy-steps.ts'
import { chainEntries, emptyHead } from '../../engine/journal.ts'
import type { JournalEntry, RunEvent } from '../../engine/run-event.ts'
import { foldJournal } from '../../engine/run-state.ts'
import { runId } from '../../kernel/ids.ts'
import { later, ms } from '../../kernel/units.ts'
import { statusHead } from './status-lines.ts'

const minute = 60_000
const created: RunEvent = {
  kind: 'run-created',
  runbook: runbookOf([set('a', true), look('gate')]),
  by: 'anna',
}
const asked = (verb: 'pause' | 'hold'): RunEvent => ({
  ...{ kind: 'requested', verb, by: 'root', accepted: true, because: 'asked' },
  reason: 'look at the trunk',
  ...(verb === 'hold' ? { holdUntil: later(startOfToy, ms(31 * minute)) } : {}),
})
const back: RunEvent = { kind: 'rollback-started', because: 'trigger: 4.0 %', by: 'changeover' }
const ended = (outcome: 'done' | 'back'): RunEvent => ({ kind: 'ended', outcome, summary: 'all' })

/** The events come a minute apart; it is looked at an hour after the first. */
function head(...events: readonly RunEvent[]): readonly string[] {
  const journal: JournalEntry[] = []
  for (const [index, event] of [created, ...events].entries()) {
    const at = later(startOfToy, ms(index * minute))
    journal.push(...chainEntries(journal.at(-1) ?? emptyHead(runId('toy-1')), at, [event]))
  }
  const now = later(startOfToy, ms(60 * minute))
  return statusHead({ state: foldJournal(journal), journal, now, toSafe: ms(90_000) })
}

describe('the head of a status', () => {
  it('X4 a run that goes forward says how far it is to safety', () => {
    const [line] = head()
    expect(line).toMatch(/ · going forward · 1 h elapsed · abort now → safe in 1 min 30 s$/)
  })

  it('X4 a run that has ended promises no way to safety, and its time stands still', () => {
    const [line, why] = head(ended('done'))

    expect(line).toMatch(/ · ended done on Fri 20.* after 1 min$/)
    expect(line).not.toContain('safe')
    expect(why).toBe('ended done: all')
  })

  it('G1.3 says why it goes back, and since when', () => {
    const [line, why] = head(back)

    expect(line).toContain(' · going back · ')
    expect(line).not.toContain('abort now')
    expect(why).toMatch(/^goes back because: trigger: 4\.0 % \(since .*, 59 min ago\)$/)
  })

  it('G1.3 says why it went back once it has', () => {
    expect(head(back, ended('back')).join('\n')).toContain('went back because: trigger: 4.0 %')
  })

  it('X15 a pause says whose it is, since when, and why', () => {
    const [, line] = head(asked('pause'))
    expect(line).toMatch(/^paused by root, since .*, 59 min ago: look at the trunk$/)
  })

  it('X15 a hold says until when, and what then', () => {
    const [, line] = head(asked('hold'))
    expect(line).toMatch(
      /^held by root, .* until .* its time is over, it rolls back: look at the trunk$/,
    )
  })
})
