import type { ByteQueue } from './byte-queue.ts'
import type { CaptureDecoder, CapturedFrame, CaptureFlaw, OnFrame } from './frame.ts'
import { type Interface, readInterface, timeOf } from './pcapng-interface.ts'

/** The same in both byte orders, so that a section can begin in either. */
export const sectionHeader = 0x0a0d0d0a
const byteOrderMark = 0x1a2b3c4d

const blockTypes = { interface: 1, packet: 2, simplePacket: 3, enhancedPacket: 6 } as const

/** Type and length before, length again after. */
const frameOfBlock = 12
/** Wireshark's own limit: a block that claims more is damage. */
const longestBlock = 16 * 1024 * 1024

interface Section {
  readonly littleEndian: boolean
  readonly interfaces: Interface[]
}

type Packet = Omit<CapturedFrame, 'number'>

/** A decoder of pcapng (draft-ietf-opsawg-pcapng): sections, interfaces and packets; other blocks are passed over. */
export function createPcapngDecoder(queue: ByteQueue, onFrame: OnFrame): CaptureDecoder {
  let section: Section = { littleEndian: false, interfaces: [] }
  let frames = 0
  /** What is wrong with the block, or undefined where it is not all there. */
  const takeBlock = (): string | 'taken' | undefined => {
    const head = queue.peek(frameOfBlock)
    if (head === undefined) return undefined
    const started = sectionAt(head, section)
    if (started === undefined) return 'its section has no byte-order mark'
    section = started
    const length = viewOf(head).getUint32(4, section.littleEndian)
    if (!isLength(length)) return `its block claims ${length} bytes`
    const block = queue.peek(length)
    if (block === undefined) return undefined
    const packet = readBlock(block, section)
    if (typeof packet === 'string') return packet
    if (packet !== undefined) onFrame({ number: ++frames, ...packet })
    queue.drop(length)
    return 'taken'
  }
  return {
    format: 'pcapng',
    get frames() {
      return frames
    },
    take(): CaptureFlaw | undefined {
      let problem = takeBlock()
      while (problem === 'taken') problem = takeBlock()
      if (problem === undefined) return undefined
      return { kind: 'damaged', atByte: queue.offset, packet: frames + 1, problem }
    },
  }
}

const isLength = (length: number) =>
  length >= frameOfBlock && length % 4 === 0 && length <= longestBlock

/** The section that a block is in: a new one where it begins one, undefined where that can't be read. */
function sectionAt(head: Uint8Array, current: Section): Section | undefined {
  const view = viewOf(head)
  if (view.getUint32(0) !== sectionHeader) return current
  const littleEndian = [false, true].find((little) => view.getUint32(8, little) === byteOrderMark)
  return littleEndian === undefined ? undefined : { littleEndian, interfaces: [] }
}

/** The packet of a block, what is wrong with it, or nothing where it holds none. */
function readBlock(block: Uint8Array, section: Section): Packet | string | undefined {
  const view = viewOf(block)
  const { littleEndian, interfaces } = section
  if (view.getUint32(block.length - 4, littleEndian) !== block.length) {
    return 'the lengths before and after its block differ'
  }
  switch (view.getUint32(0, littleEndian)) {
    case blockTypes.interface: {
      const added = readInterface(block, littleEndian)
      if (added === undefined) return 'its interface block is too short'
      interfaces.push(added)
      return undefined
    }
    case blockTypes.enhancedPacket:
      return readPacket(block, section, (body) => body.getUint32(0, littleEndian))
    case blockTypes.packet:
      // The old block has a count of drops in the upper half.
      return readPacket(block, section, (body) => body.getUint16(0, littleEndian))
    case blockTypes.simplePacket:
      return readSimplePacket(block, section)
    default:
      return undefined
  }
}

const bodyStart = 8
const packetFields = 20

function readPacket(
  block: Uint8Array,
  { littleEndian, interfaces }: Section,
  interfaceOf: (body: DataView) => number,
): Packet | string {
  if (block.length < frameOfBlock + packetFields) return 'its packet block is too short'
  const body = viewOf(block.subarray(bodyStart))
  const from = interfaces[interfaceOf(body)]
  if (from === undefined) return 'its packet names an interface that the file does not describe'
  const length = body.getUint32(12, littleEndian)
  if (length > block.length - frameOfBlock - packetFields) {
    return 'its packet is longer than its block'
  }
  const ticks =
    (BigInt(body.getUint32(4, littleEndian)) << 32n) | BigInt(body.getUint32(8, littleEndian))
  const start = bodyStart + packetFields
  return {
    at: timeOf(ticks, from),
    linkType: from.linkType,
    bytes: block.subarray(start, start + length),
    originalLength: body.getUint32(16, littleEndian),
  }
}

/** Without a time, and of the first interface; only its snap length says how much of the packet is there. */
function readSimplePacket(
  block: Uint8Array,
  { littleEndian, interfaces }: Section,
): Packet | string {
  const [first] = interfaces
  if (block.length < frameOfBlock + 4) return 'its packet block is too short'
  if (first === undefined) return 'its packet comes before any interface'
  const originalLength = viewOf(block).getUint32(bodyStart, littleEndian)
  const kept = first.snapLength === 0 ? originalLength : Math.min(originalLength, first.snapLength)
  const start = bodyStart + 4
  if (kept > block.length - frameOfBlock - 4) return 'its packet is longer than its block'
  return { linkType: first.linkType, bytes: block.subarray(start, start + kept), originalLength }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
