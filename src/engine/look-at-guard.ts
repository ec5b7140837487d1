import { errorFacts } from '../kernel/errors.ts'
import { type EpochMs, later } from '../kernel/units.ts'
import { isWatching, watchesSince } from './decide-next.ts'
import { LeaseLostError } from './errors.ts'
import { isNoted, type Performed } from './performed.ts'
import type { Performer } from './performer.ts'
import type { RunEvent } from './run-event.ts'
import type { GuardState, RunState } from './run-state.ts'
import type { Guard } from './runbook.ts'
import type { GuardView, StepContext, Verification } from './step.ts'

/** A guard that can't be asked is one without data: noted, never a breach and never a pass. */
export async function lookAtGuard(
  performer: Performer,
  state: RunState,
  guard: Guard,
): Promise<Performed> {
  const since = watchesSince(state, guard) ?? state.createdAt
  const context = performer.contextFor(since, 'forward')
  const verification = await askGuard(performer, guard, context)
  // From now on, not from when it was asked: a guard that is slow to answer leaves the steps their time.
  const now = context.clock.now()
  const lookAgain = { key: guard.key, at: later(now, guard.every) }
  const seen = verification.kind === 'verified' ? verification.seen : verification.because
  const looked: RunEvent = {
    kind: 'guard-looked',
    guard: guard.key,
    verdict: verification.kind,
    seen,
  }
  if (verification.kind === 'failed') {
    const because = `${guard.title}: ${seen}`
    return { events: [looked, { kind: 'rollback-started', because, by: 'changeover' }] }
  }
  return { events: isKnownOf(state.guards[guard.key], looked, now) ? [] : [looked], lookAgain }
}

/** A guard without an answer is written down again every five minutes: it must not be silent for hours. */
function isKnownOf(
  last: GuardState | undefined,
  { verdict, seen }: Extract<RunEvent, { kind: 'guard-looked' }>,
  now: EpochMs,
): boolean {
  if (last?.verdict !== verdict) return false
  return verdict === 'verified' || last.seen === seen || isNoted(last, now)
}

/** What steps are told of the guards that watch now. */
export function viewGuards(state: RunState): readonly GuardView[] {
  return state.runbook.guards
    .filter((guard) => isWatching(state, guard))
    .map(({ key, title }) => {
      const { verdict = 'not-yet', seen = 'not looked at yet' } = state.guards[key] ?? {}
      return { title, verdict, seen }
    })
}

async function askGuard(
  performer: Performer,
  guard: Guard,
  context: StepContext<unknown>,
): Promise<Verification> {
  try {
    const { definition, input } = performer.steps.bind(guard)
    return await definition.verify(input, context)
  } catch (thrown) {
    if (thrown instanceof LeaseLostError) throw thrown
    return { kind: 'not-yet', because: `no data: ${errorFacts(thrown).message}` }
  }
}
