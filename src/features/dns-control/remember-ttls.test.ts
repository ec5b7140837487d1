import { describe, expect, it } from 'vitest'
import { chainEntries, emptyHead } from '../../engine/journal.ts'
import type { JournalEntry, RunEvent } from '../../engine/run-event.ts'
import { epoch } from '../../kernel/authority.ts'
import { runId, stepKey } from '../../kernel/ids.ts'
import { epochMs, seconds } from '../../kernel/units.ts'
import { oldTtlOf, rememberTtls } from './remember-ttls.ts'

const key = 'dallas.example A'
const lower = stepKey('ttl.lower')
const restore = stepKey('ttl.restore')

/** A run that lowers from `before` to `to`, as far as the events go; one entry a second. */
function runOf(name: string, before: number, to: number, ...events: readonly RunEvent[]) {
  const step = (stepName: typeof lower, kind: string, ttl: number) => {
    const input = { record: 'dallas.example', type: 'A', ttl }
    const stand = { visited: 'forward', restsAfter: true } as const
    return { key: stepName, kind, title: kind, input, ...stand }
  }
  const runbook = {
    kind: 'wave',
    name: 'dallas',
    plan: { name: 'p', digest: 'd', file: 'f', settings: {} },
    steps: [step(lower, 'dns.lower-ttl', to), step(restore, 'dns.restore-ttl', before)],
    guards: [],
    overrides: [],
  }
  const created: RunEvent = { kind: 'run-created', runbook, by: 'anna' }
  const observed: RunEvent = { kind: 'observed', step: lower, before: { ttl: before }, done: false }
  let entries: readonly JournalEntry[] = []
  for (const event of [created, observed, ...events]) {
    const last = entries.at(-1)
    const head = last === undefined ? emptyHead(runId(name)) : last
    entries = [...entries, ...chainEntries(head, epochMs(1000 * entries.length), [event])]
  }
  return entries
}

const acting: RunEvent = { kind: 'acting', step: lower, epoch: epoch(1) }
const verified: RunEvent = { kind: 'verified', step: lower, direction: 'forward', seen: 'low' }
const undoing: RunEvent = { kind: 'undoing', step: lower, epoch: epoch(2) }
const undone: RunEvent = { kind: 'undo-verified', step: lower, seen: 'back' }
const restored: RunEvent = { kind: 'verified', step: restore, direction: 'forward', seen: 'back' }
const unrestored: RunEvent = { kind: 'undoing', step: restore, epoch: epoch(3) }
const low = { ttl: 3600, to: 300, run: 'dallas-1' }

describe('rememberTtls', () => {
  it.each([
    ['cancelled once it was low', [acting, verified], { ...low, at: 3000 }],
    ['cut off while it acted: since when it is low can’t be said', [acting], low],
    ['never acted', [], undefined],
    ['taken back', [acting, verified, undoing, undone], undefined],
    ['its undo skipped: it may have been high for a while', [acting, verified, undoing], low],
    ['restored at the end', [acting, verified, restored], undefined],
    [
      'restored, and lowered again on the way back',
      [acting, verified, restored, unrestored],
      { ...low, at: 3000 },
    ],
  ] as const)('W1.1 a run that was %s', (_, events, expected) => {
    expect(rememberTtls([runOf('dallas-1', 3600, 300, ...events)]).get(key)).toEqual(expected)
  })

  it('W1.1 a second lowering of what we had lowered keeps everyday’s TTL and its time', () => {
    const first = runOf('dallas-1', 3600, 300, acting, verified)
    const second = runOf('dallas-2', 300, 120, acting, verified)

    expect(rememberTtls([first, second]).get(key)).toEqual({ ...low, at: 3000 })
  })

  it('W1.1 undoing a second lowering leaves the first one standing', () => {
    const first = runOf('dallas-1', 3600, 300, acting, verified)
    const second = runOf('dallas-2', 300, 120, acting, verified, undoing, undone)

    expect(rememberTtls([first, second]).get(key)).toMatchObject(low)
  })

  it('W1.1 somebody raised it in between: the later run’s is everyday’s', () => {
    const first = runOf('dallas-1', 3600, 300, acting, verified)
    const second = runOf('dallas-2', 7200, 300, acting, verified)

    expect(rememberTtls([first, second]).get(key)).toMatchObject({ ttl: 7200, run: 'dallas-2' })
  })
})

describe('oldTtlOf', () => {
  const remembered = { ttl: seconds(3600), to: seconds(300), run: runId('dallas-1') }

  it('W1.1 takes what the run left as its own, not as everyday’s', () => {
    expect(oldTtlOf(seconds(300), remembered)).toEqual({ ttl: 3600, lowered: { run: 'dallas-1' } })
  })

  it('W1.1 takes what is served when nothing is remembered, or somebody raised it', () => {
    expect(oldTtlOf(seconds(300), undefined)).toEqual({ ttl: 300 })
    expect(oldTtlOf(seconds(600), remembered)).toEqual({ ttl: 600 })
  })
})
