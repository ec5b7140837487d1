import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RtpFormatError } from './errors.ts'
import { isRtcp } from './packet.ts'
import { formatRtcp, middleOf, parseRtcp, roundTripOf } from './rtcp.ts'

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const block = fc.record({
  ssrc: u32,
  fractionLost: fc.integer({ min: 0, max: 255 }).map((steps) => steps / 256),
  lost: fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 }),
  highestSequence: u32,
  jitter: u32,
  lastReport: u32,
  delaySinceLast: u32,
})
const sent = fc.record({ ntp: u32, timestamp: u32, packets: u32, octets: u32 })

describe('RTCP', () => {
  it('comes back as it was written, with or without what was sent', () => {
    const report = fc.record(
      { ssrc: u32, sent, reports: fc.array(block, { maxLength: 31 }) },
      { requiredKeys: ['ssrc', 'reports'] },
    )
    fc.assert(
      fc.property(report, fc.string({ maxLength: 60 }), (one, cname) => {
        const bytes = formatRtcp(one, cname)
        expect(isRtcp(bytes)).toBe(true)
        expect(bytes.length % 4).toBe(0)
        expect(parseRtcp(bytes)).toEqual([one])
      }),
    )
  })

  it('throws nothing but its own error, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          parseRtcp(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(RtpFormatError)
        }
      }),
    )
  })

  it('H1.2 tells the round trip without the time that the far side held it (RFC 3550 figure 2)', () => {
    // The RFC's own example: sent at 46853.125 s, held for 5.250 s, back at 46864.500 s.
    const lastReport = 0xb705_2000
    const delaySinceLast = 0x0005_4000
    const now = 0xb710_8000 / 65_536
    const report = { ssrc: 1, fractionLost: 0, lost: 0, highestSequence: 0, jitter: 0 }

    expect(roundTripOf({ ...report, lastReport, delaySinceLast }, now)).toBeCloseTo(6.125, 4)
    expect(roundTripOf({ ...report, lastReport: 0, delaySinceLast: 0 }, now)).toBeUndefined()
    expect(middleOf(3_000_000_000.5)).toBe((3_000_000_000 % 65_536) * 65_536 + 32_768)
  })
})
