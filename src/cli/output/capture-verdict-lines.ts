import type {
  CaptureFinding,
  CaptureJudgement,
  CaptureVerdict,
} from '../../features/captures/index.ts'
import type { CaptureVerdicts } from './capture-json.ts'

export interface CaptureLine {
  readonly text: string
  readonly style?: 'green' | 'red' | 'yellow' | 'bold' | 'dim'
}

const looks = {
  pass: { mark: '✔', style: 'green' },
  fail: { mark: '✖', style: 'red' },
  unknown: { mark: '?', style: 'yellow' },
} as const satisfies Record<CaptureVerdict, { mark: string; style: CaptureLine['style'] }>

/** What is judged: its name, its units, and what to do where it does not pass. */
interface Area {
  readonly name: string
  readonly unit: string
  readonly passed: string
  readonly fail: string
  readonly unknown: string
}

const areas = {
  media: {
    name: 'media marking',
    unit: 'stream',
    passed: 'EF (46), packet for packet',
    fail: 'set DSCP 46 where this RTP is sent, and let the switches and routers before this point trust it',
    unknown: 'no voice stream was seen: capture during a call, with its UDP ports',
  },
  signalling: {
    name: 'SIP marking',
    unit: 'sender',
    passed: 'CS5 (40) or CS3 (24)',
    fail: 'set DSCP 40 (or 24) for SIP at these hosts, and let the network before this point trust it',
    unknown: 'no SIP was seen, nor TLS on port 5061: capture where signalling passes',
  },
  bothWays: {
    name: 'both ways',
    unit: 'call',
    passed: 'heard from both sides',
    fail: 'look at NAT and firewall before the side that is not heard; does its SDP name where its RTP comes from?',
    unknown: 'no answered call with media was seen whole',
  },
  way: {
    name: 'media way',
    unit: 'stream',
    passed: 'through the edge',
    fail: "keep direct media off for this site, and point its phones' media at the edge; then capture again",
    unknown:
      'name every range: --edge for the site, --cloud for the cloud; then capture during a call',
  },
} as const satisfies Record<string, Area>

export function verdictLines({ marking, bothWays, way }: CaptureVerdicts): readonly CaptureLine[] {
  return [
    ...linesOf(areas.media, marking.media),
    ...linesOf(areas.signalling, marking.signalling),
    ...linesOf(areas.bothWays, bothWays),
    ...(way === undefined
      ? [
          {
            text: ' –  media way      not judged: --edge <cidr…> and --cloud <cidr…> say what is where',
          },
        ]
      : linesOf(areas.way, way)),
  ]
}

/** More than this of one kind is the same fault again. */
const mostNamed = 4

function linesOf(area: Area, { verdict, findings }: CaptureJudgement): readonly CaptureLine[] {
  const { mark, style } = looks[verdict]
  const named = findings.filter((finding) => finding.verdict === verdict)
  const head = ` ${mark}  ${area.name.padEnd(13)}  `
  if (verdict === 'pass')
    return [{ text: `${head}${countOf(area, findings)}: ${area.passed}`, style }]
  const advice = { text: `      → ${area[verdict]}`, style } as const
  if (findings.length === 0) return [{ text: `${head}nothing to judge`, style }, advice]
  const count = `${named.length} of ${countOf(area, findings)}`
  const said = verdict === 'fail' ? `${count} not as it must be` : `${count} can't be judged`
  const rest = named.length - mostNamed
  return [
    { text: `${head}${said}`, style },
    ...named
      .slice(0, mostNamed)
      .map(({ what, because }) => ({ text: `      ${what}: ${because}` })),
    ...(rest > 0 ? [{ text: `      … and ${rest} more` }] : []),
    advice,
  ]
}

function countOf({ unit }: Area, findings: readonly CaptureFinding[]): string {
  return `${findings.length} ${unit}${findings.length === 1 ? '' : 's'}`
}
