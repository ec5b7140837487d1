import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { answerTo } from '../../src/protocols/sdp/answer-to.ts'
import { type AudioCapabilities, g711, knownCodecs } from '../../src/protocols/sdp/capabilities.ts'
import { SdpFormatError } from '../../src/protocols/sdp/errors.ts'
import { formatSdp } from '../../src/protocols/sdp/format-sdp.ts'
import { judgeAnswer } from '../../src/protocols/sdp/judge-answer.ts'
import type { NegotiationMode } from '../../src/protocols/sdp/judgement.ts'
import { parseSdp, readSdp } from '../../src/protocols/sdp/parse-sdp.ts'
import { SipFormatError } from '../../src/protocols/sip/errors.ts'
import { headerValue } from '../../src/protocols/sip/message.ts'
import { parseMessage } from '../../src/protocols/sip/parse-message.ts'

/** Other stacks' own cases; GPL and LGPL, so run where they are found and not copied. */
const corpora = resolve(process.env['CHANGEOVER_CORPORA'] ?? '../shared/corpora')
const wire = (text: string) => Buffer.from(text.replaceAll(/\r?\n/g, '\r\n'), 'latin1')

interface SendCase {
  readonly file: string
  readonly callee_args: string
  readonly sdp: string
  readonly expect_status: number
}

const sendFile = join(corpora, 'sdp/pjsip-sendto-cases.json')
const sendCases: readonly SendCase[] = existsSync(sendFile)
  ? JSON.parse(readFileSync(sendFile, 'utf8')).cases
  : []
/** Refused or taken for what the SDP says: 420, 422 and 400 of other headers are none of ours. */
const aboutSdp = sendCases.filter(
  ({ sdp, expect_status, file }) =>
    sdp !== '' && [200, 400, 406, 488].includes(expect_status) && !file.includes('replaces'),
)

const osipFolder = join(corpora, 'sdp/libosip2')
const osipFiles = existsSync(osipFolder)
  ? readdirSync(osipFolder).filter((name) => name.endsWith('.txt'))
  : []

const sipFolder = join(corpora, 'sip')
const sipFiles = existsSync(sipFolder)
  ? readdirSync(sipFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(sip|txt)$/.test(name),
    )
  : []

process.stdout.write(
  `SDP corpora: ${aboutSdp.length} cases of PJSIP, ${osipFiles.length} of osip, ${sipFiles.length} SIP messages at ${corpora}\n`,
)

/** Our side set up as the callee of a case is. */
function calleeOf({ callee_args }: SendCase): AudioCapabilities {
  const use = (['off', 'optional', 'mandatory'] as const)[
    Number(/--use-srtp (\d)/.exec(callee_args)?.[1] ?? 0)
  ]
  const secretBytes = (count: number) => new Uint8Array(count)
  return {
    host: '192.0.2.9',
    port: 9,
    codecs: [...g711, knownCodecs.events],
    order: 'theirs',
    srtp: use === undefined || use === 'off' ? { use: 'off' } : { use, secretBytes },
    direction: 'sendrecv',
    session: 1,
    mode: 'flexible',
    // What is tried there is SRTP, not what carries it.
    signalling: 'tls',
  }
}

/** Where we differ from PJSIP, and why that is ours to decide. */
const differs: Readonly<Record<string, string>> = {
  '300_srtp_invalid_crypto_tag_non_numeric.py':
    'one of two a=crypto can’t be used: flexible takes the other; strict refuses, as PJSIP does',
}

describe.runIf(aboutSdp.length > 0)('PJSIP’s cases', () => {
  it.each(aboutSdp)('$file is answered with $expect_status', (given) => {
    const taken = isTaken(given, 'flexible')

    expect(taken === (given.expect_status === 200)).toBe(differs[given.file] === undefined)
  })

  it('the crypto that can’t be used refuses a strict reading', () => {
    const odd = aboutSdp.filter(({ file }) => differs[file] !== undefined)

    expect(odd.map((given) => isTaken(given, 'strict'))).toEqual([false])
  })
})

function isTaken(given: SendCase, mode: NegotiationMode): boolean {
  const callee = { ...calleeOf(given), mode }
  try {
    const { description } = readSdp(wire(given.sdp))
    const answer = answerTo(description, callee)
    if (answer.kind === 'refused') return false
    expect(judgeAnswer(description, answer.description, callee).fits).toBe(true)
    return true
  } catch (error) {
    if (error instanceof SdpFormatError) return false
    throw error
  }
}

describe.runIf(osipFiles.length > 0)('osip’s descriptions', () => {
  /** What the grammar has not, though osip takes it. */
  const refused: Readonly<Record<string, string>> = {
    'sdp0.txt': 'fields are separated by exactly one space',
    'sdp4.txt': 's= is missing',
  }

  it.each(osipFiles)('%s is read, and written as it was', (file) => {
    const body = wire(`${readFileSync(join(osipFolder, file), 'latin1').trimEnd()}\n`)
    const lenient = () => readSdp(body).description
    if (file === 'sdp4.txt') expect(lenient).toThrow('a port from 0 to 65535 expected, "492170"')
    else expect(readSdp(formatSdp(lenient())).description).toEqual(lenient())

    if (refused[file] !== undefined) expect(() => parseSdp(body)).toThrow(refused[file])
    else expect(Buffer.from(formatSdp(parseSdp(body))).equals(body)).toBe(true)
  })
})

describe.runIf(sipFiles.length > 0)('SDP in SIP messages of the corpora', () => {
  it('is read leniently or refused with a place, and written so that it reads the same', () => {
    const read = sipFiles.flatMap((file) => bodyOf(file)).map((body) => readBack(body))

    expect(read.filter((kind) => kind === 'read').length).toBeGreaterThan(12)
  })
})

function bodyOf(file: string): readonly Uint8Array[] {
  try {
    const message = parseMessage(wire(readFileSync(join(sipFolder, file), 'latin1')))
    const isSdp = headerValue(message, 'Content-Type')?.toLowerCase().includes('application/sdp')
    return isSdp ? [message.body] : []
  } catch (error) {
    if (error instanceof SipFormatError) return []
    throw error
  }
}

function readBack(body: Uint8Array): 'read' | 'refused' {
  try {
    const { description } = readSdp(body)
    expect(readSdp(formatSdp(description)).description).toEqual(description)
    return 'read'
  } catch (error) {
    if (error instanceof SdpFormatError) return 'refused'
    throw error
  }
}
