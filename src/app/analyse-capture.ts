import { createReadStream } from 'node:fs'
import { type CaptureReport, createCaptureAnalysis } from '../features/captures/index.ts'
import { ChangeoverError } from '../kernel/errors.ts'
import { type CaptureFile, readCapture } from '../protocols/capture/read-capture.ts'
import { createPacketReader, type PassedOver } from '../protocols/capture/read-packet.ts'

/**
 * The capture file can't be opened or read.
 *
 * To do: check the path; the message has the system's own words. For standard input write `-`.
 */
export class CaptureUnreadableError extends ChangeoverError {
  readonly code = 'capture.unreadable'
  readonly remedy = 'operator'
}

export interface AnalysedCapture {
  readonly file: CaptureFile
  readonly passedOver: PassedOver
  readonly report: CaptureReport
  /** Ctrl-C came before the end: what is said is of the packets before it. */
  readonly isStopped: boolean
}

/**
 * Reads a pcap or pcapng file, `-` for standard input, and finds its calls and streams.
 *
 * @throws {CaptureUnreadableError | CaptureFormatError}
 */
export async function analyseCapture(path: string, signal: AbortSignal): Promise<AnalysedCapture> {
  const packets = createPacketReader()
  const analysis = createCaptureAnalysis()
  const source = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 })
  const file = await readCapture(until(signal, opened(source, path)), (frame) => {
    const packet = packets.read(frame)
    if (packet !== undefined) analysis.packet(packet)
  })
  const { aborted: isStopped } = signal
  return { file, passedOver: packets.passedOver(), report: analysis.report(), isStopped }
}

async function* until(
  signal: AbortSignal,
  chunks: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    if (signal.aborted) return
    yield chunk
  }
}

async function* opened(chunks: AsyncIterable<Uint8Array>, path: string): AsyncIterable<Uint8Array> {
  try {
    yield* chunks
  } catch (cause) {
    // What the reader of these chunks throws does not come by here: a generator sees only its own source fail.
    const words = cause instanceof Error ? cause.message : String(cause)
    throw new CaptureUnreadableError(words, { details: { path }, cause })
  }
}
