import type { AnalysedCapture } from '../../app/analyse-capture.ts'
import type { CaptureJudgement, MarkingJudgement } from '../../features/captures/index.ts'
import type { ExitCode } from '../exit-codes.ts'

export interface CaptureVerdicts {
  readonly marking: MarkingJudgement
  readonly bothWays: CaptureJudgement
  /** Absent where nobody has said what the edge and the cloud are. */
  readonly way?: CaptureJudgement
}

export interface CaptureAnswer {
  readonly path: string
  readonly exit: ExitCode
  readonly capture: AnalysedCapture
  readonly verdicts: CaptureVerdicts
}

/** The whole report: every dialog and stream, counts by DSCP and by link type as objects. */
export function captureJson({ path, exit, capture, verdicts }: CaptureAnswer): string {
  const { file, passedOver, report, isStopped } = capture
  const answer = { path, exit, file, isStopped, verdicts, ...report, passedOver }
  const plain = (_key: string, value: unknown) =>
    value instanceof Map ? Object.fromEntries(value) : value
  return JSON.stringify(answer, plain, 2)
}
