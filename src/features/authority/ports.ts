import type { Epoch } from '../../kernel/authority.ts'
import type { RunId } from '../../kernel/ids.ts'
import type { EpochMs } from '../../kernel/units.ts'

/**
 * The policy version in force for one subject: what sends each caller to exactly one side (D3).
 *
 * The subject is the smallest unit the lever moves: a DNS name, which may carry many numbers.
 */
export interface Authority {
  readonly subject: string
  readonly policyVersion: number
  /** What the version says, for people and for the ledger: `all pbx`, `10% cloud, rest returned`. */
  readonly policy: string
  /** Share of callers that the target keeps, 0 to 10000; 0 with `selected: 'source'`. */
  readonly boundary: number
  /** Which side new calls are sent to. */
  readonly selected: 'source' | 'target'
  readonly epoch: Epoch
  readonly since: EpochMs
  readonly byRun: RunId
}

/** A new version, before the store has numbered it. */
export type AuthorityChange = Omit<Authority, 'policyVersion' | 'epoch'>

/** The record of authority. Changed by compare-and-set only; every change is one recorded fact. */
export interface AuthorityStore {
  read(subject: string): Promise<Authority | undefined>
  /** Every version there ever was. Oldest first; the last is the one in force. */
  history(subject: string): Promise<readonly Authority[]>
  /**
   * Makes `next` the authority if `expectedEpoch` is in force (0: none yet), under the next numbers.
   *
   * They are one more, unless the database was promoted since the last: then commits may be lost that
   * had granted the next ones already, and they jump past all of those (D3).
   *
   * @throws {AuthorityMovedError} when another epoch is in force; nothing was changed
   */
  compareAndSet(expectedEpoch: number, next: AuthorityChange): Promise<Authority>
}
