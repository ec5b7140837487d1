import type { SipDialog } from './report.ts'
import { type CaptureFinding, type CaptureJudgement, judgementOf } from './verdict.ts'

/** Whether both sides of each answered call were heard where the capture was taken; held calls are not judged. */
export function judgeBothWays(dialogs: readonly SipDialog[]): CaptureJudgement {
  return judgementOf(dialogs.flatMap(judge))
}

function judge({ media, silent, from, to }: SipDialog): readonly CaptureFinding[] {
  const what = `${from} → ${to}`
  if (media === undefined) return []
  if (media === 'both-ways') return [{ what, verdict: 'pass', because: 'both ways' }]
  return media === 'one-way'
    ? [{ what, verdict: 'fail', because: `one-way: nothing from the ${silent}` }]
    : [{ what, verdict: 'unknown', because: 'answered, and no media seen' }]
}
