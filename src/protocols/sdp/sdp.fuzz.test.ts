import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SdpFormatError } from './errors.ts'
import { formatSdp } from './format-sdp.ts'
import { parseSdp, readSdp } from './parse-sdp.ts'

const sound = new TextEncoder().encode(
  [
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.1',
    's=-',
    'c=IN IP4 192.0.2.1/127',
    'b=AS:64',
    't=0 0',
    'a=sendrecv',
    'm=audio 4000/2 RTP/SAVP 9 0 101',
    'a=rtpmap:9 G722/8000',
    'a=fmtp:101 0-15',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WnD7c1ksDGs+dIefCEo8omPg4uO8DYIinNGL5yxQ|2^20|1:4',
    'a=fingerprint:sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB',
    '',
  ].join('\r\n'),
)

/** Lets through only the one error that the parser may throw; what was read can be written and read again. */
function survives(body: Uint8Array): void {
  for (const read of [parseSdp, (given: Uint8Array) => readSdp(given).description]) {
    try {
      const description = read(body)
      expect(readSdp(formatSdp(description)).description).toEqual(description)
    } catch (error) {
      expect(error).toBeInstanceOf(SdpFormatError)
    }
  }
}

describe('SDP parser against anything', () => {
  it('throws SdpFormatError or nothing, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), survives), { numRuns: 2000 })
  })

  it('survives a sound description with bytes changed, cut out and put in', () => {
    const edit = fc.tuple(fc.nat(sound.length), fc.nat(12), fc.uint8Array({ maxLength: 12 }))
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 5 }), (edits) => {
        let damaged: number[] = [...sound]
        for (const [at, cut, put] of edits) damaged = damaged.toSpliced(at, cut, ...put)
        survives(Uint8Array.from(damaged))
      }),
      { numRuns: 3000 },
    )
  })

  it('survives its lines in any order, any number of times', () => {
    const lines = new TextDecoder().decode(sound).trimEnd().split('\r\n')
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...lines), { maxLength: 30 }), (some) =>
        survives(new TextEncoder().encode(`${some.join('\r\n')}\r\n`)),
      ),
      { numRuns: 2000 },
    )
  })

  it('reads in bounded time what is made to make it slow', () => {
    const began = performance.now()
    for (const mark of [' ', '/', ':', '\n', '\r\n', '\0', 'a=x\r\n', 'm=a 1 b c\r\n', '\r']) {
      survives(new TextEncoder().encode(`v=0\r\n${mark.repeat(60_000 / mark.length)}`))
      survives(new TextEncoder().encode(`v=0\r\nm=a 1${mark.repeat(60_000 / mark.length)}`))
    }
    survives(new Uint8Array(10_000_000).fill(97))

    expect(performance.now() - began).toBeLessThan(3000)
  })
})
