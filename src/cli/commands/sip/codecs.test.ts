import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProgram } from '../../program.ts'
import type { Shell } from '../../shell.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sdp-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The command line with files written for it, and what it printed. */
async function run(files: Readonly<Record<string, string>>, ...options: readonly string[]) {
  const lines: string[] = []
  const printer: Shell['printer'] = {
    line: (text = '') => void lines.push(text),
    problem: (text) => void lines.push(text),
    color: false,
    width: 120,
  }
  const shell: Shell = {
    printer,
    environment: {},
    dataDirectory: folder,
    interrupted: new AbortController().signal,
  }
  const paths = Object.entries(files).map(([name, text]) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  })
  const exit = await createProgram(shell)(['sip', 'codecs', ...paths, ...options])
  return { exit, text: lines.join('\n').replaceAll(`${folder}/`, '') }
}

const sdp = (...lines: readonly string[]) =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines, ''].join('\n')
const wide = sdp('m=audio 4000 RTP/AVP 9 0')
const narrow = sdp('m=audio 5000 RTP/AVP 0')
const g729 = sdp('m=audio 5000 RTP/AVP 18')
const key = 'WnD7c1ksDGs+dIefCEo8omPg4uO8DYIinNGL5yxQ'
const secure = sdp('m=audio 4000 RTP/SAVP 0', `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}`)

describe('changeover sip codecs', () => {
  it('G3.3 an answer that fits: 0, with what is odd about it', async () => {
    const { exit, text } = await run({ 'offer.sdp': wide, 'answer.sdp': narrow })

    expect(exit).toBe(0)
    expect(text).toContain(
      'offer.sdp → answer.sdp · flexible · SIP over UDP (assumed; --signalling)',
    )
    expect(text).toContain(' · G722 was offered and PCMU/8000 is taken')
    expect(text).toMatch(/^fits: PCMU\/8000 .*exit 0$/m)
  })

  it('B5.1 no codec in common: 1, with what to allow', async () => {
    const { exit, text } = await run({ 'offer.sdp': wide, 'answer.sdp': g729 })

    expect(exit).toBe(1)
    expect(text).toContain(' ✖ audio  no codec')
    expect(text).toContain('offer G729 as well, or allow G722 or PCMU')
  })

  it('bad input: 2, with file, line and column of each', async () => {
    const { exit, text } = await run({
      'offer.sdp': wide.replace('4000', 'x'),
      'answer.sdp': 'v=0\nc=IN IP9 h\n',
    })

    expect(exit).toBe(2)
    expect(text).toContain(
      'offer.sdp:6:9   error  m=: a port from 0 to 65535 expected, "x" is there',
    )
    expect(text).toContain('answer.sdp:2:6  error  c=: IP4 or IP6 expected, "IP9" is there')
  })

  it.each([
    ['strict', 1],
    ['flexible', 0],
  ])('G3.3 %s judges an added codec with %d', async (mode, expected) => {
    const added = { 'offer.sdp': narrow, 'answer.sdp': sdp('m=audio 5 RTP/AVP 0 8') }

    expect((await run(added, '--mode', mode)).exit).toBe(expected)
  })

  it('D6 SDES without TLS: 1, and no output has the key', async () => {
    const both = { 'offer.sdp': secure, 'answer.sdp': secure }
    const plain = await run(both)
    const json = await run(both, '--json')
    const tls = await run(both, '--signalling', 'tls')
    const matrix = await run(both, '--matrix', '--json')

    expect([plain, json, tls, matrix].map(({ exit }) => exit)).toEqual([1, 1, 0, 1])
    for (const { text } of [plain, json, tls, matrix]) expect(text).not.toContain(key.slice(0, 6))
  })

  it('B5.1 two offers side by side', async () => {
    const { exit, text } = await run({ 'pbx.sdp': wide, 'cloud.sdp': narrow }, '--matrix')

    expect(exit).toBe(0)
    expect(text).toContain(' ◂ G722/8000   1. type 9  –          in the plan')
    expect(text).toContain('pbx.sdp offers: PCMU/8000, the first of pbx.sdp that cloud.sdp has')
  })

  it('H1.2 a second exchange says what it changes', async () => {
    const { exit, text } = await run({ a: wide, b: narrow, c: wide, d: wide })

    expect(exit).toBe(0)
    expect(text).toContain('the codec changes in the call: PCMU/8000 → G722/8000')
  })

  it('JSON has the exchanges with their findings', async () => {
    const { text } = await run({ 'offer.sdp': wide, 'answer.sdp': narrow }, '--json')

    expect(JSON.parse(text)).toMatchObject({
      exit: 0,
      exchanges: [{ fits: true, findings: [{ rule: 'one-sided-g722' }] }],
    })
  })

  it.each([
    [{ a: wide, b: wide, c: wide }, [], 'its answer is missing'],
    [{ a: wide, b: wide, c: wide }, ['--matrix'], '--matrix compares two files'],
    [{ a: wide, b: sdp() }, ['--matrix'], 'no audio stream to compare'],
    [{ a: wide, b: wide }, ['--codecs', 'a b'], 'names with commas between them expected'],
    [{ a: wide, b: wide }, ['--mode', 'kind'], 'Allowed choices are strict, flexible'],
  ])('refuses what it can’t use, %j %j', async (files, options, message) => {
    const { exit, text } = await run(files, ...options)

    expect(exit).toBe(2)
    expect(text).toContain(message)
  })
})
