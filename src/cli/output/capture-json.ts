import type { AnalysedCapture } from '../../app/analyse-capture.ts'
import type { CaptureJudgement, MarkingJudgement } from '../../features/captures/index.ts'
import type { ExitCode } from '../exit-codes.ts'

export interface CaptureAnswer {
  readonly path: string
  readonly exit: ExitCode
  readonly capture: AnalysedCapture
  readonly verdicts: {
    readonly marking: MarkingJudgement
    readonly bothWays: CaptureJudgement
    readonly way?: CaptureJudgement
  }
}

/** The whole report: every dialog and stream, counts by DSCP and by link type as objects. */
export function captureJson({ path, exit, capture, verdicts }: CaptureAnswer): string {
  const { file, passedOver, report, isStopped } = capture
  const answer = { path, exit, file, isStopped, verdicts, ...report, passedOver }
  const plain = (_key: string, value: unknown) =>
    value instanceof Map ? Object.fromEntries(value) : value
  return JSON.stringify(answer, plain, 2)
}
