import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ethernet, pcap, udpPacket } from '../../../../test/support/write-capture.ts'
import { formatRtpPacket } from '../../../protocols/rtp/packet.ts'
import { createProgram } from '../../program.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-capture-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Content {
  readonly media?: number
  readonly signalling?: number
  readonly name?: string
}

/** Fifty packets of G.711 from a phone to its edge, and one OPTIONS, each marked as it says. */
function capture(file: string, { media, signalling, name = 'phone' }: Content): string {
  const phone = { from: '10.1.0.5', to: '10.1.0.1' }
  const stream = Array.from({ length: media === undefined ? 0 : 50 }, (_, index) => {
    const header = {
      marker: false,
      payloadType: 0,
      sequence: index,
      timestamp: index * 160,
      ssrc: 1,
    }
    const payload = formatRtpPacket({ ...header, payload: new Uint8Array(160) })
    return udpPacket({ ...phone, dscp: media ?? 0, payload })
  })
  const options = [
    'OPTIONS sip:edge SIP/2.0',
    'Via: SIP/2.0/UDP 10.1.0.5;branch=z9hG4bK1',
    `From: <sip:${name}@x>;tag=1`,
    'To: <sip:edge@x>',
    'Call-ID: one',
    'CSeq: 1 INVITE',
    'Content-Length: 0',
  ]
  const payload = new TextEncoder().encode(`${options.join('\r\n')}\r\n\r\n`)
  const sip = signalling === undefined ? [] : [udpPacket({ ...phone, dscp: signalling, payload })]
  const frames = [...stream, ...sip].map((packet, index) => ({
    at: 1_700_000_000_000_000 + index * 20_000,
    bytes: ethernet(packet),
  }))
  const path = join(folder, file)
  writeFileSync(path, pcap(frames))
  return path
}

async function run(...args: readonly string[]) {
  const lines: string[] = []
  const program = createProgram({
    printer: {
      line: (text = '') => lines.push(text),
      problem: (text) => lines.push(text),
      color: false,
      width: 120,
    },
    environment: {},
    dataDirectory: folder,
    interrupted: new AbortController().signal,
  })
  const exit = await program(['sip', 'capture', ...args])
  return { exit, text: lines.join('\n') }
}

describe('sip capture', () => {
  it.each<readonly [string, Content, readonly string[], number]>([
    ['marked, both', { media: 46, signalling: 24 }, [], 0],
    ['unmarked media', { media: 0, signalling: 24 }, [], 1],
    ['unmarked SIP', { media: 46, signalling: 0 }, [], 1],
    ['no stream', { signalling: 24 }, [], 3],
    ['no SIP', { media: 46 }, [], 3],
    ['through the edge', { media: 46, signalling: 40 }, ['--edge', '10.1.0.1'], 0],
    [
      'past the edge',
      { media: 46, signalling: 40 },
      ['--edge', '10.2.0.1', '--cloud', '10.1.0.0/28'],
      1,
    ],
    ['another way', { media: 46, signalling: 40 }, ['--edge', '10.2.0.1'], 3],
    ['an edge, and nothing to judge', { signalling: 40 }, ['--edge', '10.1.0.1'], 3],
    ['no range', { media: 46, signalling: 40 }, ['--edge', '10.1.0.1/8'], 2],
  ])('H1.3 H1.4 says %s by its exit code', async (name, content, options, exit) => {
    const path = capture(`${name}.pcap`, content)

    expect((await run(path, ...options)).exit).toBe(exit)
    const { exit: asJson, text } = await run(path, ...options, '--json')
    expect(asJson).toBe(exit)
    if (exit !== 2) expect(JSON.parse(text)).toMatchObject({ exit, file: { format: 'pcap' } })
  })

  it('H1.3 answers on one screen', async () => {
    const path = capture('screen.pcap', { media: 0, signalling: 40 })

    expect((await run(path)).text.split('\n')).toEqual([
      'screen.pcap · pcap · 51 packets in 1.0 s · 1 call, 1 media stream',
      '',
      ' call              status     setup  ended  media',
      ' phone@x → edge@x  no answer  –      –      –',
      '',
      ' stream                         codec  packets  lost      jitter mean/most  longest gap  mark      found by',
      ' 10.1.0.5:4000 → 10.1.0.1:5004  PCMU   50       0 (0.0%)  0.0/0.0 ms        20.0 ms      unmarked  its looks',
      '',
      ' ✖  media marking  1 of 1 stream not as it must be',
      '      10.1.0.5:4000 → 10.1.0.1:5004: unmarked, not EF (46)',
      '      → set DSCP 46 where this RTP is sent, and let the switches and routers before this point trust it',
      ' ✔  SIP marking    1 sender: CS5 (40) or CS3 (24)',
      ' ?  both ways      nothing to judge',
      '      → no answered call with media was seen whole',
      ' –  media way      not judged: --edge <cidr…> and --cloud <cidr…> say what is where',
    ])
  })

  it('H1.3 reports what is before the place where a file was cut off, and where that is', async () => {
    const path = capture('cut.pcap', { media: 46, signalling: 40 })
    const whole = pcap([]).length
    writeFileSync(path, readFileSync(path).subarray(0, whole + 10 * 230 + 100))

    const { exit, text } = await run(path)

    expect(exit).toBe(3)
    expect(text).toContain('10 packets')
    expect(text).toContain(
      '! cut off in packet 11, which begins at byte 2324: the file ends 100 bytes into it; all before it is here',
    )
  })

  it('lets nothing that somebody has sent move the cursor', async () => {
    const name = 'a\u001b[2Jb'
    const { text } = await run(capture('escape.pcap', { signalling: 40, name }))

    expect(text).not.toContain('\u001b')
    expect(text).toContain('a·[2Jb@x')
  })

  it('H1.3 says of a file that is no capture what it is, exit 2', async () => {
    const path = join(folder, 'readme.pcap')
    writeFileSync(path, '# Readme')

    expect(await run(path)).toMatchObject({ exit: 2, text: expect.stringContaining('it is text') })
    const missing = await run(join(folder, 'missing.pcap'))
    expect(missing).toMatchObject({ exit: 2, text: expect.stringContaining('ENOENT') })
  })
})
