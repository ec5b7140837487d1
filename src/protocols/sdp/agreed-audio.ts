import type { AgreedAudio } from '../rtp/outgoing-audio.ts'
import type { MediaAddress } from '../rtp/transport.ts'
import { codecsOf, isTelephoneEvent } from './codecs.ts'
import { connectionOf } from './description.ts'
import { descriptionIn, firstAudio } from './first-codec.ts'

/** Whether RTP may have it: 64 to 95 are RTCP's where both are on one port (RFC 5761 §4). */
function isFree(payloadType: string): boolean {
  const type = Number(payloadType)
  return type < 64 || (type > 95 && type < 128)
}

/** Where our audio goes and as what, by the answer to our offer; undefined where it takes none of G.711. */
export function agreedAudio(
  answer: Uint8Array,
): { readonly to: MediaAddress; readonly audio: AgreedAudio } | undefined {
  const description = descriptionIn(answer)
  const stream = description === undefined ? undefined : firstAudio(description)
  if (description === undefined || stream === undefined || stream.port === 0) return undefined
  const connection = connectionOf(description, stream)
  const codecs = codecsOf(stream)
  for (const { name, payloadType } of codecs) {
    const law = name.toUpperCase()
    if (connection === undefined || (law !== 'PCMU' && law !== 'PCMA')) continue
    if (!isFree(payloadType)) continue
    const events = codecs.find((codec) => isTelephoneEvent(codec) && isFree(codec.payloadType))
    return {
      to: { host: connection.address, port: stream.port },
      audio: {
        law,
        payloadType: Number(payloadType),
        ...(events === undefined ? {} : { events: Number(events.payloadType) }),
      },
    }
  }
  return undefined
}
