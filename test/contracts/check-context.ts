import type { GuardView, StepContext } from '../../src/engine/step.ts'
import { epoch } from '../../src/kernel/authority.ts'
import type { ErrorFacts } from '../../src/kernel/errors.ts'
import { epochMs } from '../../src/kernel/units.ts'

/** A context for asking one step once: `elapsed` is the world time since it was first looked at. */
export function checkContext<Ports>(
  ports: Ports,
  {
    elapsed = 0,
    direction = 'forward',
    guards = [],
    lastError,
  }: {
    elapsed?: number
    direction?: 'forward' | 'back'
    guards?: readonly GuardView[]
    lastError?: ErrorFacts
  } = {},
): StepContext<Ports> {
  const start = 1_700_000_000_000
  let now = start + elapsed
  return {
    ports,
    signal: new AbortController().signal,
    epoch: epoch(1),
    deadline: epochMs(Number.MAX_SAFE_INTEGER),
    startedAt: epochMs(start),
    direction,
    guards,
    ...(lastError === undefined ? {} : { lastError }),
    clock: {
      kind: 'world',
      now: () => epochMs(now),
      sleep: async (duration) => {
        now += duration
      },
    },
    confirmLease: async () => {},
  }
}
