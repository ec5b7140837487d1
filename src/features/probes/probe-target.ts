import type { WireClock } from '../../kernel/clock.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { type EpochMs, later, type Milliseconds, ms, since } from '../../kernel/units.ts'
import type { OptionsAnswer, SipProbe } from '../call-tests/index.ts'
import { type HealthState, type HealthThresholds, nextHealth, noHealth } from './health.ts'
import { judgeProbe, type ProbeLimits, type ProbeVerdict } from './judge-probe.ts'

export interface ProbeSettings extends ProbeLimits, HealthThresholds {
  /** From the beginning of one check to that of the next; one that takes longer puts the next off. */
  readonly interval: Milliseconds
  /** How many checks; undefined goes on until the signal. */
  readonly count?: number
}

export interface ProbeCheck extends ProbeVerdict {
  readonly at: EpochMs
  readonly answer: OptionsAnswer
  readonly state: HealthState
}

export interface ProbePorts {
  readonly sip: Pick<SipProbe, 'options'>
  readonly wireClock: WireClock
  readonly signal: AbortSignal
}

/** Checks one gateway at an interval, and says after each what is known of it. Ends quietly with the signal. */
export async function* probeTarget(
  target: SipAddress,
  settings: ProbeSettings,
  { sip, wireClock, signal }: ProbePorts,
): AsyncGenerator<ProbeCheck> {
  let state = noHealth
  let due = wireClock.now()
  const most = settings.count ?? Number.POSITIVE_INFINITY
  for (let done = 0; done < most && !signal.aborted; done += 1) {
    try {
      const wait = since(wireClock.now(), due)
      if (wait > 0) await wireClock.sleep(wait, signal)
      const at = wireClock.now()
      const answer = await sip.options(target, signal)
      const verdict = judgeProbe(answer, settings)
      state = nextHealth(state, verdict.level, settings)
      yield { at, answer, ...verdict, state }
      due = later(at, ms(settings.interval))
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
