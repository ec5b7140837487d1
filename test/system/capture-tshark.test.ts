import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { analyseCapture } from '../../src/app/analyse-capture.ts'
import type { CaptureReport } from '../../src/features/captures/index.ts'
import { createRandom } from '../../src/kernel/random.ts'
import { formatRtpPacket, type RtpPacket } from '../../src/protocols/rtp/packet.ts'
import {
  ethernet,
  ip,
  pcap,
  pcapngBlocks,
  type Timed,
  tcp,
  udp,
  udpPacket,
} from '../support/write-capture.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-capture-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const version = spawnSync('tshark', ['--version'], { timeout: 60_000 })
const obstacle = version.error?.message
if (obstacle !== undefined) process.stdout.write(`tshark judges no capture here: ${obstacle}\n`)

/** One reading of a file: DSCP and CSeq of each packet of SIP and RTP, then the table of streams. */
function tshark(file: string): string {
  const fields = ['ip.dsfield.dscp', 'ipv6.tclass.dscp', 'sip.CSeq'].flatMap((name) => ['-e', name])
  const args = ['-n', '-r', file, '-Y', 'sip or rtp', '-T', 'fields', ...fields]
  const run = spawnSync('tshark', [...args, '-z', 'rtp,streams'], { timeout: 60_000 })
  return run.stdout.toString()
}

interface Row {
  readonly way: string
  readonly ssrc: number
  readonly packets: number
  readonly lost: number
  readonly times: readonly unknown[]
}

const tableRow =
  /^ *[\d.]+ +[\d.]+ +(\S+) +(\d+) +(\S+) +(\d+) +(0x[0-9A-F]+) +.+? +(\d+) +(-?\d+) \(-?[\d.]+%\) +([-\d. ]+?) *X? *$/gm

/** tshark's own table of RTP streams. */
function streamsOf(text: string): readonly Row[] {
  const rows = [...text.matchAll(tableRow)].map(
    ([, from, fromPort, to, toPort, ssrc, packets, lost, times = '']) => ({
      way: `${from} ${fromPort} > ${to} ${toPort}`,
      ssrc: Number(ssrc),
      packets: Number(packets),
      lost: Number(lost),
      times: times.split(/ +/).map((time) => expect.closeTo(Number(time), 2.9)),
    }),
  )
  return byWay(rows)
}

function ourStreams({ streams }: CaptureReport): readonly Row[] {
  const rows = streams.map(({ source, destination, ssrc, reception }) => ({
    way: `${source.host} ${source.port} > ${destination.host} ${destination.port}`,
    ssrc,
    packets: reception.received,
    lost: reception.lost,
    times: [reception.delta, reception.jitter].flatMap((spread) =>
      spread === undefined ? [-1, 0, 0] : [spread.least, spread.mean, spread.most],
    ),
  }))
  return byWay(rows)
}

const byWay = (rows: readonly Row[]) => rows.toSorted((a, b) => (a.way < b.way ? -1 : 1))

/** Packets by DSCP, as tshark sees them. */
function marksOf(text: string, protocol: 'sip' | 'rtp'): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const [, v4 = '', v6 = '', cseq] of text.matchAll(/^(\d*)\t(\d*)\t(.*)$/gm)) {
    if ((cseq === '') !== (protocol === 'rtp')) continue
    const dscp = v4 || v6
    counts[dscp] = (counts[dscp] ?? 0) + 1
  }
  return counts
}

function ourMarks(all: readonly { readonly marks: ReadonlyMap<number, number> }[]) {
  const counts: Record<string, number> = {}
  for (const [dscp, packets] of all.flatMap(({ marks }) => [...marks])) {
    counts[dscp] = (counts[dscp] ?? 0) + packets
  }
  return counts
}

const random = createRandom(42)
const start = 1_700_000_000_000_000

interface Leg {
  readonly from: string
  readonly to: string
  readonly ports: readonly [number, number]
  readonly dscp: number
  readonly ssrc: number
}

/** G.711 for some seconds over a bad network: late, lost, overtaken, twice; numbers and times wrap on the way. */
function media(
  leg: Leg,
  change: (index: number) => Partial<RtpPacket> & { skip?: boolean } = () => ({}),
) {
  const frames: Timed[] = []
  for (let index = 0; index < 400; index += 1) {
    const { skip = false, ...changed } = change(index)
    if (skip) continue
    const payload = formatRtpPacket({
      marker: false,
      payloadType: 8,
      sequence: (65_400 + index) & 0xffff,
      timestamp: (0xffff_8000 + index * 160) % 2 ** 32,
      ssrc: leg.ssrc,
      payload: new Uint8Array(160),
      ...changed,
    })
    const at = start + 3_000_000 + index * 20_000 + random.integer(9000)
    frames.push({ at, bytes: ethernet(udpPacket({ ...leg, payload })) })
  }
  return frames
}

const hosts = { v4: ['10.0.0.1', '10.0.0.2'], v6: ['2001:db8::1', '2001:db8::2'] } as const

function message(line: string, cseq: string, { host, port }: { host: string; port: number }) {
  const family = host.includes(':') ? 'IP6' : 'IP4'
  const audio = [`m=audio ${port} RTP/AVP 8 13 101`, 'a=rtpmap:101 telephone-event/8000']
  const sdp = `${['v=0', `o=- 1 1 IN ${family} ${host}`, 's=-', `c=IN ${family} ${host}`, 't=0 0', ...audio].join('\r\n')}\r\n`
  const body = port === 0 ? '' : sdp
  const head = [
    line,
    `Via: SIP/2.0/UDP ${family === 'IP6' ? `[${host}]` : host}:5060;branch=z9hG4bK-${cseq.replace(' ', '')}`,
    'Max-Forwards: 70',
    'From: <sip:alice@example.com>;tag=a',
    'To: <sip:bob@example.com>;tag=b',
    `Call-ID: ${family}@example.com`,
    `CSeq: ${cseq}`,
    'Contact: <sip:alice@example.com>',
    // Long enough for two fragments.
    `Subject: ${'x'.repeat(1500)}`,
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${body.length}`,
  ]
  return new TextEncoder().encode(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** INVITE, 200, ACK and BYE around the media. */
function signalling(family: 'v4' | 'v6'): readonly (readonly [number, 0 | 1, Uint8Array])[] {
  const [caller, callee] = hosts[family]
  const none = { host: caller, port: 0 }
  return [
    [0, 0, message('INVITE sip:bob@example.com SIP/2.0', '1 INVITE', { host: caller, port: 4000 })],
    [2_000_000, 1, message('SIP/2.0 200 OK', '1 INVITE', { host: callee, port: 5000 })],
    [2_100_000, 0, message('ACK sip:bob@example.com SIP/2.0', '1 ACK', none)],
    [13_000_000, 0, message('BYE sip:bob@example.com SIP/2.0', '2 BYE', none)],
  ]
}

function legs(family: 'v4' | 'v6', ssrc: number): readonly [Leg, Leg] {
  const [caller, callee] = hosts[family]
  return [
    { from: caller, to: callee, ports: [4000, 5000], dscp: 46, ssrc },
    { from: callee, to: caller, ports: [5000, 4000], dscp: 0, ssrc: ssrc + 1 },
  ]
}

/** Over UDP, each message in two fragments, with VLAN tags. */
function overUdp(): Timed[] {
  return signalling('v4').flatMap(([at, side, payload], id) => {
    const [from, to] = side === 0 ? hosts.v4 : hosts.v4.toReversed()
    const whole = udp({ ports: [5060, 5060], payload })
    return [0, 1200].map((offset) => {
      const more = offset === 0
      const part = whole.subarray(offset, more ? 1200 : whole.length)
      const fields = { from: from ?? '', to: to ?? '', dscp: 24, protocol: 17, payload: part }
      const bytes = ethernet(
        ip({ ...fields, fragment: { id: id + 1, offset, more } }),
        [0x88a8, 0x8100],
      )
      return { at: start + at + offset, bytes }
    })
  })
}

/** Over TCP, each message in three segments of which the second overtakes none, but the first comes twice. */
function overTcp(): Timed[] {
  const next = [1000, 9000]
  return signalling('v6').flatMap(([at, side, payload]) => {
    const [from = '', to = ''] = side === 0 ? hosts.v6 : hosts.v6.toReversed()
    const ports = side === 0 ? ([40_000, 5060] as const) : ([5060, 40_000] as const)
    const sequence = next[side] ?? 0
    next[side] = sequence + payload.length
    return [0, 0, 700, 1400].map((offset, index) => {
      const part = payload.subarray(offset, offset + 700)
      const segment = tcp({ ports, payload: part }, { sequence: sequence + offset })
      const packet = ip({ from, to, dscp: 40, protocol: 6, payload: segment })
      return { at: start + at + index * 100 + 10, bytes: ethernet(packet) }
    })
  })
}

function written(name: string, frames: readonly Timed[]): string {
  const file = join(folder, name)
  const sorted = frames.toSorted((a, b) => a.at - b.at)
  if (name.endsWith('.pcap')) writeFileSync(file, pcap(sorted))
  else {
    const ng = pcapngBlocks({ resolution: 9 })
    const packets = sorted.map(({ at, bytes }) => ng.enhanced(BigInt(at) * 1000n, bytes))
    writeFileSync(file, Buffer.concat([ng.section(), ng.interface(), ...packets]))
  }
  return file
}

const read = async (file: string) =>
  (await analyseCapture(file, new AbortController().signal)).report

describe.runIf(obstacle === undefined)('captures of ours, read by us and by tshark', () => {
  it('H1.3 loss, duplicates, jitter and marks of a call over UDP in fragments, in pcap', async () => {
    const [there, back] = legs('v4', 100)
    const lossy = media(there, (index) => ({ skip: index % 17 === 3 }))
    const doubled = media(back).flatMap((frame, index) =>
      index % 50 === 7 ? [frame, { ...frame, at: frame.at + 300 }] : [frame],
    )
    const file = written('udp.pcap', [...overUdp(), ...lossy, ...doubled])

    const report = await read(file)

    const judged = tshark(file)
    const streams = streamsOf(judged)
    expect(streams).toHaveLength(2)
    expect(ourStreams(report)).toEqual(streams)
    expect(ourMarks(report.streams)).toEqual(marksOf(judged, 'rtp'))
    expect(ourMarks(report.signalling)).toEqual(marksOf(judged, 'sip'))
    expect(report.dialogs).toMatchObject([
      {
        flow: ['INVITE', '200', 'ACK', 'BYE'],
        media: 'both-ways',
        endedBy: 'caller',
        setup: 2000,
      },
    ])
    expect(report.streams.map(({ reception }) => reception.duplicates)).toEqual([0, 8])
  })

  it('H1.3 silences, comfort noise and late packets of a call over TCP and IPv6, in pcapng', async () => {
    const [there, back] = legs('v6', 300)
    const talkspurts = media(there, (index) => ({
      skip: index % 40 > 25,
      marker: index % 40 === 0,
      ...(index % 40 === 25 ? { payloadType: 13 } : {}),
    }))
    // Every thirtieth comes after the one behind it.
    const overtaken = media(back).map((frame, index) =>
      index % 30 === 29 ? { ...frame, at: frame.at + 31_000 } : frame,
    )
    const file = written('tcp.pcapng', [...overTcp(), ...talkspurts, ...overtaken])

    const report = await read(file)

    const judged = tshark(file)
    const streams = streamsOf(judged)
    expect(streams).toHaveLength(2)
    expect(ourStreams(report)).toEqual(streams)
    expect(ourMarks(report.streams)).toEqual(marksOf(judged, 'rtp'))
    expect(ourMarks(report.signalling)).toEqual(marksOf(judged, 'sip'))
    expect(report.dialogs[0]).toMatchObject({
      media: 'both-ways',
      requests: { INVITE: 1, ACK: 1, BYE: 1 },
    })
    expect(report.streams.some(({ reception }) => reception.reordered === 13)).toBe(true)
  })

  it('H1.3 the same in every format that editcap writes', async () => {
    const [there] = legs('v4', 500)
    const file = written('formats.pcap', [...overUdp(), ...media(there)])
    const expected = await read(file)

    for (const format of ['nsecpcap', 'pcapng']) {
      const converted = join(folder, `formats.${format}`)
      spawnSync('editcap', ['-F', format, file, converted], { timeout: 60_000 })
      expect(await read(converted)).toEqual(expected)
    }
  })

  it('H1.3 of a file cut off in mid-packet as many packets as tshark has', async () => {
    const [there] = legs('v4', 700)
    const file = written('cut.pcap', media(there))
    writeFileSync(file, readFileSync(file).subarray(0, 40_000))

    const { file: ours } = await analyseCapture(file, new AbortController().signal)

    const run = spawnSync('tshark', ['-n', '-r', file, '-T', 'fields', '-e', 'frame.number'])
    expect(run.stderr.toString()).toContain('cut short in the middle of a packet')
    expect(ours.frames).toBe(Number(run.stdout.toString().trim().split('\n').at(-1)))
    expect(ours.flaw).toMatchObject({ kind: 'cut-off', packet: ours.frames + 1 })
  })
})
