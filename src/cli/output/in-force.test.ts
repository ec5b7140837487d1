import { describe, expect, it } from 'vitest'
import { look, runbookOf, set, startOfToy } from '../../../test/support/toy-steps.ts'
import { chainEntries, emptyHead } from '../../engine/journal.ts'
import type { RunEvent, Verb } from '../../engine/run-event.ts'
import { foldJournal } from '../../engine/run-state.ts'
import { epoch } from '../../kernel/authority.ts'
import { runId, stepKey } from '../../kernel/ids.ts'
import { later, ms } from '../../kernel/units.ts'
import { inForce } from './in-force.ts'

const guard = {
  ...{ key: stepKey('trigger'), kind: 'toy.look', title: 'trigger', input: {} },
  ...{ after: stepKey('a'), until: stepKey('c'), every: ms(1000) },
}
const runbook = {
  ...runbookOf([set('a'), look('gate'), set('c')], [guard]),
  plan: { name: 'p', digest: '', file: '', settings: { timeZone: 'America/Chicago' } },
}
const created: RunEvent = { kind: 'run-created', runbook, by: 'anna' }
const acting: RunEvent = { kind: 'acting', step: stepKey('a'), epoch: epoch(1) }
const verified: RunEvent = {
  ...{ kind: 'verified', step: stepKey('a'), direction: 'forward', seen: '' },
}
const asked = (verb: Verb, step?: string): RunEvent => ({
  ...{ kind: 'requested', verb, by: 'root', accepted: true, because: 'granted' },
  ...(step === undefined ? {} : { step: stepKey(step) }),
  ...(verb === 'hold' ? { holdUntil: later(startOfToy, ms(1_800_000)) } : {}),
})

function saidAfter(verb: Verb, ...events: readonly RunEvent[]): string {
  const head = emptyHead(runId('toy-1'))
  const journal = chainEntries(head, startOfToy, [created, acting, verified, ...events])
  const state = foldJournal(journal)
  return inForce(verb, { state, journal, now: startOfToy, toSafe: ms(380_000) })
}

describe('what a granted request leaves in force', () => {
  it.each([
    [
      'hold',
      'until Fri 2026-11-20 06:30 America/Chicago (30 min), then it rolls back; callers stay at source; the rollback trigger is still watched, a breach goes back',
    ],
    [
      'pause',
      'no further step and no timer; callers stay at source; the rollback trigger is still watched, a breach goes back',
    ],
    ['resume', 'it goes forward, at look gate'],
  ] as const)('%s', (verb, text) => {
    expect(saidAfter(verb, asked(verb))).toBe(text)
  })

  it.each([
    ['retry', 'look gate is asked again at once; it goes forward, at look gate'],
    ['skip', 'look gate is left unverified; it goes forward, at set c'],
  ] as const)('%s names the step', (verb, text) => {
    expect(saidAfter(verb, asked(verb, 'gate'))).toBe(text)
  })

  it('resume: a step that holds by itself holds on', () => {
    const hold = { longest: ms(1_800_000), owner: 'night-lead', then: 'roll-back' } as const
    const until = later(startOfToy, hold.longest)
    const held: RunEvent = {
      ...{ kind: 'held', step: stepKey('gate'), because: 'no data', hold, until },
    }

    expect(saidAfter('resume', held, asked('pause'), asked('resume'))).toBe(
      'it goes forward, at look gate (HOLD until Fri 2026-11-20 06:30 America/Chicago (30 min) · owner night-lead, then roll back)',
    )
  })

  it('rollback: how much is to be taken back', () => {
    const back: RunEvent = { kind: 'rollback-started', because: 'enough', by: 'root' }

    expect(
      saidAfter('rollback', asked('rollback'), { ...acting, step: stepKey('c') }, back),
    ).toMatch(/^it goes back, at set c, 2 steps, about 6 min 20 s to safe$/)
  })

  it('of a run that has gone on meanwhile, what is so by now', () => {
    const ended: RunEvent = { kind: 'ended', outcome: 'cancelled', summary: '' }

    expect(saidAfter('pause', asked('pause'), asked('resume'))).toBe(
      'it is not paused any more: it goes forward, at look gate',
    )
    expect(saidAfter('cancel', ended)).toBe('it has ended (cancelled)')
    expect(saidAfter('retry', asked('pause'), asked('retry', 'gate'))).toContain('is still paused')
  })
})
