import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  expectSameReading,
  expectSameUri,
  expectSameVerdict,
} from '../../../test/support/same-reading.ts'
import { endOfHead } from './end-of-head.ts'
import { parseMessage } from './parse-message.ts'
import { readByGrammar } from './read-by-grammar.ts'
import { scanMessage } from './scan-message.ts'

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const bytesOf = (text: string) => Buffer.from(text, 'latin1')

const vectors = fileURLToPath(new URL('../../../test/vectors/sip/', import.meta.url))

function filesIn(folder: string, ending: string): readonly Uint8Array[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => readFileSync(resolve(folder, file)))
}

const torture = ['rfc4475', 'rfc5118'].flatMap((name) => filesIn(resolve(vectors, name), '.sip'))

interface Flows {
  readonly flows: readonly { readonly steps: readonly { readonly message: string }[] }[]
}
const flows: Flows = JSON.parse(
  readFileSync(resolve(vectors, 'rfc3665-3666-call-flows.json'), 'utf8'),
)
const printed = flows.flows.flatMap(({ steps }) => steps.map(({ message }) => Buffer.from(message)))

const plain = [
  [
    'INVITE sip:+15551000@gw.example:5060;transport=tcp SIP/2.0',
    'v: SIP/2.0/UDP a.example:5060;branch=z9hG4bKabc;rport, SIP/2.0/TCP 192.0.2.9',
    'f: "A, b" <sip:+1555@a.example>;tag=77',
    't: Bob B <sips:b:c@gw.example;user=phone>',
    'i: 1234@a.example',
    'CSeq: 7 INVITE',
    'm: <sip:a@192.0.2.1:5060;lr>;q=0.5;expires=60',
    'Max-Forwards: 70',
    'Route: <sip:p1.example;lr>,<sip:p2.example;lr>',
    'X-Note: folded',
    ' line',
    'l: 4',
    '',
    'v=0\r\n',
  ],
  [
    'SIP/2.0 200 OK',
    'Via: SIP/2.0/TLS a.example;branch=z9hG4bKabc;received=192.0.2.7',
    'Record-Route: <sip:p1.example;lr>',
    'From: <sip:a@a.example>;tag=1',
    'To: <sip:b@b.example>;tag=2',
    'Call-ID: 1',
    'CSeq: 1 INVITE',
    '',
    '',
  ],
].map((lines) => bytesOf(lines.join('\r\n')))

describe('scanner beside the grammar', () => {
  it('reads plain messages by itself, those of the call flows among them', () => {
    for (const bytes of plain) expect(scanMessage(bytes)?.isSound).toBe(true)

    // As stacks write them: the RFC folds where its page ends.
    const unfolded = printed.map((bytes) =>
      bytesOf(
        latin1(bytes)
          .replaceAll(/\r\n[ \t]+;/g, ';')
          .replaceAll(/\r\n[ \t]+/g, ' '),
      ),
    )
    const sound = unfolded.filter((bytes) => scanMessage(bytes)?.isSound === true)

    // The others are misprints, or have a tel URI.
    expect(sound.length / printed.length).toBeGreaterThan(0.8)
  })

  it.each([
    ['torture messages of RFC 4475 and 5118', torture],
    ['call flows of RFC 3665 and 3666', printed],
  ])('says the same of every message: %s', (_name, messages) => {
    for (const bytes of messages) expectSameReading(bytes)
  })

  it('says the same at the edges of every number', () => {
    const numbers = ['0', '3', '4', '5', '99', '100', '255', '256', '699', '700', '65535', '65536']
    numbers.push('2147483647', '2147483648', '9999999999', '99999999999', '', '-1', '1e1')
    const written = numbers.flatMap((number) => [number, `0${number}`, number.padStart(10, '0')])
    for (const text of plain.map(latin1)) {
      for (const { 0: digits, index } of text.matchAll(/(?<=[ :=])\d+(?=[\r\n; >])/g)) {
        for (const number of written) {
          const changed = text.slice(0, index) + number + text.slice(index + digits.length)
          expectSameReading(bytesOf(changed))
        }
      }
    }
  })

  it('says the same of every header left out, doubled, emptied, folded and named otherwise', () => {
    for (const text of plain.map(latin1)) {
      const lines = text.split('\r\n')
      for (const [index, line] of lines.entries()) {
        const [name = '', ...rest] = line.split(':')
        const value = rest.join(':')
        const others = [
          [],
          [line, line],
          [`${name}:`],
          [`${name}:${value.replaceAll(';', '\r\n ;')}`],
          [`${name}:\r\n\t${value}`],
          [`${name.toUpperCase()}:${value}`],
          [`${name} :${value}`],
          [`${name}:\t${value} \t`],
          [`${name}:${value.toUpperCase()}`],
          [`${name}:${value},${value}`],
          [`${name}: *`],
        ]
        for (const other of others) {
          expectSameReading(bytesOf(lines.toSpliced(index, 1, ...other).join('\r\n')))
        }
      }
    }
  })

  it('says the same of heads about as long as it reads, and longer', () => {
    for (const sound of plain) {
      for (const length of [8190, 8191, 8192, 8193, 9000]) {
        const [head = '', body = ''] = latin1(sound).split(/(?<=\r\n)\r\n/)
        const padded = `${head}X-Pad: ${'a'.repeat(length - head.length - 11)}\r\n\r\n`

        expect(padded.length).toBe(length)
        expectSameReading(bytesOf(padded + body))
        expect(scanMessage(bytesOf(padded + body)) === undefined).toBe(length > 8192)
      }
    }
  })

  it('keeps bytes of the body as they came: a view of a Buffer, a copy of other bytes', () => {
    const [buffer = Buffer.of()] = plain
    const bytes = Uint8Array.from(buffer)

    const [view, copy] = [parseMessage(buffer).body, parseMessage(bytes).body]

    expect(view).toStrictEqual(readByGrammar(buffer).body)
    expect(copy).toStrictEqual(readByGrammar(bytes).body)
    expect(view.buffer).toBe(buffer.buffer)
    expect(copy.buffer).not.toBe(bytes.buffer)
  })

  it('says the same whichever byte stands wherever in a plain message', () => {
    for (const sound of plain) {
      const end = (endOfHead(sound, 0) ?? 0) + 4
      for (let at = 0; at < end; at += 1) {
        // One in nine, each time others: together they are all bytes at all kinds of places.
        for (let byte = at % 9; byte < 256; byte += 9) {
          const changed = Uint8Array.from(sound)
          changed[at] = byte
          expectSameVerdict(changed)
        }
      }
    }
  })

  it('says the same of messages with words of the grammar changed, put in, doubled and left out', () => {
    const seeds = [...plain, ...plain, ...printed.slice(0, 60), ...torture].map(wordsOf)
    const edit = fc.record({
      at: fc.nat(10_000),
      how: fc.constantFrom('replace', 'insert', 'delete', 'double'),
      word: fc.constantFrom(...oddWords),
    })
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        (seed, edits) => expectSameReading(bytesOf(edits.reduce(edited, seed).join(''))),
      ),
      { numRuns: 3000, endOnFailure: true },
    )
  })
})

interface Edit {
  readonly at: number
  readonly how: 'replace' | 'insert' | 'delete' | 'double'
  readonly word: string
}

const wordsOf = (bytes: Uint8Array): readonly string[] =>
  latin1(bytes).match(/[a-z]+|\d+|\r\n|./gis) ?? []

function edited(words: readonly string[], { at, how, word }: Edit): readonly string[] {
  const index = at % Math.max(words.length, 1)
  if (how === 'delete') return words.toSpliced(index, 1)
  if (how === 'double') return words.toSpliced(index, 0, words[index] ?? '')
  return words.toSpliced(index, how === 'replace' ? 1 : 0, word)
}

const oddWords = [
  ...['"', '\\', '<', '>', ';', ',', '=', ':', '@', '?', '[', ']', '(', '/', '&', '*', '%41', '_'],
  ...[' ', '\t', '  ', ', ', '\r\n', '\r\n ', '\r\n\t', '\r', '\n', '\0', '\v', '\f', '\x7f'],
  // Of UTF-8: no letter, a letter, a blank that trim() takes, a mark at the beginning.
  ...['\xe9', '\xc3\xa9', '\xc2\xa0', '\xef\xbb\xbf'],
  ...['sip:', 'sips:', 'SIP:', 'tel:', 'SIP/2.0', 'SIP/2.0/UDP', 'SIP/2.0/udp', 'SIP/3.0'],
  ...['0', '00', '65535', '65536', '255', '256', '2147483647', '2147483648', '99999999999'],
  ...['\r\nv: ', '\r\nVIA: ', '\r\nFrom: ', '\r\nl: ', '\r\nCSeq: ', '\r\nRoute: ', '\r\nm: *'],
  ...[';tag=1', ';TAG=2', ';__proto__=x', ';constructor=x', ';1=2', ';a="b;c"', ';lr', '[::1]'],
  ...['INVITE', 'ACK', 'invite', '<sip:x>', '"a \\" b"', ':5060', '\r\nContent-Length: 2'],
]

describe('plain URIs beside the grammar', () => {
  const uris = [
    'sip:+1555;x@gw.example:5060;lr;transport=tcp',
    'sips:a:b@[::1]?x=y',
    'sip:a.example',
  ]

  it('are read the same whichever letter stands wherever', () => {
    const letters = [...Array(256).keys(), 0x100, 0x141, 0x2028, 0xd800]
    for (const uri of uris) {
      for (let at = 0; at <= uri.length; at += 1) {
        for (const letter of letters) {
          const text = `${uri.slice(0, at)}${String.fromCharCode(letter)}`
          expectSameUri(text + uri.slice(at))
          expectSameUri(text + uri.slice(at + 1))
        }
      }
    }
  })

  it('are so up to 255 letters, and longer ones are read, too', () => {
    for (const length of [250, 255, 256, 300]) expectSameUri(`sip:${'a'.repeat(length - 4)}`)
  })
})

describe('end of the head', () => {
  it('is where CR LF CR LF is found first', () => {
    const letters = fc.array(fc.constantFrom(13, 10, 13, 10, 65), { maxLength: 40 })
    fc.assert(
      fc.property(letters, fc.nat(8), (bytes, start) => {
        const found = Buffer.from(bytes).indexOf('\r\n\r\n', start)

        expect(endOfHead(Uint8Array.from(bytes), start)).toBe(found === -1 ? undefined : found)
      }),
      { numRuns: 2000 },
    )
  })
})
