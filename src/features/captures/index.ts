export { type CaptureAnalysis, createCaptureAnalysis } from './analyse-capture.ts'
export { describeMarks } from './dscp.ts'
export { judgeBothWays } from './judge-both-ways.ts'
export { formatEndpoint, judgeMarking, type MarkingJudgement, nameOf } from './judge-marking.ts'
export { judgeMediaWay, type SiteRanges } from './judge-media-way.ts'
export type { CaptureReport, RtpStream, SipDialog } from './report.ts'
export {
  type CaptureFinding,
  type CaptureJudgement,
  type CaptureVerdict,
  worstOf,
} from './verdict.ts'
