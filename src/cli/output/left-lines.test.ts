import { describe, expect, it } from 'vitest'
import { chainEntries, emptyHead } from '../../engine/journal.ts'
import type { RunEvent } from '../../engine/run-event.ts'
import { foldJournal } from '../../engine/run-state.ts'
import { epoch } from '../../kernel/authority.ts'
import { runId, stepKey } from '../../kernel/ids.ts'
import { epochMs } from '../../kernel/units.ts'
import { leftLines } from './left-lines.ts'
import { runTable } from './run-table.ts'

const key = stepKey('first.agents')

/** A run whose agents had moved, and whose undo an operator skipped. */
function skippedUndo() {
  const agents = ['ann', 'bob'].map((user) => ({ user, extension: '1' }))
  const stand = { visited: 'forward', restsAfter: false } as const
  const steps = [{ key, kind: 'agents.move', title: '2 agents', input: { agents }, ...stand }]
  const plan = { name: 'p', digest: 'd', file: 'f', settings: {} }
  const runbook = { kind: 'wave', name: 'x', plan, steps, guards: [], overrides: [] }
  const who = { by: 'ben', reason: 'the PBX is dead', accepted: true, because: 'granted' } as const
  const events: readonly RunEvent[] = [
    { kind: 'run-created', runbook, by: 'anna' },
    { kind: 'observed', step: key, before: {}, done: false },
    { kind: 'way-back', step: key, inverse: 'move back' },
    { kind: 'acting', step: key, epoch: epoch(1) },
    { kind: 'acted', step: key },
    { kind: 'rollback-started', because: 'no-go', by: 'gate' },
    { kind: 'undoing', step: key, epoch: epoch(2) },
    { kind: 'requested', verb: 'skip', step: key, ...who },
  ]
  return foldJournal(chainEntries(emptyHead(runId('x-1')), epochMs(0), events))
}

describe('status', () => {
  it('promise 7 names the agents whom a skipped undo leaves where they are', () => {
    expect(leftLines(skippedUndo())).toEqual(['skipped   2 agents, as it was left: ann, bob'])
  })

  it('W4.2 never shows a skipped undo as one that was done', () => {
    expect(runTable(skippedUndo(), epochMs(0))).toEqual([
      { mark: '»', text: ` 1 ${'2 agents'.padEnd(34)} skipped on the way back: left as it was` },
    ])
  })
})
