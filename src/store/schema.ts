import type { Generated, JSONColumnType } from 'kysely'
import type { RunEvent, Verb } from '../engine/run-event.ts'

/** One run, its lease and how far its journal goes. Instants of world time are `…_at_ms`, see the migration. */
export interface RunRow {
  readonly run: string
  readonly runbook: string
  readonly created_at_ms: number
  readonly outcome: string | null
  readonly wake_at_ms: number
  readonly entries: number
  readonly lease_holder: string | null
  readonly lease_fencing: Generated<string>
  readonly lease_until: Date | null
  /** Under which history of the database it was last written to, see the migration. */
  readonly timeline: string | null
}

export interface JournalEntryRow {
  readonly run: string
  readonly seq: number
  readonly at_ms: number
  readonly event: JSONColumnType<RunEvent>
  readonly previous_hash: string
  readonly hash: string
}

export interface RunRequestRow {
  readonly id: Generated<string>
  readonly run: string
  readonly verb: Verb
  readonly by: string
  readonly reason: string | null
  readonly second_person: string | null
  readonly step: string | null
  readonly typed: string | null
  readonly as_of: number | null
  readonly requested_at: Generated<Date>
  readonly seen_at: Date | null
}

export interface AuthorityRow {
  readonly subject: string
  readonly policy_version: number
  readonly policy: string
  readonly boundary: number
  readonly selected: 'source' | 'target'
  readonly epoch: number
  readonly since_ms: number
  readonly by_run: string
}

/** Every table, by the name it has in the database. */
export interface Schema {
  readonly runs: RunRow
  readonly journal_entries: JournalEntryRow
  readonly run_requests: RunRequestRow
  readonly authority: AuthorityRow & { readonly timeline: string | null }
  readonly authority_history: AuthorityRow & { readonly recorded_at: Generated<Date> }
  readonly timelines: { readonly timeline: string; readonly since: Generated<Date> }
}
