import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RtpFormatError } from './errors.ts'
import {
  formatRtpPacket,
  isRtcp,
  parseRtpHeader,
  parseRtpPacket,
  type RtpPacket,
} from './packet.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const plain: RtpPacket = {
  marker: true,
  payloadType: 8,
  sequence: 0x1234,
  timestamp: 0xdeadbeef,
  ssrc: 0xcafebabe,
  payload: Uint8Array.of(1, 2, 3),
}

describe('an RTP packet', () => {
  it('is written as RFC 3550 §5.1 draws it', () => {
    expect(formatRtpPacket(plain)).toEqual(hex('80 88 1234 deadbeef cafebabe 010203'))
    const full = {
      ...plain,
      csrcs: [1, 2],
      extension: { profile: 0xbede, data: Uint8Array.of(9, 9, 9, 9) },
      padding: 4,
    }
    expect(formatRtpPacket(full)).toEqual(
      hex('b2 88 1234 deadbeef cafebabe 00000001 00000002 bede0001 09090909 010203 00000004'),
    )
  })

  it('reads what it wrote, whatever is in it', () => {
    const word = fc.integer({ min: 0, max: 0xffff_ffff })
    const packets = fc.record(
      {
        marker: fc.boolean(),
        payloadType: fc.integer({ min: 0, max: 127 }).filter((type) => type < 64 || type > 95),
        sequence: fc.integer({ min: 0, max: 0xffff }),
        timestamp: word,
        ssrc: word,
        payload: fc.uint8Array({ maxLength: 40 }),
        csrcs: fc.array(word, { minLength: 1, maxLength: 15 }),
        extension: fc.record({
          profile: fc.integer({ min: 0, max: 0xffff }),
          data: fc
            .nat(3)
            .chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 })),
        }),
        padding: fc.integer({ min: 1, max: 255 }),
      },
      { requiredKeys: ['marker', 'payloadType', 'sequence', 'timestamp', 'ssrc', 'payload'] },
    )
    fc.assert(
      fc.property(packets, (packet) => {
        expect(parseRtpPacket(formatRtpPacket(packet))).toEqual(packet)
      }),
    )
  })

  it.each([
    ['too short', '8088 1234 deadbeef cafeba'],
    ['version 0, as ZRTP and STUN are', '1000 1234 5a525450 cafebabe 0000'],
    ['CSRCs that are not there', '8288 1234 deadbeef cafebabe 00000001'],
    ['an extension that is not there', '9088 1234 deadbeef cafebabe bede0002 09090909'],
    ['half an extension header', '9088 1234 deadbeef cafebabe bede'],
    ['more padding than packet', 'a088 1234 deadbeef cafebabe 0909'],
    ['padding of nothing', 'a088 1234 deadbeef cafebabe 0900'],
    ['RTCP', '80c8 0006 deadbeef cafebabe 00000000 00000000'],
  ])('is refused: %s', (_name, text) => {
    expect(() => parseRtpPacket(hex(text))).toThrow(RtpFormatError)
  })

  it('throws RtpFormatError or nothing, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        try {
          parseRtpPacket(noise)
        } catch (error) {
          expect(error).toBeInstanceOf(RtpFormatError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['a sequence of 17 bits', { sequence: 0x10000 }],
    ['a payload type of 8 bits', { payloadType: 128 }],
    ['a payload type that reads as RTCP', { payloadType: 72 }],
    ['sixteen CSRCs', { csrcs: new Array(16).fill(1) }],
    ['an extension of three bytes', { extension: { profile: 1, data: Uint8Array.of(1, 2, 3) } }],
    ['a fraction', { timestamp: 0.5 }],
  ])('is not written with %s', (_name, change) => {
    expect(() => formatRtpPacket({ ...plain, ...change })).toThrow(RtpFormatError)
  })

  it('is told from RTCP on the same port (RFC 5761 §4)', () => {
    const receiverReport = hex('81c9 0007 cafebabe deadbeef 00000000 00000000')

    expect(isRtcp(receiverReport)).toBe(true)
    expect(parseRtpHeader(receiverReport)).toBeUndefined()
    expect(isRtcp(formatRtpPacket(plain))).toBe(false)
    const types = [191, 192, 200, 223, 224].map((type) => isRtcp(receiverReport.with(1, type)))
    expect(types).toEqual([false, true, true, true, false])
  })
})
