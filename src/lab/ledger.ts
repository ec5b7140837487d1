import { invariant } from '../kernel/invariant.ts'
import type { EpochMs, Milliseconds } from '../kernel/units.ts'
import type { CallEntry, Outcome, Violation } from './call-entry.ts'
import type { OfferedCall, Side } from './estate.ts'
import { type LedgerSummary, summarise } from './ledger-summary.ts'

/** The world's own book of what happened to every caller; no platform and no product writes into it. */
export interface Ledger {
  offer(call: OfferedCall): CallEntry
  attempt(call: OfferedCall, side: Side | 'none', answer: string): void
  /** The call is up on this side from now on; a leg on the other side stays open below it. */
  openLeg(call: OfferedCall, side: Side): void
  markPassed(call: OfferedCall, how: 'returned' | 'redirected'): void
  markAnswered(call: OfferedCall, agent: string): void
  markCrm(call: OfferedCall, how: 'written' | 'failed'): void
  /** The one outcome of a call; a second one is counted as doubled, and changes nothing. */
  settle(call: OfferedCall, outcome: Outcome): void
  violate(sentence: string): void
  entries(): readonly CallEntry[]
  violations(): readonly Violation[]
  /** Everything since the start, or of the calls offered since an instant. */
  summary(): LedgerSummary
  since(instant: EpochMs): LedgerSummary
  /** Calls taken per second on each side over the last `window`. */
  perSecond(window: Milliseconds): Readonly<Record<Side, number>>
}

export function createLedger(now: () => EpochMs): Ledger {
  const entries: CallEntry[] = []
  const byId = new Map<string, CallEntry>()
  const taken: { readonly at: EpochMs; readonly side: Side }[] = []
  const violations: Violation[] = []
  const doubled: OfferedCall[] = []
  const entryOf = (call: OfferedCall) => {
    const entry = byId.get(call.id)
    invariant(entry !== undefined, `call ${call.id} was never offered`)
    return entry
  }
  const summaryOf = (chosen: readonly CallEntry[], from: EpochMs | undefined) =>
    summarise(chosen, {
      now: now(),
      doubled: doubled.filter(({ at }) => from === undefined || at >= from),
      violations: violations.filter(({ at }) => from === undefined || at >= from),
    })

  return {
    offer(call) {
      const entry = newEntry(call)
      entries.push(entry)
      byId.set(call.id, entry)
      return entry
    },
    attempt: (call, side, answer) => {
      entryOf(call).attempts.push({ side, answer })
    },
    openLeg(call, side) {
      entryOf(call).legs.push({ side, from: now() })
      taken.push({ at: now(), side })
    },
    markPassed(call, how) {
      entryOf(call)[how] = true
    },
    markAnswered(call, agent) {
      entryOf(call).agent = agent
    },
    markCrm(call, how) {
      entryOf(call).crm = how
    },
    settle(call, outcome) {
      const entry = entryOf(call)
      if (entry.outcome === undefined) settleEntry(entry, outcome, now())
      else doubled.push(call)
    },
    violate: (sentence) => {
      violations.push({ at: now(), sentence })
    },
    entries: () => entries,
    violations: () => violations,
    summary: () => summaryOf(entries, undefined),
    since: (instant) =>
      summaryOf(
        entries.filter(({ call }) => call.at >= instant),
        instant,
      ),
    perSecond: (window) => ratesOf(taken, now(), window),
  }
}

function newEntry(call: OfferedCall): CallEntry {
  return { call, attempts: [], legs: [], returned: false, redirected: false }
}

function settleEntry(entry: CallEntry, outcome: Outcome, now: EpochMs): void {
  entry.outcome = outcome
  entry.endedAt = now
  for (const [index, leg] of entry.legs.entries()) {
    leg.to = now
    leg.how = index === entry.legs.length - 1 ? outcome : 'passed-on'
  }
}

function ratesOf(
  taken: readonly { readonly at: EpochMs; readonly side: Side }[],
  now: EpochMs,
  window: Milliseconds,
): Readonly<Record<Side, number>> {
  const counts = { pbx: 0, 'genesys-cloud': 0 }
  for (let index = taken.length - 1; index >= 0; index -= 1) {
    const one = taken[index]
    if (one === undefined || one.at < now - window) break
    counts[one.side] += 1
  }
  const seconds = window / 1000
  return { pbx: counts.pbx / seconds, 'genesys-cloud': counts['genesys-cloud'] / seconds }
}
