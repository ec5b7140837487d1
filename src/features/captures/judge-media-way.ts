import { type Cidr, cidrHas } from '../../kernel/cidr.ts'
import { nameOf } from './judge-marking.ts'
import type { RtpStream } from './report.ts'
import { type CaptureFinding, type CaptureJudgement, judgementOf } from './verdict.ts'

export interface SiteRanges {
  /** Where the site's own SBC or edge sends and receives media. */
  readonly edge: readonly Cidr[]
  /** Where the cloud does. */
  readonly cloud: readonly Cidr[]
}

/** H1.4: whether every stream goes through the site's edge; one that goes straight to the cloud fails it. */
export function judgeMediaWay(
  streams: readonly Pick<RtpStream, 'source' | 'destination'>[],
  ranges: SiteRanges,
): CaptureJudgement {
  return judgementOf(streams.map((stream) => judge(stream, ranges)))
}

function judge(
  stream: Pick<RtpStream, 'source' | 'destination'>,
  { edge, cloud }: SiteRanges,
): CaptureFinding {
  const what = nameOf(stream)
  const touches = (ranges: readonly Cidr[]) =>
    ranges.some((range) =>
      [stream.source, stream.destination].some(({ host }) => cidrHas(range, host)),
    )
  if (touches(edge)) return { what, verdict: 'pass', because: 'through the edge' }
  if (touches(cloud)) {
    return { what, verdict: 'fail', because: 'direct to the cloud, past the edge' }
  }
  // A phone that calls its neighbour, or a range that nobody has named: the capture can't tell which.
  return { what, verdict: 'unknown', because: 'neither end is an edge or cloud address' }
}
