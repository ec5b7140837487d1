import { formatDuration } from '../../kernel/duration.ts'
import type { WaveId } from '../../kernel/ids.ts'
import { formatLocalTime } from '../../kernel/local-time.ts'
import { type EpochMs, later, type Milliseconds, ms, since } from '../../kernel/units.ts'
import { type Plan, policyFor, worstCaseWayBack } from '../plan/index.ts'

/** What a wave's window is to a run that begins now. */
export interface WindowOutlook {
  /**
   * `past`: nothing can be moved in it any more; `late`: as far as can be told it is over, or leaves too
   * little for the way back, before callers can be moved; `fits`: neither.
   */
  readonly kind: 'past' | 'late' | 'fits'
  /** Says when the window is, in the plan's zone, and from now. */
  readonly because: string
}

/** Judges a wave's window before anything is begun; undefined of a wave without one. */
export function judgeWindow(plan: Plan, id: WaveId, now: EpochMs): WindowOutlook | undefined {
  const wave = plan.waves[id]
  if (wave?.window === undefined) return undefined
  const { from, to } = wave.window
  const at = (time: EpochMs) => `${formatLocalTime(time, plan.timeZone)} ${plan.timeZone}`
  if (now >= to)
    return { kind: 'past', because: `it closed on ${at(to)}, ${spell(since(to, now))} ago` }
  const { total: wayBack } = worstCaseWayBack(plan, wave)
  const lead = ms(Math.max(0, ...wave.sites.map((site) => policyFor(plan, { site }).ttlLead)))
  const latest = later(to, ms(-lead - wayBack))
  const opens = now < from ? `opens on ${at(from)}, in ${spell(since(now, from))}` : 'is open'
  const when = `it ${opens}; it closes on ${at(to)}`
  if (now <= latest) return { kind: 'fits', because: when }
  const needs = `the TTL lead of ${formatDuration(lead)} and a way back of ${formatDuration(wayBack)}`
  return {
    kind: 'late',
    because: `${when}, too soon for ${needs}: the latest start for that was ${at(latest)}`,
  }
}

const day = 24 * 3_600_000

/** Days once there are many of them: nobody reads 8749 h. */
function spell(duration: Milliseconds): string {
  return duration < 3 * day ? formatDuration(duration) : `${Math.floor(duration / day)} days`
}
