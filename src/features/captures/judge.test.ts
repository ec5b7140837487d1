import { describe, expect, it } from 'vitest'
import { parseCidr } from '../../kernel/cidr.ts'
import { describeMarks } from './dscp.ts'
import { judgeMarking } from './judge-marking.ts'
import { judgeMediaWay } from './judge-media-way.ts'
import type { RtpStream } from './report.ts'

type Counted = readonly (readonly [number, number])[]

function stream(marks: Counted, change: Partial<RtpStream> = {}): RtpStream {
  return {
    source: { host: '10.1.0.5', port: 4000 },
    destination: { host: '10.1.0.1', port: 5000 },
    ssrc: 1,
    codecs: ['PCMU'],
    isVideo: false,
    reception: { received: 1, expected: 1, lost: 0, duplicates: 0, reordered: 0 },
    marks: new Map(marks),
    foundBy: 'sdp',
    ...change,
  }
}

describe('marking against RFC 4594', () => {
  const ef: Counted = [[46, 50]]
  it.each<readonly [string, readonly Counted[], readonly Counted[], string]>([
    ['all as it must be', [ef, ef], [[[40, 3]]], 'pass pass pass'],
    ['CS3, as most gateways mark', [ef], [[[24, 3]]], 'pass pass pass'],
    [
      'CS3 and CS5',
      [ef],
      [
        [
          [24, 3],
          [40, 1],
        ],
      ],
      'pass pass pass',
    ],
    ['unmarked media', [ef, [[0, 9]]], [[[40, 3]]], 'fail pass fail'],
    [
      'one packet in fifty unmarked',
      [
        [
          [46, 49],
          [0, 1],
        ],
      ],
      [[[40, 3]]],
      'fail pass fail',
    ],
    ['media marked AF41', [[[34, 50]]], [[[40, 3]]], 'fail pass fail'],
    ['signalling marked as media', [ef], [ef], 'pass fail fail'],
    ['unmarked signalling', [ef], [[[40, 3]], [[0, 1]]], 'pass fail fail'],
    ['no streams', [], [[[40, 3]]], 'unknown pass unknown'],
    ['no signalling', [ef], [], 'pass unknown unknown'],
    ['nothing', [], [], 'unknown unknown unknown'],
    ['nothing but unmarked SIP', [], [[[0, 1]]], 'unknown fail fail'],
  ])('H1.3 %s', (_name, media, sip, verdicts) => {
    const judged = judgeMarking({
      streams: media.map((marks) => stream(marks)),
      signalling: sip.map((marks, index) => ({ host: `10.0.0.${index}`, marks: new Map(marks) })),
    })

    const { verdict, media: ofMedia, signalling } = judged
    expect(`${ofMedia.verdict} ${signalling.verdict} ${verdict}`).toBe(verdicts)
  })

  it('H1.3 names each stream that is not marked, and what it has instead', () => {
    const { media } = judgeMarking({
      streams: [
        stream(ef),
        stream([
          [0, 9],
          [46, 20],
        ]),
      ],
      signalling: [],
    })

    expect(media.findings).toEqual([
      { what: '10.1.0.5:4000 → 10.1.0.1:5000', verdict: 'pass', because: 'EF' },
      {
        what: '10.1.0.5:4000 → 10.1.0.1:5000',
        verdict: 'fail',
        because: 'EF 20, unmarked 9, not EF (46)',
      },
    ])
  })

  it('H1.3 does not ask EF of video', () => {
    const video = stream([[34, 50]], { isVideo: true })

    expect(judgeMarking({ streams: [video], signalling: [] }).media.verdict).toBe('unknown')
  })

  it('names code points as the RFCs do', () => {
    const named = [8, 10, 14, 24, 34, 44, 48, 3].map((dscp) => describeMarks(new Map([[dscp, 1]])))
    expect(named).toEqual(['CS1', 'AF11', 'AF13', 'CS3', 'AF41', 'VA', 'CS6', 'DSCP 3'])
  })
})

describe('the way of media', () => {
  const ranges = (texts: readonly string[]) =>
    texts.map((text) => {
      const parsed = parseCidr(text)
      if (!parsed.ok) throw new TypeError(parsed.problem)
      return parsed.value
    })
  const between = (source: string, destination: string) =>
    stream([[46, 1]], {
      source: { host: source, port: 4000 },
      destination: { host: destination, port: 5000 },
    })
  const edge = ranges(['10.1.0.1', '2001:db8:1::/48'])
  const cloud = ranges(['52.129.96.0/20', '2001:db8:c::/48'])

  it.each<readonly [string, readonly (readonly [string, string])[], string]>([
    ['phone to edge', [['10.1.0.5', '10.1.0.1']], 'pass'],
    ['edge to cloud', [['10.1.0.1', '52.129.97.1']], 'pass'],
    [
      'both ways over IPv6',
      [
        ['2001:db8:1::1', '2001:db8:c::1'],
        ['2001:db8:c::1', '2001:db8:1::1'],
      ],
      'pass',
    ],
    ['phone to cloud', [['10.1.0.5', '52.129.111.255']], 'fail'],
    ['cloud to phone', [['52.129.96.1', '10.1.0.5']], 'fail'],
    [
      'one of many direct',
      [
        ['10.1.0.5', '10.1.0.1'],
        ['10.1.0.5', '52.129.97.1'],
      ],
      'fail',
    ],
    ['phone to phone', [['10.1.0.5', '10.1.0.6']], 'unknown'],
    [
      'an address nobody has named',
      [
        ['10.1.0.5', '10.1.0.1'],
        ['10.1.0.5', '8.8.8.8'],
      ],
      'unknown',
    ],
    [
      'direct, and one unnamed',
      [
        ['10.1.0.5', '8.8.8.8'],
        ['10.1.0.5', '52.129.97.1'],
      ],
      'fail',
    ],
    ['no stream', [], 'unknown'],
  ])('H1.4 %s', (_name, ways, verdict) => {
    const streams = ways.map(([source, destination]) => between(source, destination))

    expect(judgeMediaWay(streams, { edge, cloud }).verdict).toBe(verdict)
  })

  it('H1.4 names the stream that goes past the edge', () => {
    const { findings } = judgeMediaWay([between('10.1.0.5', '2001:db8:c::1')], { edge, cloud })

    expect(findings).toEqual([
      {
        what: '10.1.0.5:4000 → [2001:db8:c::1]:5000',
        verdict: 'fail',
        because: 'direct to the cloud, past the edge',
      },
    ])
  })
})
