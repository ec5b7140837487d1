import { lookAhead, type Outlook } from '../engine/look-ahead.ts'
import type { Runbook } from '../engine/runbook.ts'
import type { StepContext } from '../engine/step.ts'
import type { Plan } from '../features/plan/index.ts'
import { judgeWindow, type WindowOutlook } from '../features/waves/index.ts'
import { epoch } from '../kernel/authority.ts'
import type { WaveId } from '../kernel/ids.ts'
import { InvariantError } from '../kernel/invariant.ts'
import { later, ms } from '../kernel/units.ts'
import type { Application } from './application.ts'

export interface Preview {
  readonly runbook: Runbook
  readonly outlooks: readonly Outlook[]
  /** Absent of a wave without a window. */
  readonly window?: WindowOutlook
}

/** Longest that a dry run may ask one estate. Wire time. */
const longestPreview = ms(10 * 60_000)

/** What a run of this wave would do to the world as it is now. Reads only: a write has no lease, and fails. */
export async function previewWave(
  application: Application,
  { plan, wave }: { readonly plan: Plan; readonly wave: WaveId },
  signal: AbortSignal,
): Promise<Preview> {
  const { steps, worldClock, wireClock } = application
  const { runbook } = await application.compile(plan, wave)
  const context: StepContext<unknown> = {
    ports: await application.connect(plan),
    signal,
    clock: worldClock,
    startedAt: worldClock.now(),
    direction: 'forward',
    guards: [],
    epoch: epoch(0),
    deadline: later(wireClock.now(), longestPreview),
    confirmLease: () => Promise.reject(new InvariantError('a dry run writes nothing')),
  }
  const window = judgeWindow(plan, wave, worldClock.now())
  const outlooks = await lookAhead(runbook, steps, context)
  return { runbook, outlooks, ...(window === undefined ? {} : { window }) }
}
