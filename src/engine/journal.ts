import { createHash } from 'node:crypto'
import { canonicalJson } from '../kernel/canonical-json.ts'
import type { RunId } from '../kernel/ids.ts'
import type { EpochMs } from '../kernel/units.ts'
import type { JournalEntry, RunEvent } from './run-event.ts'

const beforeTheFirst = '0'.repeat(64)

/** The end of a journal: what the next entry is chained to. */
export interface JournalHead {
  readonly run: RunId
  readonly seq: number
  readonly hash: string
}

export function emptyHead(run: RunId): JournalHead {
  return { run, seq: 0, hash: beforeTheFirst }
}

/** Chains events, in order, to the end of a journal (X15). */
export function chainEntries(
  head: JournalHead,
  at: EpochMs,
  events: readonly RunEvent[],
): readonly JournalEntry[] {
  let { seq, hash } = head
  return events.map((event) => {
    seq += 1
    const body = { run: head.run, seq, at, event: asStored(event), previousHash: hash }
    hash = hashOf(body)
    return { ...body, hash }
  })
}

/** An event as it comes back from the store: plain JSON, members that are undefined left out. */
function asStored(event: RunEvent): RunEvent {
  return JSON.parse(JSON.stringify(event))
}

function hashOf(body: Omit<JournalEntry, 'hash'>): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex')
}

export type JournalVerdict =
  | { readonly kind: 'whole'; readonly entries: number; readonly head: string }
  | { readonly kind: 'broken'; readonly seq: number; readonly because: string }

/**
 * Verifies a journal offline: no gap, no foreign entry, every hash its own and the one before's (X15).
 *
 * A tail that was cut off can't be seen from inside; `expectedHead`, kept elsewhere, shows it.
 */
export function verifyJournal(
  entries: readonly JournalEntry[],
  expectedHead?: string,
): JournalVerdict {
  let previous = beforeTheFirst
  for (const [index, entry] of entries.entries()) {
    const problem = problemOf(entry, index + 1, previous)
    if (problem !== undefined) return { kind: 'broken', seq: entry.seq, because: problem }
    previous = entry.hash
  }
  if (expectedHead !== undefined && expectedHead !== previous) {
    return {
      kind: 'broken',
      seq: entries.length,
      because: 'the last hash is not the one anchored outside: the tail was cut off or replaced',
    }
  }
  return { kind: 'whole', entries: entries.length, head: previous }
}

function problemOf(entry: JournalEntry, seq: number, previous: string): string | undefined {
  const { hash, ...body } = entry
  if (entry.seq !== seq) return `entry ${seq} is missing`
  if (entry.previousHash !== previous) return 'it is not chained to the entry before'
  if (hashOf(body) !== hash) return 'its content is not what was hashed'
  return undefined
}
