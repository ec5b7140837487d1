import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DnsFormatError } from './errors.ts'
import { type DnsMessage, decodeMessage, dnsQuery, dnsResponse, encodeMessage } from './message.ts'
import { labelsOf } from './name.ts'
import { formatData, parseData } from './presentation.ts'

interface WireVector {
  readonly file: string
  readonly frame: number
  readonly hex: string
  readonly decodes: boolean
  readonly dnspython: string | null
}

const vectorFile = new URL('../../../test/vectors/dns/wire-messages.jsonl', import.meta.url)
const vectors = readFileSync(vectorFile, 'utf8')
  .trim()
  .split('\n')
  .map((line): WireVector => JSON.parse(line))
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const seeds = vectors.map((vector) => bytesOf(vector.hex))

const label = fc.uint8Array({ minLength: 1, maxLength: 12 })
const name = fc
  .array(label, { maxLength: 5 })
  .map((labels) => (labels.length === 0 ? '.' : labels.map(escapeAll).join('.')))
const u16 = fc.integer({ min: 0, max: 0xffff })
const text = fc.uint8Array({ maxLength: 255 }).map((bytes) => Buffer.from(bytes).toString('latin1'))

function escapeAll(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) =>
    /[a-z0-9_-]/i.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : escapeByte(byte),
  ).join('')
}

function escapeByte(byte: number): string {
  if (byte === 0x2e || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
  if (byte > 0x20 && byte < 0x7f) return String.fromCharCode(byte)
  return `\\${String(byte).padStart(3, '0')}`
}

const data = fc.oneof(
  fc.record({
    kind: fc.constant('SRV' as const),
    priority: u16,
    weight: u16,
    port: u16,
    target: name,
  }),
  fc.record({ kind: fc.constant('CNAME' as const), target: name }),
  fc.record({ kind: fc.constant('NS' as const), target: name }),
  fc.record({ kind: fc.constant('A' as const), address: fc.ipV4() }),
  fc.record({
    kind: fc.constant('TXT' as const),
    texts: fc.array(text, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('NAPTR' as const),
    order: u16,
    preference: u16,
    flags: text,
    services: text,
    regexp: text,
    replacement: name,
  }),
)
const codes = { SRV: 33, CNAME: 5, NS: 2, A: 1, TXT: 16, NAPTR: 35 } as const
const record = fc
  .record({ name, ttl: fc.integer({ min: 0, max: 0x7fff_ffff }), data })
  .map((given) => ({ ...given, type: codes[given.data.kind], class: 1 }))

describe('DNS messages', () => {
  it.each(vectors)('reads $file $frame as other software does', (vector) => {
    const bytes = bytesOf(vector.hex)
    if (!vector.decodes) {
      expect(() => decodeMessage(bytes)).toThrow(DnsFormatError)
      return
    }

    const message = decodeMessage(bytes)

    expect(decodeMessage(encodeMessage(message))).toEqual(message)
    if (vector.dnspython?.startsWith('id ')) {
      expect(summary(message)).toBe(dnspythonSummary(vector.dnspython))
    }
  })

  it('writes every record as it reads it', () => {
    const query = dnsQuery(7, 'example.com', 255, { recursionDesired: true })
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), (records) => {
        const message = dnsResponse(query, { answers: records, additional: records.slice(0, 2) })
        expect(decodeMessage(encodeMessage(message))).toEqual(message)
      }),
    )
  })

  it('throws nothing but DnsFormatError on broken messages', () => {
    const broken = fc
      .tuple(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
        fc.nat(),
      )
      .map(([seed, flips, cut]) => {
        const bytes = seed.slice(0, cut % 3 === 0 ? cut % seed.length : seed.length)
        for (const [at, value] of flips) if (bytes.length > 0) bytes[at % bytes.length] = value
        return bytes
      })
    let refused = 0
    fc.assert(
      fc.property(fc.oneof(broken, fc.uint8Array({ maxLength: 600 })), (bytes) => {
        try {
          decodeMessage(bytes)
        } catch (error) {
          refused += 1
          expect(error).toBeInstanceOf(DnsFormatError)
        }
      }),
      { numRuns: 5000 },
    )
    expect(refused).toBeGreaterThan(500)
  })

  it.each([
    ['a pointer to itself', '000100000001000000000000c00c00010001'],
    ['two names that point at each other', '000100000002000000000000c00e00010001c00c00010001'],
    ['a loop through a label', '0001000000010000000000000161c00c00010001'],
    ['a pointer past the end', '000100000001000000000000cfff00010001'],
    ['rdata longer than its name', '00018000000000010000000000000500010000000000040161000000'],
    ['bytes after the end', '000100000000000000000000ff'],
  ])('refuses %s', (_what, hex) => {
    expect(() => decodeMessage(bytesOf(hex))).toThrow(DnsFormatError)
  })

  it('compresses names that came before, but no SRV target (RFC 2782)', () => {
    const srv = { kind: 'SRV', priority: 1, weight: 2, port: 3, target: 'gw.example.com' } as const
    const query = dnsQuery(1, '_sip._tcp.example.com', 33, { recursionDesired: false })
    const answers = [{ name: '_sip._tcp.example.com', type: 33, class: 1, ttl: 60, data: srv }]

    const bytes = encodeMessage(dnsResponse(query, { answers }))

    expect(bytes.length).toBe(12 + 23 + 4 + 2 + 10 + 6 + 16)
  })
})

describe('values as text', () => {
  it.each([
    ['AAAA', '2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['AAAA', '0:0:0:0:0:0:0:0', '::'],
    ['AAAA', '2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['AAAA', '::ffff:192.0.2.1', '::ffff:c000:201'],
    ['A', '192.0.2.1', '192.0.2.1'],
    ['CNAME', 'Gateway.Example.COM.', 'gateway.example.com'],
    ['SRV', '10  0 5060 GW.example.com.', '10 0 5060 gw.example.com'],
    ['SRV', '0 0 0 .', '0 0 0 .'],
    ['TXT', '"a \\"b\\"" "c"', '"a \\"b\\"" "c"'],
    [
      'NAPTR',
      '10  50 S SIP+D2T "" _SIP._tcp.Gw.example.',
      '10 50 "S" "SIP+D2T" "" _sip._tcp.gw.example',
    ],
    [
      'NAPTR',
      '1 2 "u" "E2U+sip" "!^.*$!sip:a\\\\1@b!" .',
      '1 2 "u" "E2U+sip" "!^.*$!sip:a\\\\1@b!" .',
    ],
  ] as const)('%s %s is %s', (type, given, normal) => {
    expect(formatData(parseData(type, given))).toBe(normal)
  })

  it.each([
    ['A', '192.0.2.256'],
    ['A', '192.0.2'],
    ['AAAA', '1:2:3'],
    ['AAAA', '1::2::3'],
    ['AAAA', '::12345'],
    ['SRV', '10 0 70000 gw.example.com'],
    ['SRV', '10 0 gw.example.com'],
    ['NAPTR', '10 50 "s" "SIP+D2T" _sip._tcp.gw.example'],
    ['NAPTR', '10 70000 "s" "SIP+D2T" "" gw.example'],
    ['CNAME', 'a..b'],
    ['CNAME', `${'a'.repeat(64)}.example.com`],
  ] as const)('D6 %s %s is refused', (type, given) => {
    expect(() => parseData(type, given)).toThrow(DnsFormatError)
  })

  it('reads any IPv6 address as it writes it', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const once = formatData(parseData('AAAA', address)) ?? ''
        expect(formatData(parseData('AAAA', once))).toBe(once)
        expect(new URL(`http://[${address}]`).hostname).toBe(`[${once}]`)
      }),
    )
  })

  it('limits a name to 255 bytes', () => {
    const tooLong = Array.from({ length: 5 }, () => 'a'.repeat(60)).join('.')

    expect(() => labelsOf(tooLong)).toThrow(DnsFormatError)
  })
})

function summary(message: DnsMessage): string {
  const counts = [message.questions, message.answers, message.authority]
  return `id ${message.id} ${counts.map((section) => section.length).join(' ')}`
}

/** dnspython groups records into sets and prints one line per record; OPT is not among them. */
function dnspythonSummary(text: string): string {
  const [, afterQuestion = ''] = text.split(/^;(?:QUESTION|ZONE)$/m)
  const [first = '', second = ''] = afterQuestion.split(/^;(?:ANSWER|PREREQ)$/m)
  const [answer = '', rest = ''] = second.split(/^;(?:AUTHORITY|UPDATE)$/m)
  const [authority = ''] = rest.split(/^;ADDITIONAL$/m)
  const counts = [first, answer, authority].map(
    (section) => section.split('\n').filter((line) => line !== '').length,
  )
  return `${text.split('\n')[0]} ${counts.join(' ')}`
}
