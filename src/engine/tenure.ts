import type { WireClock } from '../kernel/clock.ts'
import { type EpochMs, later, type Milliseconds, ms } from '../kernel/units.ts'
import { LeaseLostError } from './errors.ts'
import type { Lease, RunStore } from './ports.ts'

interface TenureParts {
  readonly store: RunStore
  readonly wireClock: WireClock
  /** Wire time. */
  readonly leaseFor: Milliseconds
}

/** One holding of a lease: renews it while it lasts, and knows when it must be assumed lost. */
export interface Tenure {
  readonly lease: () => Lease
  /** Wire time by which, on our own clock, the lease has ended. */
  readonly endsAt: () => EpochMs
  /** Aborted when the lease turns out to be gone: a step under way stops then, and only then. */
  readonly signal: AbortSignal
  renewIfDue(): Promise<void>
  /** Keeps renewing while `work` is under way. */
  during<Value>(work: Value | Promise<Value>): Promise<Value>
}

/** @param asked wire time just before the lease was asked for: on our own clock it ends `leaseFor` after that */
export function createTenure(
  { store, wireClock, leaseFor }: TenureParts,
  granted: Lease,
  asked: EpochMs,
): Tenure {
  let lease = granted
  const gone = new AbortController()
  let endsAt = later(asked, leaseFor)

  const renew = async () => {
    const askedAgain = wireClock.now()
    try {
      lease = await store.renew(lease, leaseFor)
      endsAt = later(askedAgain, leaseFor)
    } catch (thrown) {
      if (thrown instanceof LeaseLostError) gone.abort(thrown)
      throw thrown
    }
  }
  const renewIfDue = async () => {
    if (wireClock.now() > endsAt - leaseFor / 2) await renew()
  }

  return {
    lease: () => lease,
    endsAt: () => endsAt,
    signal: gone.signal,
    renewIfDue,
    async during(work) {
      const over = new AbortController()
      const renewing = keepRenewing(renew, wireClock, ms(leaseFor / 3), over.signal)
      try {
        return await work
      } finally {
        over.abort()
        await renewing
      }
    },
  }
}

/**
 * Renews until `signal` is aborted or the lease is gone. A store that can't be reached is asked again:
 * the lease may outlive the outage, and if it does not, the next append or write finds it gone.
 */
async function keepRenewing(
  renew: () => Promise<void>,
  clock: WireClock,
  every: Milliseconds,
  signal: AbortSignal,
): Promise<void> {
  while (await sleptThrough(clock, every, signal)) {
    try {
      await renew()
    } catch (thrown) {
      if (thrown instanceof LeaseLostError) return
    }
  }
}

async function sleptThrough(clock: WireClock, duration: Milliseconds, signal: AbortSignal) {
  try {
    await clock.sleep(duration, signal)
    return true
  } catch {
    return false
  }
}
