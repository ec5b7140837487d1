import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createSipProbe } from '../../src/adapters/sip/index.ts'
import { createRandom } from '../../src/kernel/random.ts'
import { createSipEndpoint } from '../../src/lab/network/sip-endpoint.ts'
import { openUdpTransport } from '../../src/protocols/sip/transport-udp.ts'
import { freePort } from '../support/ports.ts'
import { until } from '../support/real-process.ts'
import { wireClock } from './sip/sipp.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-sip-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Capturing needs rights that not every machine gives; the reason is printed, the test then does not run. */
function whyNoCapture(): string | undefined {
  const file = join(folder, 'trial.pcap')
  const trial = spawnSync('tshark', ['-i', 'lo', '-a', 'duration:1', '-w', file], {
    timeout: 60_000,
  })
  if (trial.error !== undefined) return trial.error.message
  return trial.status === 0 ? undefined : trial.stderr.toString().trim()
}

/** The second of tshark's severities: chat, note, warning, error. */
const note = 0x400000

const obstacle = whyNoCapture()
if (obstacle !== undefined) process.stdout.write(`tshark judges nothing here: ${obstacle}\n`)

/**
 * Captures one UDP port of loopback while `work` runs; returns the file. tshark says that it captures a moment
 * before it does, and writes what it has captured a moment after: marks before and after, shown by it, tell.
 */
async function captured(port: number, work: () => Promise<unknown>): Promise<string> {
  const file = join(folder, 'exchange.pcap')
  const marks = await freePort()
  const filter = ['-f', `udp port ${port} or udp port ${marks}`, '-a', 'duration:90', '-w', file]
  const child = spawn('tshark', ['-i', 'lo', '-l', '-P', ...filter], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const exit = new Promise((resolve) => child.once('exit', resolve))
  let shown = ''
  child.stdout.on('data', (chunk) => {
    shown += chunk
  })
  const socket = createSocket('udp4')
  const showsMark = (mark: string) =>
    until(`tshark shows the mark ${mark}`, () => {
      socket.send(mark, marks, '127.0.0.1')
      return shown.includes(`→ ${marks} Len=${mark.length}`)
    })
  try {
    await showsMark('b')
    await work()
    await showsMark('ee')
  } finally {
    socket.close()
    child.kill('SIGINT')
    await exit
  }
  return file
}

/** Fields of every SIP packet as tshark reads them. */
function fields(file: string, port: number, names: readonly string[]): readonly string[][] {
  const wanted = names.flatMap((name) => ['-e', name])
  const decode = ['-d', `udp.port==${port},sip`, '-Y', 'sip', '-T', 'fields', '-E', 'aggregator=|']
  const run = spawnSync('tshark', ['-r', file, ...decode, ...wanted], { timeout: 60_000 })
  const lines = run.stdout.toString().trimEnd().split('\n')
  return lines.map((line) => line.split('\t'))
}

/**
 * What tshark remarks on the SIP packets, from notes up. A chat says nothing against a packet: one is
 * "Possible traceroute" for whatever goes to the ports 33434 and up, which an ephemeral port of ours may be.
 */
function remarks(file: string, port: number) {
  const rows = fields(file, port, ['_ws.expert.severity', '_ws.expert.message'])
  return rows.flatMap(([severities = '', messages = '']) => {
    const texts = messages.split('|')
    const each = severities === '' ? [] : severities.split('|')
    return each
      .map((severity, at) => ({ severity: Number(severity), message: texts[at] }))
      .filter(({ severity }) => severity >= note)
  })
}

describe.runIf(obstacle === undefined)('a call and an OPTIONS of ours, judged by tshark', () => {
  it('reads every message as we meant it and finds nothing malformed', async () => {
    const port = await freePort()
    const side = createSipEndpoint({
      transport: await openUdpTransport({ host: '127.0.0.1', port }),
      wireClock,
      server: 'lab',
      onInvite: async () => ({ kind: 'answer' }),
      onOptions: () => ({ kind: 'ok' }),
    })
    const probe = createSipProbe({
      openTransport: () => openUdpTransport({ host: '127.0.0.1' }),
      wireClock,
      random: createRandom(7),
    })
    const signal = new AbortController().signal
    const target = side.local

    const file = await captured(port, async () => {
      await probe.options(target, signal)
      await probe.call({ target, number: '+12145550100', caller: '+1', nonce: 'n' }, signal)
    })
    await side.close()

    const seen = fields(file, port, ['sip.Method', 'sip.Status-Code', 'sip.CSeq.method'])
    expect(seen.map(([method, status]) => method || status)).toEqual([
      'OPTIONS',
      '200',
      'INVITE',
      '100',
      '180',
      '200',
      'ACK',
      'BYE',
      '200',
    ])
    const media = fields(file, port, ['sdp.media', 'sdp.mime.type'])
    expect(media.flat().filter((field) => field.startsWith('audio'))).toEqual([
      'audio 9 RTP/AVP 0 8',
      'audio 9 RTP/AVP 0',
    ])
    expect(fields(file, port, ['_ws.malformed']).join('')).toBe('')
    // A note is all that is left: the one on our own header, which no RFC knows.
    expect(remarks(file, port)).toEqual([
      { severity: note, message: expect.stringContaining('x-changeover-nonce') },
    ])
  })
})
