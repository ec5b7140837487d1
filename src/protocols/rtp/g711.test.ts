import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeG711, encodeG711 } from './g711.ts'

const all = Uint8Array.from({ length: 256 }, (_, code) => code)
const decoded = (law: 'PCMU' | 'PCMA', code: number) => decodeG711(law, Uint8Array.of(code))[0]
const encoded = (law: 'PCMU' | 'PCMA', sample: number) => encodeG711(law, Int16Array.of(sample))[0]

describe('G.711', () => {
  it.each([
    ['PCMU', 0xff, 0],
    ['PCMU', 0x7f, 0],
    ['PCMU', 0x80, 32_124],
    ['PCMU', 0x00, -32_124],
    ['PCMU', 0xef, 132],
    ['PCMA', 0xd5, 8],
    ['PCMA', 0x55, -8],
    ['PCMA', 0xaa, 32_256],
    ['PCMA', 0x2a, -32_256],
  ] as const)('%s 0x%x is %i', (law, code, sample) => {
    expect(decoded(law, code)).toBe(sample)
  })

  it('codes come back as they were; µ-law has two for zero', () => {
    const back = (law: 'PCMU' | 'PCMA') => encodeG711(law, decodeG711(law, all))

    expect(back('PCMA')).toEqual(all)
    expect(back('PCMU')).toEqual(all.map((code) => (code === 0x7f ? 0xff : code)))
  })

  it.each(['PCMU', 'PCMA'] as const)(
    '%s is never further off than half a step of its segment',
    (law) => {
      fc.assert(
        fc.property(fc.integer({ min: -32_768, max: 32_767 }), (sample) => {
          const near = decoded(law, encoded(law, sample) ?? 0) ?? 0
          const most = Math.abs(sample) < 256 ? 16 : Math.abs(sample) / 31 + 16
          // What is louder than the loudest code is cut.
          return Math.abs(near - sample) <= most || Math.abs(sample) > 31_000
        }),
      )
    },
  )
})
