import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { answerTo } from './answer-to.ts'
import { type AudioCapabilities, g711, knownCodecs, offerOf } from './capabilities.ts'
import { codecKey } from './codecs.ts'
import type { SessionDescription } from './description.ts'
import { judgeAnswer } from './judge-answer.ts'
import { isRefusing, type NegotiationMode } from './judgement.ts'
import { parseSdp } from './parse-sdp.ts'

interface Exchange {
  readonly rfc: number
  readonly section: string
  readonly title: string
  readonly steps: readonly { readonly sdp: string }[]
  readonly outcome: readonly (readonly {
    readonly media: string
    readonly accepted: boolean
    readonly codecs: readonly string[]
    readonly offer_direction: string
    readonly answer_direction: string
  }[])[]
}

const vectors = new URL('../../../test/vectors/sdp/offer-answer.json', import.meta.url)
const { exchanges }: { exchanges: readonly Exchange[] } = JSON.parse(readFileSync(vectors, 'utf8'))
const read = (text: string) => parseSdp(new TextEncoder().encode(text))

/** Each offer of the RFCs with its answer and what comes of it. */
const pairs = exchanges.flatMap(({ rfc, section, title, steps, outcome }) =>
  outcome.map((streams, index) => ({
    name: `RFC ${rfc} §${section} ${title}, ${index === 0 ? 'first' : 'second'}`,
    offer: read(steps[2 * index]?.sdp ?? ''),
    answer: read(steps[2 * index + 1]?.sdp ?? ''),
    streams,
  })),
)

const judge = (
  offer: SessionDescription,
  answer: SessionDescription,
  mode: NegotiationMode = 'strict',
) => judgeAnswer(offer, answer, { mode, signalling: 'udp' })

describe('judgeAnswer on the exchanges of the RFCs', () => {
  it.each(pairs)('G3.3 $name is legal, strictly', ({ offer, answer, streams }) => {
    const judged = judge(offer, answer)

    expect(judged.findings.filter((finding) => isRefusing(finding, 'strict'))).toEqual([])
    expect(judged.fits).toBe(true)
    expect(
      judged.streams.map(({ media, state, codecs, offered, answered }) => ({
        media,
        accepted: state === 'accepted',
        codecs: codecs.map((pair) => codecKey(pair.answered)),
        offer_direction: offered,
        answer_direction: answered,
      })),
    ).toEqual(
      streams.map((stream) => ({
        ...stream,
        codecs: stream.codecs.map((codec) => codec.replace(/^[^/]*/, (name) => name.toUpperCase())),
      })),
    )
  })

  it.each(pairs)('G3.3 $name is illegal with an m= line dropped', ({ offer, answer }) => {
    const judged = judge(offer, { ...answer, media: answer.media.slice(0, -1) })

    expect(judged.fits).toBe(false)
  })

  it.each(pairs)('G3.3 $name is illegal with a payload type added', ({ offer, answer }) => {
    const media = answer.media.map((stream) => ({
      ...stream,
      formats: [...stream.formats, '3'],
    }))

    expect(judge(offer, { ...answer, media }).fits).toBe(false)
    expect(judge(offer, { ...answer, media }, 'flexible').fits).toBe(true)
  })

  it.each(pairs.filter(({ offer }) => new Set(offer.media.map(({ media }) => media)).size > 1))(
    'G3.3 $name is illegal with its m= lines turned round',
    ({ offer, answer }) => {
      const turned = { ...answer, media: answer.media.toReversed() }

      if (turned.media.some(({ media }, index) => media !== offer.media[index]?.media)) {
        expect(judge(offer, turned, 'flexible').fits).toBe(false)
      }
    },
  )

  it.each(pairs)('G3.3 $name: what we answer ourselves is legal too', ({ offer }) => {
    const codecs = [...g711, { name: 'iLBC', clockRate: 8000, channels: 1 }]

    const answer = answerTo(offer, { ...ours, codecs })

    expect(answer.kind).toBe('answer')
    if (answer.kind === 'answer') expect(judge(offer, answer.description).fits).toBe(true)
  })
})

const ours: AudioCapabilities = {
  host: '192.0.2.9',
  port: 9,
  codecs: [knownCodecs.G722, ...g711, knownCodecs.events],
  order: 'theirs',
  srtp: { use: 'off' },
  direction: 'sendrecv',
  session: 7,
  mode: 'strict',
  signalling: 'udp',
}

const sdp = (...lines: readonly string[]) =>
  read(
    ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines, ''].join(
      '\r\n',
    ),
  )

const streamOf = (description: SessionDescription, index = 0) => {
  const { port, protocol, formats } = description.media[index] ?? {}
  return `${port} ${protocol} ${formats?.join(' ')}`
}

describe('answerTo', () => {
  it.each([
    ['their order', 'theirs', 'm=audio 4000 RTP/AVP 8 0 9', '8'],
    ['our order', 'ours', 'm=audio 4000 RTP/AVP 8 0 9', '9'],
    ['G.722 falls back to PCMU', 'theirs', 'm=audio 4000 RTP/AVP 18 0', '0'],
  ] as const)('G3.3 takes one codec for voice: %s', (_what, order, line, format) => {
    const answer = answerTo(sdp(line), { ...ours, order })

    expect(answer.kind === 'answer' && streamOf(answer.description)).toBe(`9 RTP/AVP ${format}`)
  })

  it('G3.3 keeps the payload types of the offer, and telephone-event at the clock of the voice', () => {
    const offer = sdp(
      'm=audio 4000 RTP/AVP 97 98 99',
      'a=rtpmap:97 pcma/8000/1',
      'a=rtpmap:98 telephone-event/48000',
      'a=rtpmap:99 TELEPHONE-EVENT/8000',
    )

    const answer = answerTo(offer, ours)

    expect(answer.kind === 'answer' && streamOf(answer.description)).toBe('9 RTP/AVP 97 99')
  })

  it.each([
    ['both rates were offered', ['98', '99'], '9 RTP/AVP 111 98'],
    ['only that of G.711 was', ['99'], '9 RTP/AVP 111 99'],
  ])('beside opus, events have its clock where they can: %s', (_what, events, expected) => {
    const wideEvents = { ...knownCodecs.events, clockRate: 48_000 }
    const codecs = [knownCodecs.OPUS, knownCodecs.events, wideEvents]
    const offer = sdp(
      `m=audio 4000 RTP/AVP 111 ${events.toReversed().join(' ')}`,
      'a=rtpmap:111 opus/48000/2',
      'a=rtpmap:98 telephone-event/48000',
      'a=rtpmap:99 telephone-event/8000',
    )

    const answer = answerTo(offer, { ...ours, codecs })

    expect(answer.kind === 'answer' && streamOf(answer.description)).toBe(expected)
  })

  it('refuses other streams in their place, and takes the first audio that can be', () => {
    const offer = sdp(
      'm=video 4000 RTP/AVP 31',
      'm=audio 4002 UNKNOWN 0',
      'm=audio 4004 RTP/AVP 0',
      'm=audio 4006 RTP/AVP 0',
    )

    const answer = answerTo(offer, ours)
    if (answer.kind !== 'answer') throw new Error(answer.because)

    expect(answer.description.media.map((_, index) => streamOf(answer.description, index))).toEqual(
      ['0 RTP/AVP 31', '0 UNKNOWN 0', '9 RTP/AVP 0', '0 RTP/AVP 0'],
    )
  })

  it.each([
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
    ['sendrecv', undefined],
  ])('answers %s with %s', (offered, answered) => {
    const answer = answerTo(sdp('m=audio 4000 RTP/AVP 0', `a=${offered}`), ours)
    const names = answer.kind === 'answer' ? answer.description.media[0]?.attributes : []

    expect(names?.map(({ name }) => name).filter((name) => name !== 'rtpmap')).toEqual(
      answered === undefined ? [] : [answered],
    )
  })

  const key = 'WnD7c1ksDGs+dIefCEo8omPg4uO8DYIinNGL5yxQ'
  const sdes = [
    'm=audio 4000 RTP/SAVP 0',
    'a=crypto:1 CRYPTO_X inline:a',
    `a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:${key}`,
  ]
  const secretBytes = (count: number) => new Uint8Array(count).fill(1)
  const secure: AudioCapabilities = {
    ...ours,
    signalling: 'tls',
    srtp: { use: 'mandatory', secretBytes },
  }

  it('H1.1 answers SDES over TLS under the offered tag with a key of its own', () => {
    const answer = answerTo(sdp(...sdes), secure)
    if (answer.kind !== 'answer') throw new Error(answer.because)

    expect(answer.description.media[0]?.attributes).toContainEqual({
      name: 'crypto',
      value: `4 AES_CM_128_HMAC_SHA1_80 inline:${'AQEB'.repeat(10)}`,
    })
    const judged = judgeAnswer(sdp(...sdes), answer.description, secure)
    expect(judged).toMatchObject({ fits: true, findings: [] })
  })

  it('H1.1 takes the encrypted stream where the same is offered in clear too', () => {
    const both = sdp('m=audio 4000 RTP/AVP 0', ...sdes)
    const optional: AudioCapabilities = { ...secure, srtp: { use: 'optional', secretBytes } }

    const answer = answerTo(both, optional)
    if (answer.kind !== 'answer') throw new Error(answer.because)

    expect([0, 1].map((index) => streamOf(answer.description, index))).toEqual([
      '0 RTP/AVP 0',
      '9 RTP/SAVP 0',
    ])
  })

  it.each([
    ['D6 SDES over UDP', sdes, { ...secure, signalling: 'udp' }, 399, 'need TLS'],
    ['SRTP that is off', sdes, { ...secure, srtp: { use: 'off' } }, 302, 'SRTP is off'],
    ['H1.1 plain RTP', ['m=audio 4 RTP/AVP 0'], secure, 302, 'SRTP is mandatory'],
    ['B5.1 no codec', ['m=audio 4 RTP/AVP 18'], ours, 305, 'offered G729/8000, taken G722'],
    ['no voice', ['m=audio 4 RTP/AVP 13'], ours, 305, 'no codec in common'],
    ['no audio', ['m=video 4 RTP/AVP 31'], ours, 304, 'video is not taken'],
    ['no stream', [], ours, 304, 'no stream'],
    ['DTLS', ['m=audio 4 UDP/TLS/RTP/SAVP 0', 'a=setup:actpass'], ours, 399, 'a=fingerprint'],
    ['a strict slip', ['m=audio 4 RTP/AVP 0', 'a=ptime:60', 'a=maxptime:20'], ours, 399, 'ptime'],
  ] as const)('refuses with 488 and says why: %s', (...[_what, lines, own, warning, because]) => {
    const answer = answerTo(sdp(...lines), own)

    expect(answer).toMatchObject({ kind: 'refused', status: 488, warning })
    expect(answer.kind === 'refused' && answer.because).toContain(because)
  })

  it('flexible takes the slip and remarks on it', () => {
    const offer = sdp('m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 G722/16000')

    expect(answerTo(offer, ours).kind).toBe('refused')
    expect(answerTo(offer, { ...ours, mode: 'flexible' })).toMatchObject({
      kind: 'answer',
      remarks: [{ rule: 'clock-rate' }],
    })
  })
})

describe('offerOf', () => {
  it('G3.3 offers ours in their order, and is answered by itself', () => {
    const codecs = [
      knownCodecs.OPUS,
      knownCodecs.G722,
      knownCodecs.G729,
      ...g711,
      knownCodecs.events,
    ]
    const offer = offerOf({ ...ours, codecs })

    expect(streamOf(offer)).toBe('9 RTP/AVP 111 9 18 0 8 101')
    expect(judge(offer, offer).fits).toBe(true)
  })
})
