import type { RunRequest, RunSummary } from '../engine/ports.ts'
import {
  type JournalEntry,
  type Outcome,
  outcomes,
  type RunEvent,
  type Verb,
} from '../engine/run-event.ts'
import { canonicalJson } from '../kernel/canonical-json.ts'
import { runId, stepKey } from '../kernel/ids.ts'
import { epochMs } from '../kernel/units.ts'

/** A journal entry as the driver gives it. */
export interface StoredEntry {
  readonly run: string
  readonly seq: number
  readonly at_ms: number
  readonly event: RunEvent
  readonly previous_hash: string
  readonly hash: string
}

export function entryOf(row: StoredEntry): JournalEntry {
  return {
    run: runId(row.run),
    seq: row.seq,
    at: epochMs(row.at_ms),
    event: row.event,
    previousHash: row.previous_hash,
    hash: row.hash,
  }
}

/** Entries as the arrays that `unnest` takes: one parameter per column, however many entries. */
export function entryColumns(entries: readonly JournalEntry[]) {
  return {
    runs: entries.map((entry) => entry.run),
    seqs: entries.map((entry) => entry.seq),
    ats: entries.map((entry) => entry.at),
    events: entries.map((entry) => canonicalJson(entry.event)),
    previousHashes: entries.map((entry) => entry.previousHash),
    hashes: entries.map((entry) => entry.hash),
  }
}

/** The outcome that these entries end the run with, if they do. */
export function outcomeIn(entries: readonly JournalEntry[]): Outcome | undefined {
  return entries
    .map((entry) => entry.event)
    .filter((event) => event.kind === 'ended')
    .at(-1)?.outcome
}

export interface StoredSummary {
  readonly run: string
  readonly runbook: string
  readonly created_at_ms: number
  readonly outcome: string | null
  readonly holder: string | null
  readonly wake_at_ms: number
  readonly entries: number
}

export function summaryOf(row: StoredSummary): RunSummary {
  const outcome = outcomes.find((known) => known === row.outcome)
  return {
    run: runId(row.run),
    runbook: row.runbook,
    createdAt: epochMs(row.created_at_ms),
    ...(outcome === undefined ? {} : { outcome }),
    ...(row.holder === null ? {} : { holder: row.holder }),
    wakeAt: epochMs(row.wake_at_ms),
    entries: row.entries,
  }
}

export interface StoredRequest {
  readonly id: string
  readonly run: string
  readonly verb: Verb
  readonly by: string
  readonly reason: string | null
  readonly second_person: string | null
  readonly step: string | null
  readonly typed: string | null
  readonly as_of: number | null
}

export function requestOf(row: StoredRequest): RunRequest {
  return {
    id: row.id,
    run: runId(row.run),
    verb: row.verb,
    by: row.by,
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.second_person === null ? {} : { secondPerson: row.second_person }),
    ...(row.step === null ? {} : { step: stepKey(row.step) }),
    ...(row.typed === null ? {} : { typed: row.typed }),
    ...(row.as_of === null ? {} : { asOf: row.as_of }),
  }
}
