import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ethernet,
  inPieces,
  ip,
  pcap,
  pcapngBlocks,
  udpPacket,
} from '../../../test/support/write-capture.ts'
import { CaptureFormatError } from './errors.ts'
import { readCapture } from './read-capture.ts'
import { createPacketReader } from './read-packet.ts'

const payload = Uint8Array.from({ length: 24 }, (_, index) => index)
const packet = { from: '10.0.0.1', to: '10.0.0.2', payload }
const fragment = { id: 7, offset: 0, more: true }
const packets = [
  udpPacket(packet),
  udpPacket({ ...packet, from: '::1', to: '::2' }),
  ip({ ...packet, protocol: 4, payload: udpPacket(packet) }),
  ip({ ...packet, protocol: 17, fragment }),
].map((bytes) => ethernet(bytes, [0x8100]))

const ng = pcapngBlocks()
const sound = [
  pcap(packets.map((bytes, at) => ({ at, bytes }))),
  Buffer.concat([
    ng.section(),
    ng.interface(),
    ...packets.map((bytes, at) => ng.enhanced(BigInt(at), bytes)),
    ng.simple(packets[0] ?? payload),
  ]),
]

/** Reads all the way down; lets through only the one error that may be thrown. */
async function survives(bytes: Uint8Array): Promise<void> {
  const reader = createPacketReader()
  let kept = 0
  try {
    await readCapture(inPieces(bytes, 100), (frame) => {
      const found = reader.read(frame)
      kept += found?.payload.length ?? 0
    })
  } catch (error) {
    expect(error).toBeInstanceOf(CaptureFormatError)
  }
  // Tunnels and fragments repeat nothing: no payload is longer than what was read.
  expect(kept).toBeLessThanOrEqual(bytes.length * 2)
}

describe('the capture reader against anything', () => {
  it('H1.3 throws CaptureFormatError or nothing, with bytes changed, cut out and put in', async () => {
    const edits = fc.array(fc.tuple(fc.nat(900), fc.nat(6), fc.uint8Array({ maxLength: 6 })), {
      minLength: 1,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...sound), edits, async (file, changes) => {
        let damaged: number[] = [...file]
        for (const [at, cut, put] of changes) {
          damaged = damaged.toSpliced(at % damaged.length, cut, ...put)
        }
        await survives(Uint8Array.from(damaged))
      }),
      { numRuns: 2000, interruptAfterTimeLimit: 4000 },
    )
  })

  it('H1.3 survives noise behind a sound header', async () => {
    const heads = [sound[0]?.subarray(0, 24), sound[1]?.subarray(0, ng.section().length)]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...heads),
        fc.uint8Array({ maxLength: 300 }),
        async (head = payload, noise) => survives(Buffer.concat([head, noise])),
      ),
      { numRuns: 2000, interruptAfterTimeLimit: 4000 },
    )
  })

  it('H1.3 never reads past a packet: what it keeps does not change with what follows', async () => {
    const read = async (bytes: Uint8Array) => {
      const found: string[] = []
      const reader = createPacketReader()
      await readCapture(inPieces(bytes), (frame) => {
        found.push(
          JSON.stringify(reader.read({ ...frame, at: 0n, number: 0 }), (_key, value) =>
            typeof value === 'bigint' ? String(value) : value,
          ) ?? '',
        )
      })
      return found
    }
    const short = packets.map((bytes) => bytes.subarray(0, 40))
    for (const bytes of short) {
      const alone = await read(pcap([{ at: 0, bytes }]))
      const followed = await read(
        pcap([
          { at: 0, bytes },
          { at: 1, bytes: packets[0] ?? bytes },
        ]),
      )
      expect(followed[0]).toBe(alone[0])
    }
  })
})
