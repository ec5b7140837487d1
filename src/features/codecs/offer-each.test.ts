import { describe, expect, it } from 'vitest'
import { parseSdp } from '../../protocols/sdp/parse-sdp.ts'
import { type KnownCodec, type OfferedCall, offerEach } from './index.ts'

const sdp = (payloadType: number) =>
  parseSdp(
    new TextEncoder().encode(
      `v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 h\r\nt=0 0\r\nm=audio 4 RTP/AVP ${payloadType}\r\n`,
    ),
  )

const offer = sdp(0)
const warnings = [{ code: 305, text: 'no' }]
const request = {
  target: { host: 'gw.example', port: 5060, transport: 'udp' },
  number: '+12145550100',
  caller: 'test',
} as const

describe('offerEach', () => {
  it.each<[OfferedCall, string, string]>([
    [{ kind: 'answered', offer, answer: sdp(0) }, 'taken', 'PCMU/8000 · in clear'],
    [{ kind: 'answered', offer, answer: sdp(8) }, 'odd', '200, but no: no codec in common'],
    [{ kind: 'answered', offer }, 'odd', '200 without an answer'],
    [{ kind: 'refused', offer, status: 488, reason: 'No', warnings }, 'refused', '488 No; the far'],
    [{ kind: 'refused', offer, status: 503, reason: '', warnings: [] }, 'refused', 'not about'],
    [{ kind: 'silent', because: 'nobody' }, 'silent', 'nobody'],
  ])('B5.1 %o is %s', async (call, outcome, text) => {
    const caller = { offer: () => Promise.resolve(call) }
    const { signal } = new AbortController()

    const [tried] = await offerEach(request, ['PCMU'], { caller, signal })

    expect(tried).toMatchObject({ codec: 'PCMU', outcome, text: expect.stringContaining(text) })
  })

  it('offers one after the other, in the order asked for', async () => {
    const under: KnownCodec[] = []
    const caller = {
      async offer(_request: typeof request, codec: KnownCodec): Promise<OfferedCall> {
        expect(under.push(codec)).toBe(1)
        await Promise.resolve()
        under.pop()
        return { kind: 'silent', because: codec }
      },
    }
    const { signal } = new AbortController()

    const tried = await offerEach(request, ['G722', 'PCMA', 'PCMU'], { caller, signal })

    expect(tried.map(({ text }) => text)).toEqual(['G722', 'PCMA', 'PCMU'])
  })
})
