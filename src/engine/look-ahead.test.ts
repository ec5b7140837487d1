import { describe, expect, it } from 'vitest'
import {
  createToyWorld,
  look,
  lookCheck,
  runbookOf,
  set,
  setCellStep,
  ToyError,
  type ToyWorld,
} from '../../test/support/toy-steps.ts'
import { virtualClocks } from '../../test/support/virtual.ts'
import { epoch } from '../kernel/authority.ts'
import { stepKey } from '../kernel/ids.ts'
import { epochMs } from '../kernel/units.ts'
import { lookAhead } from './look-ahead.ts'
import type { PlannedStep } from './runbook.ts'
import type { AnyStep, Foretold } from './step.ts'
import { createStepList } from './step-list.ts'

const again = (cell: string, to: number): PlannedStep => ({
  ...set(cell),
  key: stepKey(`${cell}-${to}`),
  input: { cell, to },
})

function lookAt(
  world: ToyWorld,
  steps: readonly PlannedStep[],
  kinds: readonly AnyStep[] = [setCellStep, lookCheck],
) {
  return lookAhead(runbookOf(steps), createStepList(kinds), {
    ports: { world },
    signal: new AbortController().signal,
    clock: virtualClocks().worldClock,
    startedAt: epochMs(0),
    direction: 'forward',
    guards: [],
    epoch: epoch(0),
    deadline: epochMs(1),
    confirmLease: () => Promise.reject(new Error('written')),
  })
}

describe('lookAhead', () => {
  it('X3 names the exact effect of each change and its inverse, and writes nothing', async () => {
    const world = createToyWorld()
    world.cells['a'] = 7

    const [first, second] = await lookAt(world, [set('a'), look('b')])

    expect(first?.effect).toEqual({ kind: 'exact', text: '7 → 1' })
    expect(first?.wayBack).toEqual({ kind: 'open', inverse: 'a becomes 7 again' })
    expect(second).toMatchObject({ effect: { kind: 'exact', text: 'look at b' } })
    expect(world).toMatchObject({ cells: { a: 7 }, writes: [] })
  })

  it('what several steps change one after the other is taken as the step before leaves it', async () => {
    const outlooks = await lookAt(createToyWorld(), [again('a', 1), again('a', 2), again('a', 2)])

    expect(outlooks.map(({ effect }) => effect)).toEqual([
      { kind: 'exact', text: '0 → 1' },
      { kind: 'exact', text: '1 → 2' },
      { kind: 'already', text: 'a becomes 2' },
    ])
    expect(outlooks[1]?.wayBack).toEqual({ kind: 'open', inverse: 'a becomes 1 again' })
  })

  it('X3 a way back that is not open is told before anything is begun', async () => {
    const world = createToyWorld()
    world.wayBackOpen = false

    const [only] = await lookAt(world, [set('a')])

    expect(only?.wayBack).toEqual({ kind: 'blocked', because: 'the toy is locked' })
  })

  it('what another kind of step will have left is what is found, also where it is not there yet', async () => {
    const maker: AnyStep = {
      ...setCellStep,
      kind: 'toy.make',
      foretells: () => ({ a: ['made'] }),
    } as AnyStep
    const { leaves: _, ...setCell } = setCellStep
    const user: AnyStep = {
      ...setCell,
      kind: 'toy.use',
      observe: () => Promise.reject(new ToyError('operator')),
      foreseen: (_input: unknown, now: unknown, told: Foretold) =>
        told['a']?.includes('made') ? 5 : now,
    } as AnyStep
    const use = { ...again('a', 9), kind: 'toy.use' }
    const make = { ...set('b'), kind: 'toy.make' }

    const [, after] = await lookAt(createToyWorld(), [make, use], [maker, user])
    const [without] = await lookAt(createToyWorld(), [use], [maker, user])

    // What is not there yet can't be asked for its way back.
    expect(after).toMatchObject({ effect: { kind: 'exact', text: '5 → 9' } })
    expect(after?.wayBack).toBeUndefined()
    expect(without?.effect).toMatchObject({ kind: 'impossible' })
  })

  it.each([
    ['operator', 'impossible'],
    ['retry', 'unknown'],
  ] as const)('an error whose remedy is %s makes the effect %s', async (remedy, kind) => {
    const unreadable: AnyStep = {
      ...setCellStep,
      observe: () => Promise.reject(new ToyError(remedy)),
    } as AnyStep

    const [only] = await lookAt(createToyWorld(), [set('a')], [unreadable])

    expect(only?.effect).toMatchObject({ kind, because: `the toy says: ${remedy}` })
    expect(only?.wayBack).toBeUndefined()
  })
})
