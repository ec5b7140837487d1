import { describe, expect, it } from 'vitest'
import { agreedAudio } from './agreed-audio.ts'

const answer = (media: string, ...attributes: readonly string[]) =>
  new TextEncoder().encode(
    ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', `m=audio ${media}`]
      .concat(attributes.map((value) => `a=${value}`))
      .map((line) => `${line}\r\n`)
      .join(''),
  )

describe('what is agreed by an answer', () => {
  it('is its first codec of G.711, with key presses where it has them', () => {
    const found = agreedAudio(answer('4000 RTP/AVP 9 8 101', 'rtpmap:101 telephone-event/8000'))

    expect(found).toEqual({
      to: { host: '192.0.2.1', port: 4000 },
      audio: { law: 'PCMA', payloadType: 8, events: 101 },
    })
  })

  it.each([
    ['a stream that is refused', answer('0 RTP/AVP 0')],
    ['none of G.711', answer('4000 RTP/AVP 9')],
    ['a payload type of RTCP', answer('4000 RTP/AVP 72', 'rtpmap:72 PCMU/8000')],
    ['a payload type that is none', answer('4000 RTP/AVP 300', 'rtpmap:300 PCMU/8000')],
    ['nothing', new Uint8Array()],
  ])('is nothing for %s', (_what, body) => {
    expect(agreedAudio(body)).toBeUndefined()
  })

  it('leaves out key presses under a payload type of RTCP', () => {
    const found = agreedAudio(answer('4000 RTP/AVP 0 70', 'rtpmap:70 telephone-event/8000'))

    expect(found?.audio).toEqual({ law: 'PCMU', payloadType: 0 })
  })
})
