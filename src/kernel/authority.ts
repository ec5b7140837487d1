import type { Brand } from './brand.ts'
import type { EpochMs } from './units.ts'

/** Number of the authority under which a write is made; grows with every hand-over. */
export type Epoch = Brand<number, 'Epoch'>

export const epoch = (value: number) => value as Epoch

/**
 * What every write to the outside is given: how long it may take, under whose authority it is made.
 *
 * Fencing in layers (design, "Authority and epochs"): `confirmLease` is called immediately before the
 * request leaves, and the request has ended, one way or the other, by `deadline`.
 */
export interface WriteLimits {
  readonly signal: AbortSignal
  /** On the wire clock, inside the runner's lease. */
  readonly deadline: EpochMs
  readonly epoch: Epoch
  /**
   * Asks the database whether this runner still holds the run. Adapters call it before each write.
   *
   * @throws {LeaseLostError} when somebody else holds it now; nothing may be sent then
   */
  confirmLease(): Promise<void>
}
