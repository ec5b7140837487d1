import { describe, expect, it } from 'vitest'
import { chainEntries } from '../../engine/journal.ts'
import type { RunEvent } from '../../engine/run-event.ts'
import { foldJournal } from '../../engine/run-state.ts'
import type { PlannedStep, Runbook } from '../../engine/runbook.ts'
import { epoch } from '../../kernel/authority.ts'
import { runId, stepKey } from '../../kernel/ids.ts'
import { epochMs, ms } from '../../kernel/units.ts'
import { headerOf, movesCallers } from './run-header.ts'

const start = epochMs(Date.UTC(2026, 11, 1, 15))

function step(key: string, kind: string, input: unknown): PlannedStep {
  return { key: stepKey(key), kind, title: key, input, visited: 'forward', restsAfter: false }
}

const runbook: Runbook = {
  kind: 'wave',
  name: 'dallas',
  plan: { name: 'acme', digest: 'd', file: 'plan.yaml', settings: {} },
  steps: [
    step('share.first', 'authority.set-share', { platform: 'cloud', boundary: 2000 }),
    step('call.test', 'calls.test', {}),
    step('select', 'authority.select', { source: { platform: 'pbx' } }),
    step('share.all', 'authority.set-share', { platform: 'cloud', boundary: 10_000 }),
  ],
  guards: [],
  overrides: [],
}

function after(...done: readonly string[]) {
  const created: RunEvent = { kind: 'run-created', runbook, by: 'anna' }
  const events = done.map((key): RunEvent => {
    return { kind: 'verified', step: stepKey(key), direction: 'forward', seen: 'seen' }
  })
  const head = { run: runId('dallas-1'), seq: 0, hash: '' }
  return foldJournal(chainEntries(head, start, [created, ...events]))
}

const headerAfter = (...done: readonly string[]) =>
  headerOf(after(...done), epochMs(start + 3_600_000), ms(380_000))

describe('the header of a run', () => {
  it('X4 says where it is, who takes the callers, and how far it is to safety', () => {
    expect(headerAfter('share.first', 'call.test', 'select')).toBe(
      'wave dallas   1 h elapsed   step 3 of 4   pbx ▇▇▇▇▇▇▇▇▁▁ cloud 20%   abort now → safe in 6 min 20 s',
    )
  })

  it('on the way back says how much of it is left, and no longer that it could be aborted', () => {
    const state = foldJournal(
      chainEntries({ run: runId('dallas-1'), seq: 0, hash: '' }, start, [
        { kind: 'run-created', runbook, by: 'anna' },
        { kind: 'acting', step: stepKey('select'), epoch: epoch(1) },
        { kind: 'rollback-started', because: 'breach', by: 'changeover' },
      ]),
    )

    expect(headerOf(state, start, ms(380_000))).toMatch(
      /going back, 1 step left .* {3}about 6 min 20 s to safe$/,
    )
  })

  it('a share that nobody arrives at is none: the target is not selected yet', () => {
    expect(headerAfter('share.first')).toContain('pbx ▇▇▇▇▇▇▇▇▇▇ cloud 0%')
  })

  it('at the end all callers are the target’s', () => {
    expect(headerAfter('share.first', 'select', 'share.all')).toContain('pbx ▁▁▁▁▁▁▁▁▁▁ cloud 100%')
  })

  it('is new where callers have moved', () => {
    const keys = runbook.steps.map(({ key }) => key)

    expect(keys.map((key) => movesCallers(after(), key))).toEqual([true, false, true, true])
  })
})

describe('X7 the header of a run whose database failed over', () => {
  const promoted: RunEvent = { kind: 'database-promoted', from: 'x/1', to: 'x/2' }
  const made = (key: string) => ({
    step: stepKey(key),
    trace: 'all' as const,
    now: null,
    done: true,
  })
  const header = (...events: readonly RunEvent[]) => {
    const created: RunEvent = { kind: 'run-created', runbook, by: 'anna' }
    const head = { run: runId('dallas-1'), seq: 0, hash: '' }
    return headerOf(foldJournal(chainEntries(head, start, [created, ...events])), start, ms(0))
  }

  it('says nothing of its callers that it does not know, and then where they were found', () => {
    const lost = [made('share.first'), made('select')]

    expect(header(promoted)).toContain('callers: not known before it was read back')
    expect(header(promoted, { kind: 'read-back', looked: 3, lost, undone: [] })).toContain(
      'pbx ▇▇▇▇▇▇▇▇▁▁ cloud 20%',
    )
  })
})
