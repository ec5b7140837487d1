import { type ByteQueue, createByteQueue } from './byte-queue.ts'
import { CaptureFormatError } from './errors.ts'
import type { CaptureDecoder, CaptureFlaw, OnFrame } from './frame.ts'
import { createPcapDecoder, isPcap } from './pcap-file.ts'
import { createPcapngDecoder, sectionHeader } from './pcapng-file.ts'

/** What a file was, once it has been read. */
export interface CaptureFile {
  readonly format: 'pcap' | 'pcapng'
  readonly frames: number
  readonly bytes: number
  /** Absent when it was read to its end. */
  readonly flaw?: CaptureFlaw
}

/**
 * Reads a capture, handing out each packet as it is found; a file of gigabytes needs no more memory than one packet.
 *
 * @param onFrame its bytes are a view of what was read: to be copied where they are kept
 * @throws {CaptureFormatError} when the file is no capture; what is wrong further on is a flaw of the answer
 */
export async function readCapture(
  chunks: AsyncIterable<Uint8Array>,
  onFrame: OnFrame,
): Promise<CaptureFile> {
  const queue = createByteQueue()
  let decoder: CaptureDecoder | undefined
  for await (const chunk of chunks) {
    queue.push(chunk)
    decoder ??= detect(queue, onFrame)
    const flaw = decoder?.take()
    if (decoder !== undefined && flaw !== undefined) return fileOf(decoder, queue, flaw)
  }
  if (decoder === undefined) throw new CaptureFormatError(unfinished(queue))
  if (queue.length === 0) return fileOf(decoder, queue)
  return fileOf(decoder, queue, {
    kind: 'cut-off',
    atByte: queue.offset,
    packet: decoder.frames + 1,
    problem: `the file ends ${queue.length} bytes into it`,
  })
}

function fileOf(decoder: CaptureDecoder, queue: ByteQueue, flaw?: CaptureFlaw): CaptureFile {
  const bytes = queue.offset + queue.length
  const { format, frames } = decoder
  return { format, frames, bytes, ...(flaw === undefined ? {} : { flaw }) }
}

function detect(queue: ByteQueue, onFrame: OnFrame): CaptureDecoder | undefined {
  const start = queue.peek(4)
  if (start === undefined) return undefined
  const magic = magicOf(start)
  if (isPcap(magic)) return createPcapDecoder(queue, onFrame)
  if (magic === sectionHeader) return createPcapngDecoder(queue, onFrame)
  throw new CaptureFormatError(`the file is no capture: ${whatItIs(start)}`)
}

function magicOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
}

function unfinished(queue: ByteQueue): string {
  if (queue.length === 0) return 'the file is empty'
  return `the file ends after ${queue.length} bytes, within its header`
}

/** What people hand in instead, by its first bytes. */
const others: readonly (readonly [RegExp, string])[] = [
  [/^1f8b/, 'it is compressed with gzip; gunzip it first'],
  [/^28b52ffd/, 'it is compressed with zstd; unzstd it first'],
  [/^504b0304/, 'it is a zip archive; unzip it first'],
  [/^736e6f6f/, 'it is a capture of snoop'],
  [/^a1b2cd34|^34cdb2a1/, 'it is a pcap of a variant with longer records'],
  [/^(?:[2-7][0-9a-f]|0[9ad]){4}$/, 'it is text'],
]

function whatItIs(start: Uint8Array): string {
  const hex = Buffer.from(start).toString('hex')
  const known = others.find(([pattern]) => pattern.test(hex))?.[1] ?? 'nothing known'
  return `it begins with ${hex}, which says that ${known}`.replace(
    'says that nothing',
    'says nothing',
  )
}
