/** `unknown` where there is nothing to judge: no data is never a pass. */
export type CaptureVerdict = 'pass' | 'fail' | 'unknown'

export interface CaptureFinding {
  /** `10.0.2.15:28102 → 10.0.2.20:6000`, or the host that sends SIP. */
  readonly what: string
  readonly verdict: CaptureVerdict
  readonly because: string
}

export interface CaptureJudgement {
  readonly verdict: CaptureVerdict
  /** What was judged, each with its own verdict. */
  readonly findings: readonly CaptureFinding[]
}

/** The worst of them; of nothing, unknown. */
export function worstOf(verdicts: readonly CaptureVerdict[]): CaptureVerdict {
  if (verdicts.includes('fail')) return 'fail'
  return verdicts.length === 0 || verdicts.includes('unknown') ? 'unknown' : 'pass'
}

export function judgementOf(findings: readonly CaptureFinding[]): CaptureJudgement {
  return { verdict: worstOf(findings.map(({ verdict }) => verdict)), findings }
}
