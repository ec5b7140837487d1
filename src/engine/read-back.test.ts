import { describe, expect, it } from 'vitest'
import { type Reading, type Sight, sightOf } from './read-back.ts'

const observed = (done: boolean) => ({ kind: 'observed', before: 0, done }) as const
const ready = { kind: 'ready', before: 0 } as const
const acting = { kind: 'acting', before: 0 } as const
const acted = { kind: 'acted', before: 0 } as const
const pending = { kind: 'pending' } as const

const table: readonly (readonly [string, Reading, Sight])[] = [
  ['untouched in both', { phase: pending, trace: 'none' }, 'ends'],
  ['done, never observed', { phase: pending, trace: 'all' }, 'lost'],
  ['begun, never observed', { phase: pending, trace: 'some' }, 'lost'],
  ['as it was observed', { phase: observed(false), trace: 'none', traceBefore: 'none' }, 'ends'],
  ['done since', { phase: observed(false), trace: 'all', traceBefore: 'none' }, 'lost'],
  ['begun since', { phase: ready, trace: 'some', traceBefore: 'none' }, 'lost'],
  ['finished since', { phase: ready, trace: 'all', traceBefore: 'some' }, 'lost'],
  ['half of it before us', { phase: ready, trace: 'some', traceBefore: 'some' }, 'ends'],
  ['done before us', { phase: observed(true), trace: 'all', traceBefore: 'all' }, 'goes-on'],
  ['taken back by others', { phase: observed(true), trace: 'none', traceBefore: 'all' }, 'ends'],
  ['its act not begun', { phase: acting, trace: 'none', traceBefore: 'none' }, 'ends'],
  ['in its act', { phase: acting, trace: 'some', traceBefore: 'none' }, 'ends'],
  ['its act done', { phase: acting, trace: 'all', traceBefore: 'none' }, 'goes-on'],
  ['acted', { phase: acted, trace: 'all', traceBefore: 'none' }, 'goes-on'],
  ['acted, not seen yet', { phase: acted, trace: 'none', traceBefore: 'none' }, 'ends'],
  ['by hand, to come', { phase: pending, trace: 'unreadable' }, 'by-hand'],
  ['by hand, announced', { phase: acting, trace: 'unreadable' }, 'goes-on'],
]

describe('X7 what a step’s state in the world says of lost commits', () => {
  it.each(table)('%s', (_name, reading, sight) => {
    expect(sightOf(reading)).toBe(sight)
  })
})
