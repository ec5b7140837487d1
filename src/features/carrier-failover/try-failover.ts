import {
  judgeChain,
  judgeSurvival,
  judgeTrial,
  type SurvivalSeen,
  type TrialSeen,
  type TrialVerdict,
} from './judge-trial.ts'
import { formatTrialAnswer, type ProfileEntry, type TrialAnswer } from './profile.ts'

/** Calls through the carrier while we play its targets. */
export interface FailoverStage {
  /** How many targets we play. */
  readonly targets: number
  /** One call; the targets at these places meet it so, the others answer it. It is hung up once answered. */
  call(behaviour: readonly (TrialAnswer | undefined)[], signal: AbortSignal): Promise<TrialSeen>
  /** A call stands at the primary, which then goes down; a new one comes; then the first is hung up. */
  survive(signal: AbortSignal): Promise<SurvivalSeen>
}

export interface FailoverStep extends TrialVerdict {
  readonly what: string
}

/** Every answer of the profile, then the chain to the last target, then a call that must survive (G3.1, G3.2). */
export async function* tryFailover(
  stage: FailoverStage,
  profile: readonly ProfileEntry[],
  signal: AbortSignal,
): AsyncGenerator<FailoverStep> {
  for (const entry of profile) {
    const seen = await stage.call([entry.answer], signal)
    yield { what: `primary: ${formatTrialAnswer(entry.answer)}`, ...judgeTrial(entry, seen) }
  }
  if (stage.targets > 2) {
    const down = stage.targets - 1
    const refusing = Array.from(
      { length: down },
      (): TrialAnswer => ({ kind: 'status', status: 503 }),
    )
    yield { what: 'all but the last: 503', ...judgeChain(down, await stage.call(refusing, signal)) }
  }
  yield { what: 'a call that stands', ...judgeSurvival(await stage.survive(signal)) }
}
