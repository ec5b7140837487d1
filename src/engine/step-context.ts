import { epoch, type WriteLimits } from '../kernel/authority.ts'
import type { WireClock, WorldClock } from '../kernel/clock.ts'
import { type EpochMs, epochMs, later, type Milliseconds } from '../kernel/units.ts'
import { LeaseLostError } from './errors.ts'
import type { Known } from './performer.ts'
import type { RunStore } from './ports.ts'
import type { Direction, StepContext } from './step.ts'
import type { Tenure } from './tenure.ts'

interface ContextParts {
  readonly store: RunStore
  readonly worldClock: WorldClock
  readonly wireClock: WireClock
  readonly longestRequest: Milliseconds
}

/** Makes what one call into a step is given, within the limits of this holding of the lease (promise 5). */
export function contextMaker(parts: ContextParts, tenure: Tenure, ports: unknown) {
  return (
    startedAt: EpochMs,
    direction: Direction,
    known: Known = { guards: [] },
  ): StepContext<unknown> => ({
    ...known,
    ...writeLimits(parts, tenure),
    // Read anew at each write, because the lease is renewed while a long step is under way.
    get deadline() {
      return deadlineOf(parts, tenure)
    },
    ports,
    clock: parts.worldClock,
    startedAt,
    direction,
  })
}

function deadlineOf({ wireClock, longestRequest }: ContextParts, tenure: Tenure): EpochMs {
  return epochMs(Math.min(tenure.endsAt(), later(wireClock.now(), longestRequest)))
}

function writeLimits(parts: ContextParts, tenure: Tenure): WriteLimits {
  return {
    // Ctrl-C does not tear a step that is under way: the loop stops between two.
    signal: tenure.signal,
    epoch: epoch(tenure.lease().fencing),
    deadline: deadlineOf(parts, tenure),
    async confirmLease() {
      const lease = tenure.lease()
      await parts.store.confirm(lease)
      // Our own clock decides too: what was confirmed before a long freeze is confirmed no more.
      if (parts.wireClock.now() >= tenure.endsAt())
        throw new LeaseLostError(lease.run, lease.holder)
    },
  }
}
