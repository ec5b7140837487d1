/** One packet as it was captured, from the link layer on. */
export interface CapturedFrame {
  /** Counted from 1 over the whole file, as Wireshark does. */
  readonly number: number
  /** Nanoseconds since 1970; absent where the file does not say (simple packet blocks). */
  readonly at?: bigint
  /** LINKTYPE_ of tcpdump.org/linktypes.html. */
  readonly linkType: number
  /** What was kept of it. */
  readonly bytes: Uint8Array
  /** How long it was on the wire. */
  readonly originalLength: number
}

/** Why a file could not be read to its end; everything before is sound. */
export interface CaptureFlaw {
  readonly kind: 'cut-off' | 'damaged'
  /** Where the packet or block begins that is not whole. */
  readonly atByte: number
  /** Which packet would have been the next. */
  readonly packet: number
  readonly problem: string
}

/** Reads records from the front of a queue. */
export interface CaptureDecoder {
  readonly format: 'pcap' | 'pcapng'
  /** Takes every record that is whole; a flaw when nothing after it can be trusted. */
  take(): CaptureFlaw | undefined
  readonly frames: number
}

export type OnFrame = (frame: CapturedFrame) => void

/** Longer than any packet that Wireshark or tcpdump write: a length beyond it is damage, not a packet. */
export const longestPacket = 262_144
