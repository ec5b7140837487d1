import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { Guard, PlannedStep, Runbook } from '../../src/engine/runbook.ts'
import {
  defineCheck,
  defineStep,
  type GuardView,
  type StepContext,
  type Verification,
} from '../../src/engine/step.ts'
import { ChangeoverError, type Remedy } from '../../src/kernel/errors.ts'
import { stepKey } from '../../src/kernel/ids.ts'
import { ms } from '../../src/kernel/units.ts'

/** A world of named cells: the smallest thing that can be changed, looked at and put back. */
export interface ToyWorld {
  readonly cells: Record<string, number>
  /** Every write that arrived, in order. */
  readonly writes: string[]
  /** Called before a write takes effect; may throw. */
  beforeWrite: (cell: string, to: number) => void
  /** What a check finds instead of looking at its cell. */
  readonly findings: Record<string, () => Verification>
  /** What the guards had said when a check was asked. */
  readonly guardsSeen: Record<string, readonly GuardView[]>
  /** What a check waits for before it answers. */
  readonly slow: Record<string, () => Promise<void>>
  wayBackOpen: boolean
}

export function createToyWorld(): ToyWorld {
  const empty = { cells: {}, writes: [], findings: {}, guardsSeen: {}, slow: {} }
  return { ...empty, beforeWrite: () => {}, wayBackOpen: true }
}

export class ToyError extends ChangeoverError {
  readonly code = 'toy.error'
  readonly remedy: Remedy

  constructor(remedy: Remedy, details: Readonly<Record<string, unknown>> = {}) {
    super(`the toy says: ${remedy}`, { details })
    this.remedy = remedy
  }
}

const SetCell = z.object({ cell: z.string(), to: z.number() })
type SetCell = z.output<typeof SetCell>
type Context = StepContext<{ readonly world: ToyWorld }>

async function write(
  { ports: { world }, confirmLease }: Context,
  cell: string,
  to: number,
): Promise<void> {
  await confirmLease()
  world.beforeWrite(cell, to)
  if (world.cells[cell] === to) return
  world.cells[cell] = to
  world.writes.push(`${cell}=${to}`)
}

export const setCellStep = defineStep({
  kind: 'toy.set',
  type: 'change',
  reversibility: 'instant',
  input: SetCell,
  cost: () => 3,
  describe: ({ cell, to }: SetCell) => `${cell} becomes ${to}`,
  estimate: () => ms(1000),
  estimateUndo: () => ms(2000),
  observe: async ({ cell }: SetCell, { ports }: Context) => ports.world.cells[cell] ?? 0,
  isDone: ({ to }, before) => before === to,
  act: ({ cell, to }, _before, context) => write(context, cell, to),
  async verify({ cell, to }, { ports }) {
    const found = ports.world.cells[cell] ?? 0
    return found === to
      ? { kind: 'verified', seen: `${cell} is ${to}` }
      : { kind: 'not-yet', because: `${cell} is ${found}` }
  },
  async wayBack({ cell }, before, { ports }) {
    return ports.world.wayBackOpen
      ? { kind: 'open', inverse: `${cell} becomes ${before} again` }
      : { kind: 'blocked', because: 'the toy is locked' }
  },
  undo: ({ cell }, before, context) => write(context, cell, before),
  async verifyUndone({ cell }, before, { ports }) {
    const found = ports.world.cells[cell] ?? 0
    return isDeepStrictEqual(found, before)
      ? { kind: 'verified', seen: `${cell} is ${before} again` }
      : { kind: 'not-yet', because: `${cell} is ${found}` }
  },
})

const Look = z.object({ name: z.string() })
type Look = z.output<typeof Look>

export const lookCheck = defineCheck({
  kind: 'toy.look',
  type: 'check',
  input: Look,
  describe: ({ name }: Look) => `look at ${name}`,
  estimate: () => ms(5000),
  patience: () => ({ longest: ms(60_000), owner: 'night-lead', then: 'stay' as const }),
  async verify({ name }, { ports, direction, guards }: Context): Promise<Verification> {
    ports.world.guardsSeen[name] = guards
    await ports.world.slow[name]?.()
    ports.world.writes.push(`look ${name} ${direction}`)
    return ports.world.findings[name]?.() ?? { kind: 'verified', seen: `${name} is fine` }
  },
})

export const set = (cell: string, restsAfter = false): PlannedStep => ({
  key: stepKey(cell),
  kind: 'toy.set',
  title: `set ${cell}`,
  input: { cell, to: 1 },
  visited: 'forward',
  restsAfter,
})

export const look = (name: string, visited: PlannedStep['visited'] = 'forward'): PlannedStep => ({
  key: stepKey(name),
  kind: 'toy.look',
  title: `look ${name}`,
  input: { name },
  visited,
  restsAfter: false,
})

export const runbookOf = (
  steps: readonly PlannedStep[],
  guards: readonly Guard[] = [],
): Runbook => ({
  kind: 'toy',
  name: 'toy',
  plan: { name: 'toy', digest: '0', file: 'toy.yaml', settings: null },
  steps,
  guards,
  overrides: [],
})
