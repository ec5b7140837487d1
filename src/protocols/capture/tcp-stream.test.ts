import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTcpStream } from './tcp-stream.ts'

const sent = Uint8Array.from({ length: 60 }, (_, index) => index)

describe('one direction of TCP', () => {
  it('H1.3 is put in order, whatever is sent twice and comes early or late', () => {
    const cut = fc.tuple(fc.nat(59), fc.integer({ min: 1, max: 20 }))
    // Numbers wrap in mid-stream for most of these beginnings.
    const first = fc.integer({ min: 0xffff_ffc0, max: 0xffff_ffff })
    fc.assert(
      fc.property(first, fc.array(cut, { maxLength: 20 }), (isn, cuts) => {
        const rest = Array.from({ length: 60 }, (_, at) => [at, 1] as const).toReversed()
        const stream = createTcpStream(isn)
        const read = [...cuts, ...rest].flatMap(([at, length]) =>
          stream.segment((isn + at) >>> 0, sent.subarray(at, at + length)),
        )

        expect(Buffer.concat(read)).toEqual(Buffer.from(sent))
        expect(stream.gaps()).toBe(0)
      }),
    )
  })

  it('H1.3 goes on behind a hole once too much waits for it', () => {
    const stream = createTcpStream(0)
    const piece = new Uint8Array(60_000)
    const reads = [1, 2, 3, 4, 5].map(
      (index) => stream.segment(1000 + index * 60_000, piece).length,
    )

    expect(reads).toEqual([0, 0, 0, 0, 5])
    expect(stream.gaps()).toBe(1)
  })
})
