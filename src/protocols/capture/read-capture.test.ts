import { describe, expect, it } from 'vitest'
import { inPieces, pcap, pcapngBlocks } from '../../../test/support/write-capture.ts'
import { CaptureFormatError } from './errors.ts'
import type { CapturedFrame } from './frame.ts'
import { readCapture } from './read-capture.ts'

async function read(bytes: Uint8Array, pieces?: number) {
  const frames: CapturedFrame[] = []
  const file = await readCapture(inPieces(bytes, pieces), (frame) => {
    frames.push({ ...frame, bytes: Uint8Array.from(frame.bytes) })
  })
  return { file, frames }
}

const one = Uint8Array.of(1, 2, 3)
const two = Uint8Array.of(4, 5, 6, 7, 8)
const at = 1_700_000_000_123_456
const frames = [
  { at, bytes: one },
  { at: at + 20_000, bytes: two },
]

describe('pcap', () => {
  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('H1.3 is read: little-endian %s, nanoseconds %s', async (littleEndian, nanoseconds) => {
    const { file, frames: found } = await read(pcap(frames, { littleEndian, nanoseconds }))

    expect(file).toEqual({ format: 'pcap', frames: 2, bytes: 24 + 32 + 8 })
    expect(found).toEqual([
      { number: 1, at: BigInt(at) * 1000n, linkType: 1, bytes: one, originalLength: 3 },
      { number: 2, at: BigInt(at + 20_000) * 1000n, linkType: 1, bytes: two, originalLength: 5 },
    ])
  })

  it('H1.3 cut off anywhere gives every packet before, and says where', async () => {
    const whole = pcap(frames)
    for (let length = 24; length < whole.length; length += 1) {
      const { file, frames: found } = await read(whole.subarray(0, length), 7)
      const count = length < 24 + 19 ? 0 : 1
      expect(found).toHaveLength(count)
      const atByte = count === 0 ? 24 : 24 + 19
      if (length === atByte) expect(file.flaw).toBeUndefined()
      else expect(file.flaw).toMatchObject({ kind: 'cut-off', atByte, packet: count + 1 })
    }
  })

  it('H1.3 stops at a length that no packet has', async () => {
    const damaged = pcap(frames)
    damaged.set([255, 255, 255, 127], 24 + 19 + 8)

    const { file, frames: found } = await read(damaged)

    expect(found).toHaveLength(1)
    expect(file.flaw).toEqual({
      kind: 'damaged',
      atByte: 43,
      packet: 2,
      problem: 'its packet claims 2147483647 bytes',
    })
  })

  it('keeps what a snap length left, and how long the packet was', async () => {
    const { frames: found } = await read(pcap(frames, { snapLength: 4 }))

    expect(found.map(({ bytes, originalLength }) => [bytes.length, originalLength])).toEqual([
      [3, 3],
      [4, 5],
    ])
  })
})

describe('pcapng', () => {
  it.each([true, false])(
    'H1.3 is read, little-endian %s, every kind of packet',
    async (littleEndian) => {
      const ng = pcapngBlocks({ littleEndian, snapLength: 4 })
      const ticks = BigInt(at)
      const bytes = Buffer.concat([
        ng.section(),
        ng.block(0x0bad, [1, 2, 3]),
        ng.interface(),
        ng.enhanced(ticks, one),
        ng.block(5, [0, 0, 0, 0]),
        ng.obsolete(ticks + 1n, one),
        ng.simple(one),
        ng.simple(two.subarray(0, 4), 5),
      ])

      for (const pieces of [1, 13, 4096]) {
        const { file, frames: found } = await read(bytes, pieces)
        expect(file).toEqual({ format: 'pcapng', frames: 4, bytes: bytes.length })
        expect(found).toEqual([
          { number: 1, at: ticks * 1000n, linkType: 1, bytes: one, originalLength: 3 },
          { number: 2, at: (ticks + 1n) * 1000n, linkType: 1, bytes: one, originalLength: 3 },
          { number: 3, linkType: 1, bytes: one, originalLength: 3 },
          { number: 4, linkType: 1, bytes: two.subarray(0, 4), originalLength: 5 },
        ])
      }
    },
  )

  it('H1.3 has sections of either byte order, each with its own interfaces', async () => {
    const first = pcapngBlocks({ littleEndian: true, linkType: 1 })
    const second = pcapngBlocks({ littleEndian: false, linkType: 101 })
    const bytes = [
      first.section(),
      first.interface(),
      first.interface(),
      first.enhanced(1n, one, 1),
    ]
    const more = [second.section(), second.interface(), second.enhanced(2n, two)]

    const { frames: found } = await read(Buffer.concat([...bytes, ...more]))

    expect(found.map(({ linkType, at: time }) => [linkType, time])).toEqual([
      [1, 1000n],
      [101, 2000n],
    ])
  })

  it.each([
    ['nanoseconds', { resolution: 9 }, 1_500_000_000n, 1_500_000_000n],
    ['milliseconds', { resolution: 3 }, 1500n, 1_500_000_000n],
    ['a power of two', { resolution: 128 + 10 }, 1536n, 1_500_000_000n],
    ['picoseconds', { resolution: 12 }, 1_500_000_000_999n, 1_500_000_000n],
    ['an offset', { resolution: 6, offset: 100 }, 1_500_000n, 101_500_000_000n],
  ])('H1.3 has times in %s', async (_name, options, ticks, nanoseconds) => {
    const ng = pcapngBlocks(options)

    const { frames: found } = await read(
      Buffer.concat([ng.section(), ng.interface(), ng.enhanced(ticks, one)]),
    )

    expect(found[0]?.at).toBe(nanoseconds)
  })

  it('H1.3 cut off anywhere gives every packet before, and says where', async () => {
    const ng = pcapngBlocks()
    const head = Buffer.concat([ng.section(), ng.interface(), ng.enhanced(1n, one)])
    const whole = Buffer.concat([head, ng.enhanced(2n, two)])
    for (let length = head.length + 1; length < whole.length; length += 1) {
      const { file } = await read(whole.subarray(0, length))
      expect(file).toMatchObject({
        frames: 1,
        flaw: { kind: 'cut-off', atByte: head.length, packet: 2 },
      })
    }
  })

  const ng = pcapngBlocks()
  const longerThanItsBlock = ng.enhanced(1n, one)
  longerThanItsBlock[20] = 200
  const lengthsDiffer = ng.enhanced(1n, one)
  lengthsDiffer[lengthsDiffer.length - 4] = 0
  it.each([
    ['its packet is longer than its block', [ng.interface(), longerThanItsBlock]],
    ['the lengths before and after its block differ', [ng.interface(), lengthsDiffer]],
    ['its packet names an interface that the file does not describe', [ng.enhanced(1n, one)]],
    ['its packet comes before any interface', [ng.simple(one)]],
    ['its packet is longer than its block', [ng.interface(), ng.simple(one, 9)]],
    ['its packet block is too short', [ng.block(6, [0, 0, 0, 0])]],
    ['its interface block is too short', [ng.block(1, [0, 0, 0, 0])]],
    ['its block claims 13 bytes', [Uint8Array.of(6, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0)]],
    ['its section has no byte-order mark', [ng.block(0x0a0d0d0a, [0, 0, 0, 0])]],
  ])('H1.3 is damaged: %s', async (problem, blocks) => {
    const { file } = await read(Buffer.concat([ng.section(), ...blocks]))

    expect(file.flaw).toMatchObject({ kind: 'damaged', packet: 1, problem })
  })
})

describe('what is no capture', () => {
  it.each([
    ['text', Buffer.from('# Readme'), 'it is text'],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0), 'gunzip it first'],
    ['nothing', new Uint8Array(), 'the file is empty'],
    ['half a header', pcap([]).subarray(0, 20), 'the file ends after 20 bytes, within its header'],
    ['other bytes', Uint8Array.of(0, 1, 2, 3, 4), 'begins with 00010203'],
    ['another version', pcap([]).with(4, 9), 'pcap of version 9'],
  ])('H1.3 is refused, and what was found is said: %s', async (_name, bytes, problem) => {
    const reading = read(bytes)

    await expect(reading).rejects.toThrow(CaptureFormatError)
    await expect(reading).rejects.toThrow(problem)
  })
})
