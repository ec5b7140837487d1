import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SipFormatError } from '../../src/protocols/sip/errors.ts'
import { parseMessage } from '../../src/protocols/sip/parse-message.ts'
import { expectSameReading } from '../support/same-reading.ts'

/** Another stack's own awkward messages; LGPL, so run where they are found and not copied. */
const corpora = process.env['CHANGEOVER_CORPORA'] ?? '../shared/corpora'
const folder = resolve(corpora, 'sip/libosip2')

interface Case {
  readonly file: string
  readonly osip_result: number
}

/** Where we differ from osip, and why that is ours to decide. */
const differs: Readonly<Record<string, string>> = {
  sip0: 'To is there twice, which §7.3.1 forbids',
  sip44: 'has no Via',
  sip52: 'CSeq names another method than the request (RFC 4475 §3.1.2.18)',
  sip68: 'has a blank inside a URI (RFC 4475 §3.1.2.14)',
  sip88: 'its headers do not end',
  sip90: 'CSeq names another method than the request',
  sip92: 'is not UTF-8',
  sip94: 'is not UTF-8',
  'sip-malformed22': 'is broken inside its body only, which we do not read',
}

function bytesOf(file: string): Uint8Array {
  const text = readFileSync(join(folder, `${file}.txt`), 'latin1')
  return Buffer.from(text.replaceAll(/\r?\n/g, '\r\n'), 'latin1')
}

function verdict(file: string): 'taken' | 'refused' {
  try {
    parseMessage(bytesOf(file))
    return 'taken'
  } catch (error) {
    if (error instanceof SipFormatError) return 'refused'
    throw error
  }
}

const found = existsSync(join(folder, 'expected.json'))
const cases: readonly Case[] = found
  ? JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')).files
  : []
process.stdout.write(
  found
    ? `libosip2 corpus: ${cases.length} messages\n`
    : `libosip2 corpus: not at ${folder}, 0 messages\n`,
)

describe.runIf(found)('libosip2 corpus', () => {
  it.each(cases)('$file is judged as osip judges it', ({ file, osip_result }) => {
    const expected = osip_result === 0 ? 'taken' : 'refused'

    expect(verdict(file) === expected).toBe(differs[file] === undefined)
  })

  it.each(cases)('$file is read by the scanner as by the grammar', ({ file }) => {
    expectSameReading(bytesOf(file))
  })
})
