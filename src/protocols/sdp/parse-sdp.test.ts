import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SdpConnection, SdpMedia, SessionDescription } from './description.ts'
import { SdpFormatError } from './errors.ts'
import { formatSdp } from './format-sdp.ts'
import { parseSdp, readSdp } from './parse-sdp.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (body: Uint8Array) => new TextDecoder().decode(body)
const crlf = (lines: readonly string[]) => bytes(`${lines.join('\r\n')}\r\n`)

const whole = [
  'v=0',
  'o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1',
  's=Call to John Smith',
  'i=SDP Offer #1',
  'u=http://www.jdoe.example.com/home.html',
  'e=Jane Doe <jane@jdoe.example.com>',
  'p=+1 617 555-6011',
  'c=IN IP4 233.252.0.1/127/3',
  'b=AS:128',
  't=3724394400 3724398000',
  'r=7d 1h 0 25h',
  'z=2882844526 -1h 2898848070 0',
  'k=clear:nothing',
  'a=recvonly',
  'a=group:BUNDLE 1 2',
  'm=audio 49170 RTP/AVP 0 8',
  'i=voice',
  'c=IN IP6 2001:db8::1',
  'b=TIAS:64000',
  'k=prompt',
  'a=ptime:20',
  'a=x-odd: value : with colons ',
  'm=video 51372/2 RTP/AVPF 99',
  'a=rtpmap:99 h263-1998/90000',
]

describe('parseSdp', () => {
  it('G3.3 reads every line of RFC 8866 and writes the same bytes', () => {
    const description = parseSdp(crlf(whole))

    expect(text(formatSdp(description))).toBe(text(crlf(whole)))
    expect(description.media.map(({ port, formats }) => [port, formats])).toEqual([
      [49170, ['0', '8']],
      [51372, ['99']],
    ])
    expect(description.media[0]?.attributes[1]).toEqual({
      name: 'x-odd',
      value: ' value : with colons ',
    })
  })

  const changed = (line: number, to: string | undefined) =>
    to === undefined ? whole.toSpliced(line - 1, 1) : whole.with(line - 1, to)

  it.each([
    ['no number', changed(2, 'o=jdoe x 1 IN IP4 h'), '2:8', 'the number of the session expected'],
    ['no network', changed(8, 'c=ATM IP4 h'), '8:3', 'the network type IN expected'],
    ['no family', changed(8, 'c=IN IP7 h'), '8:6', 'IP4 or IP6 expected'],
    ['a line that ends', changed(8, 'c=IN IP4'), '8:9', 'an address expected, the line ends'],
    ['no name', changed(3, undefined), '3:1', 's= is missing'],
    ['no time', whole.toSpliced(9, 3), '10:1', 't= is missing'],
    ['a port too high', changed(16, 'm=audio 492170 RTP/AVP 0'), '16:9', 'a port from 0 to 65535'],
    ['no format', changed(16, 'm=audio 4 RTP/AVP'), '16:18', 'at least one format expected'],
    ['two spaces', changed(16, 'm=audio 4  RTP/AVP 0'), '16:10', 'exactly one space'],
    ['a field more', changed(10, 't=0 0 0'), '10:7', 'one field too many'],
    ['odd order', whole.with(8, 'c=IN IP4 h').with(7, 'b=AS:1'), '9:1', 'c= stands behind b='],
    ['an unknown letter', changed(7, 'x=1'), '7:1', 'x= is no line in a session'],
    ['no letter', changed(7, 'hello'), '7:1', '"hello" is no line of SDP'],
    ['another version', changed(1, 'v=1'), '1:3', 'version 0 expected'],
    ['no address for a stream', whole.toSpliced(7, 1), '22:1', 'no c= for this stream'],
  ])('names line and column: %s', (_what, lines, place, problem) => {
    const error = caught(() => parseSdp(crlf(lines)))

    expect(`${error.place.line}:${error.place.column}`).toBe(place)
    expect(error.message).toContain(problem)
  })

  it('refuses a bare LF and a last line without end', () => {
    expect(caught(() => parseSdp(bytes('v=0\no=- 0 0 IN IP4 h\n'))).place).toEqual({
      line: 1,
      column: 4,
    })
    expect(caught(() => parseSdp(bytes(text(crlf(whole)).trimEnd()))).message).toContain('no CRLF')
  })
})

function caught(work: () => unknown): SdpFormatError {
  try {
    work()
  } catch (error) {
    if (error instanceof SdpFormatError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('readSdp', () => {
  it('G3.3 keeps what it can of what gateways write, and says what is odd', () => {
    const odd =
      'v=0\no=- 1 1 IN IP4 192.0.2.1 \nx=?\n\nm=audio 4000 RTP/AVP 0 \na=rtpmap:0 PCMU/8000\nc=IN IP4 192.0.2.1'

    const { description, remarks } = readSdp(bytes(odd))

    expect(description).toMatchObject({
      name: '-',
      times: [{ start: '0', stop: '0' }],
      media: [{ port: 4000, formats: ['0'], connections: [{ address: '192.0.2.1' }] }],
    })
    expect(remarks.map(({ line, text: what }) => `${line} ${what}`)).toEqual([
      '7 the last line has no CRLF',
      '1 a line ends with LF; CRLF is expected',
      '4 an empty line; a letter and "=" are expected',
      '2 fields are separated by exactly one space',
      '3 x= is no line in a session',
      '5 fields are separated by exactly one space',
      '7 c= stands behind a=; it comes before',
      '5 s= is missing',
      '5 t= is missing',
    ])
  })

  it('has nothing to say of what the grammar has', () => {
    expect(readSdp(crlf(whole))).toEqual({ description: parseSdp(crlf(whole)), remarks: [] })
  })

  it.each(['<html></html>', '', 'v=0\r\nm=audio x RTP/AVP 0\r\n', 'v=0\r\nc=IN IP4\r\n', 'v=\r\n'])(
    'refuses what would have to be guessed: %j',
    (body) => expect(() => readSdp(bytes(body))).toThrow(SdpFormatError),
  )
})

const word = fc.stringMatching(/^[\w.+-]{1,12}$/)
const line = fc.stringMatching(/^[ -~]{0,30}$/)
const number = fc.stringMatching(/^[1-9]\d{0,18}$/)
const family = fc.constantFrom('IP4' as const, 'IP6' as const)
const suffix = fc.option(fc.constantFrom('127', '127/3'), { nil: undefined })
const connection: fc.Arbitrary<SdpConnection> = fc
  .record({ family, address: word, suffix })
  .map(({ suffix: after, ...rest }) => (after === undefined ? rest : { ...rest, suffix: after }))
const bandwidths = fc.array(fc.record({ modifier: word, value: number }), { maxLength: 2 })
const attributes = fc.array(
  fc.oneof(fc.record({ name: word }), fc.record({ name: word, value: line })),
  { maxLength: 6 },
)
const media: fc.Arbitrary<SdpMedia> = fc.record({
  media: word,
  port: fc.nat(65_535),
  protocol: word,
  formats: fc.array(word, { minLength: 1, maxLength: 5 }),
  connections: fc.array(connection, { minLength: 1, maxLength: 2 }),
  bandwidths,
  attributes,
})
const times = fc.array(
  fc.record({ start: number, stop: number, repeats: fc.array(line, { maxLength: 2 }) }),
  { minLength: 1, maxLength: 2 },
)
const description: fc.Arbitrary<SessionDescription> = fc.record({
  origin: fc.record({
    username: word,
    sessionId: number,
    sessionVersion: number,
    family,
    address: word,
  }),
  name: line,
  information: line,
  emails: fc.array(line, { maxLength: 2 }),
  phones: fc.array(line, { maxLength: 2 }),
  connection,
  bandwidths,
  times,
  attributes,
  media: fc.array(media, { maxLength: 4 }),
})

describe('formatSdp', () => {
  it('writes what both readings read the same', () => {
    fc.assert(
      fc.property(description, (made) => {
        const written = formatSdp(made)

        expect(parseSdp(written)).toEqual(made)
        expect(readSdp(written)).toEqual({ description: made, remarks: [] })
      }),
      { numRuns: 300 },
    )
  })

  it('refuses a line end in a value', () => {
    const made = parseSdp(crlf(whole))

    expect(() => formatSdp({ ...made, name: 'a\r\nm=audio 1 RTP/AVP 0' })).toThrow(SdpFormatError)
  })
})
