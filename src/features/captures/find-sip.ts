import type { TcpSegment } from '../../protocols/capture/read-packet.ts'
import { createTcpStream, type TcpStream } from '../../protocols/capture/tcp-stream.ts'
import { SipFormatError } from '../../protocols/sip/errors.ts'
import { createStreamFramer, type StreamFramer } from '../../protocols/sip/stream-framing.ts'

const latin1 = new TextDecoder('latin1')
const startLine = /^(?:\r\n)*(?:SIP\/2\.0 \d{3}|[A-Z]{3,20} \S{1,500} SIP\/2\.0\r?(?:\n|$))/

/** Whether bytes begin as a SIP message does, on whatever port they came. */
export function beginsAsSip(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0
  const canBe = (first >= 0x41 && first <= 0x5a) || first === 13
  return canBe && startLine.test(latin1.decode(bytes.subarray(0, 600)))
}

/** Finds the SIP messages in TCP, whether the capture has the connection's beginning or not. */
export interface SipOverTcp {
  /** The messages that are whole with this segment. */
  segment(segment: TcpSegment): readonly Uint8Array[]
}

interface Direction {
  readonly stream: TcpStream
  framer: StreamFramer
  /** Until then it may be anything: a web page, a database. */
  isSip: boolean
}

/** More than a site has gateways; connections that only began to be looked at are forgotten first. */
const mostDirections = 16_384

export function createSipOverTcp(): SipOverTcp {
  const directions = new Map<string, Direction>()
  const begin = (key: string, first: number): Direction => {
    const oldest = directions.keys().next().value
    if (directions.size >= mostDirections && oldest !== undefined) directions.delete(oldest)
    const direction = {
      stream: createTcpStream(first >>> 0),
      framer: createStreamFramer(),
      isSip: false,
    }
    directions.set(key, direction)
    return direction
  }
  /** The direction of a segment, where it is worth following. */
  const directionOf = (key: string, { sequence, payload, isSyn }: TcpSegment) => {
    if (isSyn) return begin(key, sequence + 1)
    return directions.get(key) ?? (beginsAsSip(payload) ? begin(key, sequence) : undefined)
  }
  return {
    segment(segment) {
      const { source, sourcePort, destination, destinationPort } = segment
      const key = `${source} ${sourcePort} ${destination} ${destinationPort}`
      if (segment.isReset) directions.delete(key)
      const direction = segment.isReset ? undefined : directionOf(key, segment)
      if (direction === undefined || segment.payload.length === 0) return []
      const messages = readOn(direction, segment)
      if (messages !== 'not-sip') return messages
      directions.delete(key)
      return []
    },
  }
}

function readOn(
  direction: Direction,
  { sequence, payload, isSyn }: TcpSegment,
): readonly Uint8Array[] | 'not-sip' {
  const gaps = direction.stream.gaps()
  const pieces = direction.stream.segment(isSyn ? sequence + 1 : sequence, payload)
  // Behind a hole a message begins where one can be seen to begin.
  if (direction.stream.gaps() > gaps) restart(direction)
  const messages: Uint8Array[] = []
  for (const piece of pieces) {
    if (!direction.isSip && !isWaitedFor(direction, piece)) return 'not-sip'
    try {
      messages.push(...direction.framer.push(piece))
    } catch (error) {
      if (!(error instanceof SipFormatError)) throw error
      restart(direction)
    }
  }
  return messages
}

function restart(direction: Direction): void {
  direction.framer = createStreamFramer()
  direction.isSip = false
}

function isWaitedFor(direction: Direction, piece: Uint8Array): boolean {
  direction.isSip = beginsAsSip(piece)
  // A keep-alive may come before the first message (RFC 5626 §3.5.1).
  return direction.isSip || piece.every((byte) => byte === 13 || byte === 10)
}
