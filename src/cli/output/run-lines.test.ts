import { describe, expect, it } from 'vitest'
import { look, runbookOf, set, startOfToy, toyState } from '../../../test/support/toy-steps.ts'
import type { RunEvent } from '../../engine/run-event.ts'
import { epoch } from '../../kernel/authority.ts'
import { runId, stepKey } from '../../kernel/ids.ts'
import { later, ms } from '../../kernel/units.ts'
import { lineOf } from './run-lines.ts'
import { runTable } from './run-table.ts'

const runbook = runbookOf([set('a', true), look('gate')])
const until = later(startOfToy, ms(30 * 60_000))
const hold = { longest: ms(30 * 60_000), owner: 'night-lead', then: 'roll-back' } as const
const held: RunEvent = { kind: 'held', step: stepKey('gate'), because: 'no data', hold, until }
const refused: RunEvent = {
  kind: 'attempt-failed',
  step: stepKey('gate'),
  error: { code: 'toy.error', remedy: 'operator', message: 'the toy says no', details: {} },
}

function lineAfter(...events: readonly RunEvent[]): string {
  const event = events.at(-1) ?? held
  const entry = {
    run: runId('toy-1'),
    seq: events.length,
    at: startOfToy,
    event,
    previousHash: '',
    hash: '',
  }
  return lineOf(entry, toyState(runbook, events), ms(380_000))?.text ?? ''
}

const verified = (step: string): RunEvent => ({
  ...{ kind: 'verified', step: stepKey(step), direction: 'forward', seen: 'seen' },
})

describe('time to safe', () => {
  it('X4 is told while something is left to do, and not when the run is about to end', () => {
    expect(lineAfter(verified('a'))).toContain('[abort now → safe in 6 min 20 s]')
    expect(lineAfter(verified('a'), verified('gate'))).not.toContain('abort now')
  })
})

describe('what a hold says', () => {
  it('D17 until when, who is asked, and what happens then', () => {
    expect(lineAfter(held)).toContain(
      'HOLD no data · until Fri 2026-11-20 12:30 UTC (30 min) · owner night-lead, then roll back',
    )
  })

  it('D17 of an error: which verbs end it', () => {
    expect(lineAfter(refused)).toContain('toy.error: the toy says no · not tried again by itself')
    expect(lineAfter(refused, held)).toContain(
      'HOLD for retry, skip or rollback · until Fri 2026-11-20 12:30 UTC',
    )
  })

  it('on the way back nothing rolls back further', () => {
    const observed: RunEvent = { kind: 'acting', step: stepKey('a'), epoch: epoch(1) }
    const back: RunEvent = { kind: 'rollback-started', because: 'breach', by: 'changeover' }

    expect(lineAfter(observed, back, held)).toContain('owner night-lead decides, else it stays')
  })

  it('D17 after a resume it has its whole time again, and none of it is negative', () => {
    const at = later(until, ms(3_600_000))
    const resume: RunEvent = {
      ...{ kind: 'requested', verb: 'resume', by: 'root', accepted: true, because: '' },
    }
    const state = toyState(runbook, [held], [resume, at])
    const entry = { run: runId('toy-1'), seq: 9, at, event: held, previousHash: '', hash: '' }

    expect(lineOf(entry, state, ms(0))?.text).toContain('until Fri 2026-11-20 14:00 UTC (30 min)')
  })

  it('D17 while it is paused no timer runs, and status says so', () => {
    const pause: RunEvent = {
      ...{ kind: 'requested', verb: 'pause', by: 'root', accepted: true, because: '' },
    }
    const state = toyState(runbook, [held, pause])

    expect(runTable(state, later(until, ms(1)))[1]?.text).toContain(
      'HOLD paused: its time begins anew on resume',
    )
  })

  it('status counts down', () => {
    const state = toyState(runbook, [refused, held])

    expect(runTable(state, later(startOfToy, ms(18 * 60_000)))[1]?.text).toContain(
      'the toy says no · HOLD until Fri 2026-11-20 12:30 UTC (12 min) · owner night-lead, then roll back',
    )
    expect(runTable(state, later(until, ms(1)))[1]?.text).toContain('its time is over')
  })
})

describe('what a guard says in a status', () => {
  const trigger = {
    ...{ key: stepKey('trigger'), kind: 'toy.look', title: 'trigger', input: {} },
    ...{ after: stepKey('a'), until: stepKey('gate'), every: ms(1000) },
  }
  const looked: RunEvent = {
    ...{ kind: 'guard-looked', guard: trigger.key, verdict: 'verified', seen: 'fine' },
  }
  const last = (...events: readonly RunEvent[]) => {
    const guarded = runbookOf([set('a', true), look('gate')], [trigger])
    return runTable(toyState(guarded, [verified('a'), looked, ...events]), startOfToy).at(-1)?.text
  }

  it('W4.2 it watches, for as long as it does: not on the way back', () => {
    const back: RunEvent = { kind: 'rollback-started', because: 'enough', by: 'root' }

    expect(last()).toMatch(/trigger .*watching: fine/)
    expect(last(back)).not.toContain('watching')
    expect(last(verified('gate'))).not.toContain('watching')
  })
})
