import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { chainEntries, emptyHead } from '../../src/engine/journal.ts'
import type { JournalEntry, RunEvent } from '../../src/engine/run-event.ts'
import { foldJournal, type RunState } from '../../src/engine/run-state.ts'
import type { Guard, PlannedStep, Runbook } from '../../src/engine/runbook.ts'
import {
  defineCheck,
  defineStep,
  type GuardView,
  type StepContext,
  type Verification,
} from '../../src/engine/step.ts'
import { ChangeoverError, type Remedy } from '../../src/kernel/errors.ts'
import { runId, stepKey } from '../../src/kernel/ids.ts'
import { type EpochMs, epochMs, ms } from '../../src/kernel/units.ts'

/** A world of named cells: the smallest thing that can be changed, looked at and put back. */
export interface ToyWorld {
  readonly cells: Record<string, number>
  /** Every write that arrived, in order. */
  readonly writes: string[]
  /** Called before a write takes effect; may throw. */
  beforeWrite: (cell: string, to: number) => void
  /** Called before a cell is observed; may throw. */
  beforeRead: (cell: string) => void
  /** What a check finds instead of looking at its cell, given what it asked to remember. */
  readonly findings: Record<string, (remembered?: unknown) => Verification>
  /** What the guards had said when a check was asked. */
  readonly guardsSeen: Record<string, readonly GuardView[]>
  /** What a check waits for before it answers. */
  readonly slow: Record<string, () => Promise<void>>
  wayBackOpen: boolean
}

export function createToyWorld(): ToyWorld {
  const empty = { cells: {}, writes: [], findings: {}, guardsSeen: {}, slow: {} }
  return { ...empty, beforeWrite: () => {}, beforeRead: () => {}, wayBackOpen: true }
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
  async observe({ cell }: SetCell, { ports }: Context) {
    ports.world.beforeRead(cell)
    return ports.world.cells[cell] ?? 0
  },
  isDone: ({ to }, before) => before === to,
  effect: ({ to }, before) => `${before} → ${to}`,
  leaves: { thing: ({ cell }) => cell, after: ({ to }) => to },
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

/** What a person does to a cell, and confirms by typing the cell's name. */
export const handStep = defineStep({
  kind: 'toy.hand',
  type: 'change',
  reversibility: 'bounded',
  input: SetCell,
  cost: () => 0,
  describe: ({ cell, to }: SetCell) => `a person makes ${cell} ${to}`,
  estimate: () => ms(1000),
  estimateUndo: () => ms(2000),
  observe: async () => null,
  isDone: () => false,
  isUnreadable: true,
  effect: ({ cell, to }) => `by hand: ${cell} becomes ${to}`,
  act: async () => {},
  verify: async ({ cell, to }, context: Context) => byHand(cell, to, context),
  wayBack: async ({ cell }) => ({ kind: 'open', inverse: `a person makes ${cell} 0` }),
  undo: async () => {},
  verifyUndone: async ({ cell }, _before, context) => byHand(cell, 0, context),
})

function byHand(cell: string, to: number, { confirmed }: Context): Verification {
  if (confirmed !== undefined) return { kind: 'verified', seen: `${confirmed.by} says so` }
  const hold = { longest: ms(600_000), owner: 'night-lead', then: 'roll-back' } as const
  return { kind: 'by-hand', because: `make ${cell} ${to}`, expects: cell, hold }
}

export const hand = (cell: string): PlannedStep => ({ ...set(cell), kind: 'toy.hand' })

const Look = z.object({ name: z.string() })
type Look = z.output<typeof Look>

export const lookCheck = defineCheck({
  kind: 'toy.look',
  type: 'check',
  input: Look,
  describe: ({ name }: Look) => `look at ${name}`,
  estimate: () => ms(5000),
  patience: () => ({ longest: ms(60_000), owner: 'night-lead', then: 'stay' as const }),
  async verify({ name }, { ports, ...context }: Context): Promise<Verification> {
    const { direction, guards, remembered } = context
    ports.world.guardsSeen[name] = guards
    await ports.world.slow[name]?.()
    ports.world.writes.push(`look ${name} ${direction}`)
    return ports.world.findings[name]?.(remembered) ?? { kind: 'verified', seen: `${name} is fine` }
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

export const startOfToy = epochMs(Date.UTC(2026, 10, 20, 12))

/** The state after these events, all at the start of the test; the last ones at times of their own. */
export function toyState(
  runbook: Runbook,
  events: readonly RunEvent[],
  ...timed: readonly (readonly [RunEvent, EpochMs])[]
): RunState {
  const created: RunEvent = { kind: 'run-created', runbook, by: 'anna' }
  const all = [created, ...events].map((event) => [event, startOfToy] as const)
  const entries: JournalEntry[] = []
  for (const [event, at] of [...all, ...timed])
    entries.push(...chainEntries(entries.at(-1) ?? emptyHead(runId('toy-1')), at, [event]))
  return foldJournal(entries)
}
