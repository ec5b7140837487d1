import { codecsOf } from './codecs.ts'
import type { SdpMedia, SessionDescription } from './description.ts'
import { SdpFormatError } from './errors.ts'
import { readSdp } from './parse-sdp.ts'

/** A body as a description, leniently; undefined when it is none. */
export function descriptionIn(body: Uint8Array): SessionDescription | undefined {
  try {
    return readSdp(body).description
  } catch (error) {
    if (error instanceof SdpFormatError) return undefined
    throw error
  }
}

export function firstAudio(description: SessionDescription): SdpMedia | undefined {
  return description.media.find(({ media }) => media.toLowerCase() === 'audio')
}

/** The first codec of a body's first audio stream, in capitals; empty when there is none to be read. */
export function firstCodecIn(body: Uint8Array): string {
  const description = descriptionIn(body)
  const audio = description === undefined ? undefined : firstAudio(description)
  const [codec] = audio === undefined ? [] : codecsOf(audio)
  return codec?.name.toUpperCase() ?? ''
}
