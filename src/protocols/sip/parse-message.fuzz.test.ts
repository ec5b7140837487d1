import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SipFormatError } from './errors.ts'
import { formatMessage } from './format-message.ts'
import { checkMessage, parseMessage, readMessage } from './parse-message.ts'
import { createStreamFramer } from './stream-framing.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (message: Uint8Array) => new TextDecoder().decode(message)

const invite = [
  'INVITE sip:+15551000@gw.example:5060;transport=tcp SIP/2.0',
  'v: SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKabc;rport, SIP/2.0/TCP 192.0.2.9',
  'f: "A \\"quoted\\" name, with comma" <sip:+1555@a.example>;tag=77',
  't: <sip:+15551000@gw.example>',
  'i: 1234@a.example',
  'CSeq: 7 INVITE',
  'm: <sip:a@192.0.2.1:5060;transport=udp>;q=0.5',
  'Max-Forwards: 70',
  'Route: <sip:p1.example;lr>,<sip:p2.example;lr>',
  'c: application/sdp',
  'l: 5',
  '',
  'v=0\r\n',
].join('\r\n')

/** Runs it and lets through only the one error that the parser may throw. */
function survives(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(SipFormatError)
  }
}

const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/)

describe('SIP parser against anything', () => {
  it('throws SipFormatError or nothing, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        survives(() => parseMessage(noise))
        survives(() => createStreamFramer().push(noise))
      }),
      { numRuns: 2000 },
    )
  })

  it('survives a sound message with bytes changed, cut out and put in', () => {
    const sound = bytes(invite)
    const edit = fc.tuple(fc.nat(sound.length), fc.nat(12), fc.uint8Array({ maxLength: 12 }))
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 5 }), (edits) => {
        let damaged: number[] = [...sound]
        for (const [at, cut, put] of edits) damaged = damaged.toSpliced(at, cut, ...put)
        survives(() => parseMessage(Uint8Array.from(damaged)))
      }),
      { numRuns: 5000 },
    )
  })

  it('survives marks of the grammar in any order in every header', () => {
    const mark = fc.constantFrom(
      '"',
      '\\',
      '<',
      '>',
      ';',
      ',',
      '=',
      ':',
      '@',
      '[',
      ']',
      ' ',
      'sip:',
      'a',
      '\r\n ',
    )
    const name = fc.constantFrom('Via', 'From', 'To', 'CSeq', 'Contact', 'Route', 'Call-ID', 'l')
    fc.assert(
      fc.property(name, fc.array(mark, { maxLength: 20 }), (header, marks) => {
        const other = invite.replace('Max-Forwards: 70', `${header}: ${marks.join('')}`)
        survives(() => checkMessage(readMessage(bytes(other))))
      }),
      { numRuns: 3000 },
    )
  })

  it('reads in bounded time what is made to make it slow', () => {
    const worst = ['"'.repeat(60_000), '<'.repeat(60_000), ';'.repeat(60_000), ' '.repeat(60_000)]
    const began = performance.now()
    for (const value of worst) {
      for (const name of ['From', 'Via', 'Contact', 'Route', 'CSeq']) {
        const attack = invite.replace('Max-Forwards: 70', `${name}: a${value}b`)
        survives(() => parseMessage(bytes(attack)))
        survives(() => parseMessage(bytes(attack.replace(/^CSeq.*\r\n/m, ''))))
      }
    }
    expect(performance.now() - began).toBeLessThan(2000)
  })
})

describe('SIP format and parse', () => {
  it('writes what reads the same, with any body', () => {
    const value = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/)
    const extra = fc.array(fc.record({ name: token.map((name) => `X-${name}`), value }), {
      maxLength: 5,
    })
    fc.assert(
      fc.property(extra, fc.uint8Array({ maxLength: 200 }), token, (headers, body, method) => {
        const base = parseMessage(bytes(invite))
        const kept = base.headers.filter(({ name }) => name !== 'Content-Length' && name !== 'CSeq')
        const cseq = { name: 'CSeq', value: `7 ${method}` }
        const message = { ...base, method, headers: [...kept, cseq, ...headers], body }

        const again = parseMessage(formatMessage(message))

        const length = { name: 'Content-Length', value: String(body.length) }
        expect(again).toEqual({ ...message, headers: [...message.headers, length] })
      }),
    )
  })

  it('refuses to write a line end: it would be a header of the attacker’s', () => {
    const message = parseMessage(bytes(invite))
    const headers = [...message.headers, { name: 'X-Note', value: 'a\r\nVia: SIP/2.0/UDP evil' }]

    expect(() => formatMessage({ ...message, headers })).toThrow(SipFormatError)
  })

  it('never reads past the body that Content-Length names', () => {
    const message = parseMessage(bytes(`${invite}INVITE sip:second@x SIP/2.0\r\n\r\n`))

    expect(text(message.body)).toBe('v=0\r\n')
  })

  it('refuses a datagram that ends before its body', () => {
    expect(() => parseMessage(bytes(invite.replace('l: 5', 'l: 6')))).toThrow('Content-Length is 6')
  })
})

describe('stream framing', () => {
  it('finds the same messages however the stream is cut, keep-alives between them or not', () => {
    const parts = ['\r\n\r\n', invite, '\r\n', invite.replace('l: 5', 'l: 0').slice(0, -5), invite]
    const stream = bytes(parts.join(''))
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 30 }), (cuts) => {
        const framer = createStreamFramer()
        const edges = [0, ...cuts.toSorted((a, b) => a - b), stream.length]
        const chunks = edges.slice(1).map((end, index) => stream.subarray(edges[index], end))

        const found = chunks.flatMap((chunk) => framer.push(chunk)).map(text)

        expect(found).toEqual([parts[1], parts[3], parts[4]])
      }),
    )
  })

  it('gives up on a stream without Content-Length, or with a head or body that never ends', () => {
    const without = bytes(invite.replace('l: 5\r\n', ''))
    const huge = bytes(invite.replace('l: 5', 'l: 9999999999'))

    expect(() => createStreamFramer().push(without)).toThrow(SipFormatError)
    expect(() => createStreamFramer().push(huge)).toThrow(SipFormatError)
    expect(() => createStreamFramer().push(bytes('X'.repeat(70_000)))).toThrow(SipFormatError)
  })
})
