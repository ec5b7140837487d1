import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { analyseCapture } from '../../src/app/analyse-capture.ts'
import { formatEndpoint } from '../../src/features/captures/index.ts'
import type { CaptureReport, RtpStream } from '../../src/features/captures/report.ts'

/** Real captures with what tshark says of them; mostly GPL, so read where they are found and not copied. */
const corpora = process.env['CHANGEOVER_CORPORA'] ?? '../shared/corpora'
const folder = resolve(corpora, 'pcap')

interface Stream {
  readonly src: string
  readonly sport: number
  readonly dst: string
  readonly dport: number
  readonly ssrc: string
  readonly packets: number
  readonly lost: number
  /** Least, mean and most delta, least, mean and most jitter, as tshark prints them. */
  readonly raw: string
}

interface Facts {
  readonly file: string
  readonly packets: number
  readonly span_seconds: number
  readonly sip_calls: readonly {
    readonly call_id: string
    readonly requests: Readonly<Record<string, number>>
    readonly responses: Readonly<Record<string, number>>
  }[]
  readonly dscp: readonly { protocol: string; dscp: number; packets: number }[]
  readonly rtp_streams: readonly Stream[]
  readonly with_heuristic_rtp?: Pick<Facts, 'rtp_streams' | 'dscp'>
}

const found = existsSync(folder)
const cases: readonly Facts[] = found
  ? readdirSync(folder)
      .filter((name) => name.endsWith('.facts.json'))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
  : []
process.stdout.write(
  found ? `pcap corpus: ${cases.length} captures\n` : `pcap corpus: not at ${folder}, 0 captures\n`,
)

const read = async (file: string) =>
  analyseCapture(join(folder, file), new AbortController().signal)

/** What both sides can be held to, in the form that tshark prints. */
function rowOf(stream: RtpStream) {
  const { reception, source, destination } = stream
  return {
    way: `${formatEndpoint(source)} > ${formatEndpoint(destination)}`,
    ssrc: `0x${stream.ssrc.toString(16).padStart(8, '0')}`,
    packets: reception.received,
    lost: reception.lost,
    times: [reception.delta, reception.jitter].flatMap((spread) =>
      // What tshark prints where it knows no clock.
      spread === undefined ? [-1, 0, 0] : [spread.least, spread.mean, spread.most],
    ),
  }
}

function expectedRow({ src, sport, dst, dport, ssrc, packets, lost, raw }: Stream) {
  const times = raw.split(' ').slice(0, 6).map(Number)
  // Printed with three digits: half of the last one, and what a sum of thousands loses.
  const near = times.map((time) => expect.closeTo(time, 2.9))
  return { way: `${src}:${sport} > ${dst}:${dport}`, ssrc, packets, lost, times: near }
}

function marksOf(report: CaptureReport, protocol: 'SIP' | 'RTP') {
  const all = protocol === 'SIP' ? report.signalling : report.streams
  const sums = new Map<number, number>()
  for (const { marks } of all) {
    for (const [dscp, packets] of marks) sums.set(dscp, (sums.get(dscp) ?? 0) + packets)
  }
  return Object.fromEntries(sums)
}

const byWay = <Row extends { readonly way: string; readonly ssrc: string }>(rows: readonly Row[]) =>
  rows.toSorted((a, b) => (a.way + a.ssrc < b.way + b.ssrc ? -1 : 1))

describe.runIf(found)('real captures, judged by tshark', () => {
  it.each(cases)('H1.3 $file: the same packets, calls, messages and marks', async (facts) => {
    const { file, report } = await read(facts.file)

    expect(file.frames).toBe(facts.packets)
    expect(file.flaw).toBeUndefined()
    const calls = report.dialogs.map(({ callId, requests, responses }) => ({
      call_id: callId,
      requests,
      responses,
    }))
    expect(calls).toEqual(facts.sip_calls)
    const sip = facts.dscp.filter(({ protocol }) => protocol === 'SIP')
    expect(marksOf(report, 'SIP')).toEqual(
      Object.fromEntries(sip.map(({ dscp, packets }) => [dscp, packets])),
    )
  })

  it.each(cases)('H1.3 $file: the same streams, with loss and jitter', async (facts) => {
    const { report } = await read(facts.file)

    // Without SDP tshark was asked for its own heuristic only where it had found no stream at all.
    const { rtp_streams: streams } = facts.with_heuristic_rtp ?? facts
    const known = new Set(streams.map(({ ssrc, dst, dport }) => `${ssrc} ${dst}:${dport}`))
    const isKnown = ({ ssrc, way }: ReturnType<typeof rowOf>) =>
      known.has(`${ssrc} ${way.split(' > ')[1]}`)
    const rows = report.streams.map((stream) => ({ stream, row: rowOf(stream) }))
    const [asKnown, beyond] = [true, false].map((is) =>
      rows.filter(({ row }) => isKnown(row) === is),
    )
    expect(byWay(asKnown?.map(({ row }) => row) ?? [])).toEqual(byWay(streams.map(expectedRow)))
    expect(beyond?.filter(({ stream }) => stream.foundBy === 'sdp')).toEqual([])
  })
})
