import type { RtpEncoding } from '../../protocols/rtp/payload-types.ts'
import { headerValue, type SipMessage } from '../../protocols/sip/message.ts'
import { parseSdp } from '../../protocols/sip/sdp.ts'

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const
export type MediaDirection = (typeof directions)[number]

/** What one side has said of the audio it wants. */
export interface SessionMedia {
  readonly host: string
  /** 0: refused. */
  readonly port: number
  readonly direction: MediaDirection
  /** Of the payload types that its rtpmap names. */
  readonly encodings: ReadonlyMap<number, RtpEncoding>
}

const decoder = new TextDecoder()

/** The audio of a message's description; the only place here that reads SDP. */
export function sessionMedia(message: SipMessage): SessionMedia | undefined {
  const type = headerValue(message, 'Content-Type') ?? ''
  if (!/sdp|multipart/i.test(type)) return undefined
  const audio = parseSdp(message.body)
  if (audio === undefined) return undefined
  const text = decoder.decode(message.body)
  const start = text.indexOf('m=audio ')
  const next = text.indexOf('\nm=', start)
  const own = next === -1 ? text.slice(start) : text.slice(start, next)
  return {
    host: audio.host.toLowerCase(),
    port: audio.port,
    direction: directionOf(own) ?? directionOf(text.slice(0, start)) ?? 'sendrecv',
    encodings: encodingsOf(own),
  }
}

function directionOf(text: string): MediaDirection | undefined {
  return directions.find((direction) => new RegExp(`^a=${direction}\\s*$`, 'm').test(text))
}

function encodingsOf(text: string): ReadonlyMap<number, RtpEncoding> {
  const found = text.matchAll(/^a=rtpmap:(\d{1,3}) ([^/\s]+)\/(\d{1,7})/gm)
  return new Map(
    [...found].map(([, type, name = '', clockRate]) => [
      Number(type),
      { name: name.toUpperCase(), clockRate: Number(clockRate) },
    ]),
  )
}

/** Neither refused, nor held, nor held in the old way (RFC 2543's address of zeros). */
export function talksBothWays({ host, port, direction }: SessionMedia): boolean {
  return port !== 0 && direction === 'sendrecv' && host !== '0.0.0.0' && host !== '::'
}
