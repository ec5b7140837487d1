import { lookAhead, type Outlook } from '../engine/look-ahead.ts'
import type { Runbook } from '../engine/runbook.ts'
import type { StepContext } from '../engine/step.ts'
import type { StepList } from '../engine/step-list.ts'
import { epoch } from '../kernel/authority.ts'
import type { WireClock, WorldClock } from '../kernel/clock.ts'
import { invariant } from '../kernel/invariant.ts'
import { later, ms } from '../kernel/units.ts'

/** Longest that a dry run may ask one estate. Wire time. */
const longestPreview = ms(10 * 60_000)

export interface PreviewParts {
  readonly steps: StepList
  readonly ports: unknown
  readonly worldClock: WorldClock
  readonly wireClock: WireClock
  readonly signal: AbortSignal
}

/** What a run of this runbook would do to the world as it is now. Reads only: a write has no lease, and fails. */
export function previewWave(runbook: Runbook, parts: PreviewParts): Promise<readonly Outlook[]> {
  const { steps, ports, worldClock, wireClock, signal } = parts
  const context: StepContext<unknown> = {
    ports,
    signal,
    clock: worldClock,
    startedAt: worldClock.now(),
    direction: 'forward',
    epoch: epoch(0),
    deadline: later(wireClock.now(), longestPreview),
    confirmLease: () => Promise.resolve(invariant(false, 'a dry run writes nothing')),
  }
  return lookAhead(runbook, steps, context)
}
