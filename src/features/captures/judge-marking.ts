import { describeMarks, dscpName } from './dscp.ts'
import type { CaptureReport, Endpoint, Marks, RtpStream } from './report.ts'
import { type CaptureFinding, type CaptureJudgement, judgementOf, worstOf } from './verdict.ts'

/**
 * RFC 4594: telephony's media is EF (§4.1), its signalling CS5 (§4.2). CS3 is what RFC 4594 calls broadcast video
 * and what most gateways mark SIP with all the same, and most networks expect: it is taken too.
 */
const policy = { media: [46], signalling: [40, 24] } as const

export interface MarkingJudgement extends Pick<CaptureJudgement, 'verdict'> {
  readonly media: CaptureJudgement
  readonly signalling: CaptureJudgement
}

/** H1.3: whether voice and its signalling are marked, packet for packet; video is not judged. */
export function judgeMarking({
  streams,
  signalling,
}: Pick<CaptureReport, 'streams' | 'signalling'>): MarkingJudgement {
  const media = judgementOf(
    streams
      .filter(({ isVideo }) => !isVideo)
      .map((stream) => ({ what: nameOf(stream), ...judge(stream.marks, policy.media) })),
  )
  const spoken = judgementOf(
    signalling.map(({ host, marks }) => ({
      what: `SIP from ${host}`,
      ...judge(marks, policy.signalling),
    })),
  )
  return { verdict: worstOf([media.verdict, spoken.verdict]), media, signalling: spoken }
}

function judge(marks: Marks, wanted: readonly number[]): Omit<CaptureFinding, 'what'> {
  const isWanted = [...marks.keys()].every((dscp) => wanted.includes(dscp))
  const because = describeMarks(marks)
  if (isWanted) return { verdict: 'pass', because }
  const names = wanted.map((dscp) => `${dscpName(dscp)} (${dscp})`).join(' or ')
  return { verdict: 'fail', because: `${because}, not ${names}` }
}

/** `source → destination`, as the table names a stream. */
export function nameOf({ source, destination }: Pick<RtpStream, 'source' | 'destination'>): string {
  return `${formatEndpoint(source)} → ${formatEndpoint(destination)}`
}

export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
