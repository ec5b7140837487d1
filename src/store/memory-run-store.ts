import { LeaseLostError, RunAlreadyOpenError, RunNotFoundError } from '../engine/errors.ts'
import type { Lease, RunRequest, RunStore, RunSummary } from '../engine/ports.ts'
import type { JournalEntry, Outcome } from '../engine/run-event.ts'
import { canonicalJson } from '../kernel/canonical-json.ts'
import type { WireClock } from '../kernel/clock.ts'
import type { RunId } from '../kernel/ids.ts'
import { type EpochMs, later, type Milliseconds, ms } from '../kernel/units.ts'
import { outcomeIn } from './run-rows.ts'

interface StoredRun {
  readonly run: RunId
  readonly runbook: string
  readonly createdAt: EpochMs
  readonly journal: JournalEntry[]
  readonly requests: RunRequest[]
  outcome: Outcome | undefined
  wakeAt: EpochMs
  fencing: number
  /** The history under which it was last written to. */
  timeline: string
  lease: { readonly holder: string; readonly until: EpochMs } | undefined
}

interface MemoryParts {
  readonly wireClock: WireClock
  /** Which history this is on now: another one after a promotion. */
  readonly timeline?: () => string
}

/** Numbers granted by commits that are lost are fewer than this, in a simulation. */
const skipped = 1_000_000

/** Runs in this process's memory, for simulations and tests. The PostgreSQL store keeps the same contract. */
export function createMemoryRunStore(parts: MemoryParts): RunStore {
  const { wireClock, timeline = () => 'memory/1' } = parts
  const table = createRunTable(wireClock, timeline)
  const listeners = new Set<(run: RunId) => void>()
  return {
    create: (first, runbook) => promised(() => table.create(first, runbook)),
    readJournal: (run, after = 0) =>
      promised(() => [...(table.find(run)?.journal.slice(after) ?? [])]),
    list: () => promised(table.list),
    claim: (holder, leaseFor, now, only) =>
      promised(() =>
        lend(
          table.nextClaimable(now, only),
          { holder, until: later(wireClock.now(), leaseFor), timeline: timeline() },
          now,
        ),
      ),
    renew: (lease, leaseFor) => promised(() => table.renew(lease, leaseFor)),
    confirm: (lease) => promised(() => void table.mustHold(lease)),
    release: (lease, wakeAt) => promised(() => table.release(lease, wakeAt)),
    append: (lease, entries, handled = []) =>
      promised(() => append(table.mustHold(lease), lease, entries, handled)),
    request: (request) =>
      promised(() => {
        const id = table.request(request)
        for (const listener of listeners) queueMicrotask(() => listener(request.run))
        return id
      }),
    pendingRequests: (run) => promised(() => [...(table.find(run)?.requests ?? [])]),
    onRequest: (listener) => {
      const own = (run: RunId) => listener(run)
      listeners.add(own)
      return Promise.resolve(() => promised(() => void listeners.delete(own)))
    },
  }
}

/** A refusal is a rejected promise, as it is in PostgreSQL. */
function promised<Answer>(answer: () => Answer): Promise<Answer> {
  return new Promise((resolve) => resolve(answer()))
}

function createRunTable(wireClock: WireClock, timeline: () => string) {
  const runs = new Map<RunId, StoredRun>()
  const began = timeline()
  let requestsMade = 0

  const heldBy = (lease: Lease): StoredRun | undefined => {
    const stored = runs.get(lease.run)
    const current = stored?.lease
    if (stored === undefined || current === undefined) return undefined
    const same = current.holder === lease.holder && stored.fencing === lease.fencing
    const isHere = lease.timeline === timeline()
    return same && isHere && current.until > wireClock.now() ? stored : undefined
  }
  const mustHold = (lease: Lease): StoredRun => {
    const stored = heldBy(lease)
    if (stored === undefined) throw new LeaseLostError(lease.run, lease.holder)
    return stored
  }

  return {
    mustHold,
    find: (run: RunId) => runs.get(run),
    list: () => [...runs.values()].map((stored) => summaryOf(stored, wireClock.now())),
    create(first: JournalEntry, runbook: string) {
      const open = [...runs.values()].find(
        (stored) => stored.run === first.run || (stored.runbook === runbook && isOpen(stored)),
      )
      if (open !== undefined) throw new RunAlreadyOpenError(runbook, open.run)
      const fencing = timeline() === began ? 0 : skipped
      runs.set(first.run, newRun(first, runbook, { fencing, timeline: timeline() }))
    },
    nextClaimable: (now: EpochMs, only: RunId | undefined) =>
      [...runs.values()]
        .filter((stored) => only === undefined || stored.run === only)
        .filter((stored) =>
          isClaimable(stored, { wireNow: wireClock.now(), now, timeline: timeline() }),
        )
        .sort((a, b) => a.wakeAt - b.wakeAt || (a.run < b.run ? -1 : 1))[0],
    renew(lease: Lease, leaseFor: Milliseconds): Lease {
      const until = later(wireClock.now(), leaseFor)
      mustHold(lease).lease = { holder: lease.holder, until }
      return { ...lease, until }
    },
    release(lease: Lease, wakeAt: EpochMs) {
      const stored = heldBy(lease)
      if (stored === undefined) return
      stored.lease = undefined
      stored.wakeAt = wakeAt
    },
    request(request: Omit<RunRequest, 'id'>): string {
      const stored = runs.get(request.run)
      if (stored === undefined) throw new RunNotFoundError(request.run)
      requestsMade += 1
      stored.requests.push({ ...request, id: String(requestsMade) })
      return String(requestsMade)
    },
  }
}

function lend(
  stored: StoredRun | undefined,
  to: Pick<Lease, 'holder' | 'until'> & { readonly timeline: string },
  now: EpochMs,
): Lease | undefined {
  if (stored === undefined) return undefined
  const takenOver = stored.lease !== undefined
  const dueSince = stored.wakeAt
  const promoted = stored.timeline !== to.timeline ? { promotedFrom: stored.timeline } : {}
  stored.fencing += stored.timeline === to.timeline ? 1 : skipped
  stored.lease = { holder: to.holder, until: to.until }
  stored.wakeAt = stored.wakeAt < now ? stored.wakeAt : now
  const { run, fencing } = stored
  return { run, ...to, ...promoted, fencing, takenOver, dueSince, quarantine: ms(0) }
}

function append(
  stored: StoredRun,
  lease: Lease,
  entries: readonly JournalEntry[],
  handled: readonly string[],
): readonly RunRequest[] {
  if (!isWritten(stored, entries)) write(stored, lease, entries)
  stored.timeline = lease.timeline ?? stored.timeline
  const open = stored.requests.filter((request) => !handled.includes(request.id))
  stored.requests.splice(0, stored.requests.length, ...open)
  return open
}

function newRun(
  first: JournalEntry,
  runbook: string,
  here: Pick<StoredRun, 'fencing' | 'timeline'>,
): StoredRun {
  return {
    run: first.run,
    runbook,
    createdAt: first.at,
    journal: [asStored(first)],
    requests: [],
    outcome: outcomeIn([first]),
    wakeAt: first.at,
    ...here,
    lease: undefined,
  }
}

/** Through JSON, as a database would have it: what does not survive that shows here too. */
function asStored(entry: JournalEntry): JournalEntry {
  return { ...entry, event: JSON.parse(canonicalJson(entry.event)) }
}

const isOpen = (stored: StoredRun) => stored.outcome === undefined

interface Moment {
  readonly wireNow: EpochMs
  readonly now: EpochMs
  readonly timeline: string
}

function isClaimable(stored: StoredRun, { wireNow, now, timeline }: Moment): boolean {
  if (!isOpen(stored)) return false
  if (stored.lease !== undefined && stored.lease.until > wireNow) return false
  return stored.wakeAt <= now || stored.requests.length > 0 || stored.timeline !== timeline
}

/** An append whose answer was lost is repeated by its caller; it is done once. */
function isWritten(stored: StoredRun, entries: readonly JournalEntry[]): boolean {
  const last = entries.at(-1)
  const end = stored.journal.at(-1)
  return last !== undefined && end?.seq === last.seq && end.hash === last.hash
}

function write(stored: StoredRun, lease: Lease, entries: readonly JournalEntry[]) {
  const first = entries[0]
  if (first === undefined) return
  if (first.seq !== stored.journal.length + 1) throw new LeaseLostError(lease.run, lease.holder)
  stored.journal.push(...entries.map(asStored))
  stored.outcome = outcomeIn(entries) ?? stored.outcome
}

function summaryOf(stored: StoredRun, wireNow: EpochMs): RunSummary {
  const { run, runbook, createdAt, outcome, wakeAt, lease, journal } = stored
  return {
    run,
    runbook,
    createdAt,
    ...(outcome === undefined ? {} : { outcome }),
    ...(lease !== undefined && lease.until > wireNow ? { holder: lease.holder } : {}),
    wakeAt,
    entries: journal.length,
  }
}
