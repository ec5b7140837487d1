import type { RunId, StepKey } from '../kernel/ids.ts'
import type { EpochMs, Milliseconds } from '../kernel/units.ts'
import type { JournalEntry, Outcome, Verb } from './run-event.ts'

/** The right to write to one run, until it ends or is taken over. */
export interface Lease {
  readonly run: RunId
  readonly holder: string
  /** Grows with every holder; a write with an older one is refused by the store. */
  readonly fencing: number
  /** On the store's clock; renewed well before. */
  readonly until: EpochMs
  /**
   * The holder before vanished without letting go. Its last request may still be on its way: nothing
   * is written before the old lease's end plus the longest request timeout have passed (promise 5).
   */
  readonly takenOver: boolean
  /** World time at which the run had wanted to be looked at: long ago where nobody was there to do it. */
  readonly dueSince: EpochMs
  /** How much of the holder before's lease was left when this one was granted; 0 if it had ended. Wire time. */
  readonly quarantine: Milliseconds
  /**
   * Which history of which database granted it; absent when the database does not tell. A standby that was
   * promoted since is another one, and there the lease is lost, whoever holds it there.
   */
  readonly timeline?: string
  /** The history under which the run was last written to, if it is another: the last entries may be gone. */
  readonly promotedFrom?: string
}

/** An operator's request, not yet looked at by the run's runner. */
export interface RunRequest {
  readonly id: string
  readonly run: RunId
  readonly verb: Verb
  readonly by: string
  readonly reason?: string
  readonly secondPerson?: string
  /** Of `confirm`, `retry` and `skip`: the step that whoever asks was shown; it is of no other. */
  readonly step?: StepKey
  /**
   * Number of the journal's last entry that whoever asks had seen. What the run has asked for since then is
   * not confirmed by it; nor is a step left as it is, for a skip that was of the way forward.
   */
  readonly asOf?: number
  readonly typed?: string
}

export interface RunSummary {
  readonly run: RunId
  readonly runbook: string
  readonly createdAt: EpochMs
  readonly outcome?: Outcome
  readonly holder?: string
  /** World time at which it wants to be looked at again. */
  readonly wakeAt: EpochMs
  readonly entries: number
}

/**
 * Where runs live. All methods are atomic; what one returns is durable.
 *
 * Only the lease's holder appends. Operators' requests are rows of their own, which the holder turns
 * into journal entries; so the journal has one writer at any time.
 */
export interface RunStore {
  /**
   * Stores a run with its first entry.
   *
   * @throws {RunAlreadyOpenError} when a run of the same runbook name has not ended
   */
  create(first: JournalEntry, runbookName: string): Promise<void>
  /** @param after number of the last entry that is not wanted; 0: the whole journal */
  readJournal(run: RunId, after?: number): Promise<readonly JournalEntry[]>
  list(): Promise<readonly RunSummary[]>
  /**
   * Grants the lease of one run that wants to be looked at: not ended, not leased (or its lease has run
   * out), and due (`wakeAt` reached, or a request is waiting, or the database is another one than the run
   * was last written to in). Undefined when there is none.
   *
   * The lease says `promotedFrom` until something is appended under it: only then the run has been
   * worked on in this history. Its fencing number is past all that the lost commits may have granted.
   *
   * @param now world time, for `wakeAt`
   */
  claim(
    holder: string,
    leaseFor: Milliseconds,
    now: EpochMs,
    only?: RunId,
  ): Promise<Lease | undefined>
  /** @throws {LeaseLostError} when it is no longer the holder's, or the database was promoted since */
  renew(lease: Lease, leaseFor: Milliseconds): Promise<Lease>
  /** One cheap read, made immediately before each write to the outside. @throws {LeaseLostError} */
  confirm(lease: Lease): Promise<void>
  /** Lets go, and says when to look again. Does nothing when the lease is no longer the holder's. */
  release(lease: Lease, wakeAt: EpochMs): Promise<void>
  /**
   * Adds entries at the journal's end and marks `handled` requests as seen, in one commit. Returns the
   * requests that wait for this run now, oldest first, so that nobody has to look after each entry.
   *
   * @throws {LeaseLostError} when the lease is no longer the holder's, or another wrote at this place
   */
  append(
    lease: Lease,
    entries: readonly JournalEntry[],
    handled?: readonly string[],
  ): Promise<readonly RunRequest[]>
  request(request: Omit<RunRequest, 'id'>): Promise<string>
  pendingRequests(run: RunId): Promise<readonly RunRequest[]>
  /** Calls back within 200 ms of every request made, whoever made it. Returns what ends it. */
  onRequest(listener: (run: RunId) => void): Promise<() => Promise<void>>
}
