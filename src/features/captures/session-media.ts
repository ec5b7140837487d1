import type { RtpEncoding } from '../../protocols/rtp/payload-types.ts'
import { codecsOf } from '../../protocols/sdp/codecs.ts'
import { connectionOf } from '../../protocols/sdp/description.ts'
import { type Direction, directionOf } from '../../protocols/sdp/direction.ts'
import { descriptionIn, firstAudio } from '../../protocols/sdp/first-codec.ts'
import { headerValue, type SipMessage } from '../../protocols/sip/message.ts'

export type MediaDirection = Direction

/** What one side has said of the audio it wants. */
export interface SessionMedia {
  readonly host: string
  /** 0: refused. */
  readonly port: number
  readonly direction: MediaDirection
  /** Of the payload types whose meaning is known; names in capitals. */
  readonly encodings: ReadonlyMap<number, RtpEncoding>
}

/** The audio of a message's description; the only place here that reads SDP. */
export function sessionMedia(message: SipMessage): SessionMedia | undefined {
  const type = headerValue(message, 'Content-Type') ?? ''
  if (!/sdp/i.test(type)) return undefined
  const description = descriptionIn(message.body)
  const audio = description === undefined ? undefined : firstAudio(description)
  if (description === undefined || audio === undefined) return undefined
  const connection = connectionOf(description, audio)
  if (connection === undefined) return undefined
  return {
    host: connection.address.toLowerCase(),
    port: audio.port,
    direction: directionOf(description, audio),
    encodings: new Map(
      codecsOf(audio)
        .filter(({ known }) => known !== 'unknown')
        .map(({ payloadType, name, clockRate }) => [
          Number(payloadType),
          { name: name.toUpperCase(), clockRate },
        ]),
    ),
  }
}

/** Neither refused, nor held, nor held in the old way (RFC 2543's address of zeros). */
export function talksBothWays({ host, port, direction }: SessionMedia): boolean {
  return port !== 0 && direction === 'sendrecv' && host !== '0.0.0.0' && host !== '::'
}
