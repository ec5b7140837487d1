import type { ByteQueue } from './byte-queue.ts'
import { CaptureFormatError } from './errors.ts'
import { type CaptureDecoder, type CaptureFlaw, longestPacket, type OnFrame } from './frame.ts'

const fileHeader = 24
const recordHeader = 16

interface Kind {
  readonly littleEndian: boolean
  /** Nanoseconds of one unit of a time's second field. */
  readonly unit: bigint
}

const kinds: ReadonlyMap<number, Kind> = new Map([
  [0xa1b2c3d4, { littleEndian: false, unit: 1000n }],
  [0xd4c3b2a1, { littleEndian: true, unit: 1000n }],
  [0xa1b23c4d, { littleEndian: false, unit: 1n }],
  [0x4d3cb2a1, { littleEndian: true, unit: 1n }],
])

/** By the first four bytes, read as big-endian. */
export const isPcap = (magic: number) => kinds.has(magic)

/**
 * A decoder of the format that tcpdump has written ever since (draft-ietf-opsawg-pcap).
 *
 * @throws {CaptureFormatError} when the header is of a version that nobody has written for twenty years
 */
export function createPcapDecoder(queue: ByteQueue, onFrame: OnFrame): CaptureDecoder | undefined {
  const header = queue.peek(fileHeader)
  if (header === undefined) return undefined
  const view = viewOf(header)
  const kind = kinds.get(view.getUint32(0)) ?? { littleEndian: false, unit: 1000n }
  const { littleEndian } = kind
  const major = view.getUint16(4, littleEndian)
  if (major !== 2) {
    throw new CaptureFormatError(`the capture is pcap of version ${major}; 2 can be read`)
  }
  // The upper bits tell of a frame check sequence, which nobody below looks at.
  const linkType = view.getUint32(20, littleEndian) & 0xffff
  queue.drop(fileHeader)
  let frames = 0
  const flaw = (problem: string): CaptureFlaw => ({
    kind: 'damaged',
    atByte: queue.offset,
    packet: frames + 1,
    problem,
  })
  return {
    format: 'pcap',
    get frames() {
      return frames
    },
    take() {
      for (let head = queue.peek(recordHeader); head; head = queue.peek(recordHeader)) {
        const record = viewOf(head)
        const length = record.getUint32(8, littleEndian)
        if (length > longestPacket) return flaw(`its packet claims ${length} bytes`)
        const whole = queue.peek(recordHeader + length)
        if (whole === undefined) return undefined
        frames += 1
        onFrame({
          number: frames,
          at: timeOf(record, kind),
          linkType,
          bytes: whole.subarray(recordHeader),
          originalLength: record.getUint32(12, littleEndian),
        })
        queue.drop(recordHeader + length)
      }
      return undefined
    },
  }
}

function timeOf(record: DataView, { littleEndian, unit }: Kind): bigint {
  const seconds = record.getUint32(0, littleEndian)
  return BigInt(seconds) * 1_000_000_000n + BigInt(record.getUint32(4, littleEndian)) * unit
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
