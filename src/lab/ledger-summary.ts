import type { EpochMs } from '../kernel/units.ts'
import { type CallEntry, longestCall, type Outcome, type Violation } from './call-entry.ts'
import type { OfferedCall, Side } from './estate.ts'

/** One caller, as a person has to be told about it. */
export interface NamedCall {
  readonly id: string
  readonly caller: string
  readonly dnis: string
  readonly site: string
  readonly at: EpochMs
  readonly because: string
}

export interface LedgerSummary {
  readonly offered: number
  readonly inProgress: number
  readonly byOutcome: Readonly<Record<Outcome, number>>
  /** Outcomes by the side on which the call ended; a call that no side took is in none. */
  readonly bySide: Readonly<Record<Side, Readonly<Record<Outcome, number>>>>
  /** Calls that an agent answered, by side. */
  readonly answered: Readonly<Record<Side, number>>
  readonly inProgressBySide: Readonly<Record<Side, number>>
  readonly returned: number
  readonly redirected: number
  readonly crm: { readonly written: number; readonly failed: number }
  /** Calls that were given an outcome more than once. */
  readonly doubled: readonly NamedCall[]
  /** Callers who met nobody, and calls that the world lost: nobody accounts for them, so they are named. */
  readonly withoutOutcome: readonly NamedCall[]
  readonly violations: readonly Violation[]
}

interface Context {
  readonly now: EpochMs
  readonly doubled: readonly OfferedCall[]
  readonly violations: readonly Violation[]
}

/** Counts a set of entries; whatever can't be counted into an outcome is named. */
export function summarise(entries: readonly CallEntry[], context: Context): LedgerSummary {
  const totals = {
    byOutcome: noOutcomes(),
    bySide: { pbx: noOutcomes(), 'genesys-cloud': noOutcomes() },
    answered: { pbx: 0, 'genesys-cloud': 0 },
    inProgressBySide: { pbx: 0, 'genesys-cloud': 0 },
    inProgress: 0,
    returned: 0,
    redirected: 0,
    crm: { written: 0, failed: 0 },
  }
  const withoutOutcome: NamedCall[] = []
  for (const entry of entries) {
    countWay(entry, totals)
    const because = whyUnaccounted(entry, context.now)
    if (because !== undefined) withoutOutcome.push(nameCall(entry.call, because))
    else if (entry.outcome === undefined) countOpen(entry, totals)
    if (entry.outcome !== undefined) countOutcome(entry, entry.outcome, totals)
  }
  return {
    offered: entries.length,
    ...totals,
    doubled: context.doubled.map((call) => nameCall(call, 'was given two outcomes')),
    withoutOutcome,
    violations: context.violations,
  }
}

type Totals = {
  -readonly [Key in keyof Omit<
    LedgerSummary,
    'offered' | 'doubled' | 'withoutOutcome' | 'violations'
  >]: Writable<LedgerSummary[Key]>
}
type Writable<T> = T extends number ? T : { -readonly [Key in keyof T]: Writable<T[Key]> }

function countWay(entry: CallEntry, totals: Totals): void {
  if (entry.returned) totals.returned += 1
  if (entry.redirected) totals.redirected += 1
  if (entry.crm !== undefined) totals.crm[entry.crm] += 1
  const side = entry.legs.at(-1)?.side
  if (entry.agent !== undefined && side !== undefined) totals.answered[side] += 1
}

function countOpen(entry: CallEntry, totals: Totals): void {
  totals.inProgress += 1
  const side = entry.legs.at(-1)?.side
  if (side !== undefined) totals.inProgressBySide[side] += 1
}

function countOutcome(entry: CallEntry, outcome: Outcome, totals: Totals): void {
  totals.byOutcome[outcome] += 1
  const side = entry.legs.at(-1)?.side
  if (side !== undefined) totals.bySide[side][outcome] += 1
}

function whyUnaccounted(entry: CallEntry, now: EpochMs): string | undefined {
  if (entry.outcome === 'black-holed') {
    const side = entry.legs.at(-1)?.side ?? entry.attempts.at(-1)?.side ?? 'no side'
    return `met nobody (${side})`
  }
  const isLost = entry.outcome === undefined && now - entry.call.at > longestCall
  return isLost ? 'still up after two hours' : undefined
}

function nameCall({ id, caller, dnis, site, at }: OfferedCall, because: string): NamedCall {
  return { id, caller, dnis, site, at, because }
}

function noOutcomes(): Record<Outcome, number> {
  return { completed: 0, abandoned: 0, 'short-abandoned': 0, failed: 0, 'black-holed': 0 }
}
