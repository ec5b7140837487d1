import { describe, expect, it } from 'vitest'
import { codecKey, codecsOf, eventsOf, hasAnnexB, isVoice } from './codecs.ts'
import { answerDirection, directionOf, directions, holdOf } from './direction.ts'
import { parseSdp } from './parse-sdp.ts'
import { parseCrypto, parseFingerprint, profileOf } from './security.ts'

function sdp(address: string, ...lines: readonly string[]) {
  const family = address.includes(':') ? 'IP6' : 'IP4'
  const head = ['v=0', `o=- 1 1 IN IP4 h`, 's=-', `c=IN ${family} ${address}`, 't=0 0']
  return parseSdp(new TextEncoder().encode([...head, ...lines, ''].join('\r\n')))
}

function stream(...lines: readonly string[]) {
  const [media] = sdp('192.0.2.1', ...lines).media
  if (media === undefined) throw new Error('no stream')
  return media
}

describe('codecsOf', () => {
  it('B5.1 names static payload types without rtpmap, and mapped ones by it', () => {
    const codecs = codecsOf(
      stream(
        'm=audio 4 RTP/AVP 9 0 8 18 111 101 13 77 0x',
        'a=rtpmap:111 opus/48000/2',
        'a=rtpmap:101 telephone-event/8000',
        'a=rtpmap:77 broken',
      ),
    )

    expect(codecs.map(codecKey)).toEqual([
      'G722/8000',
      'PCMU/8000',
      'PCMA/8000',
      'G729/8000',
      'OPUS/48000/2',
      'TELEPHONE-EVENT/8000',
      'CN/8000',
      'payload type 77',
      'payload type 0x',
    ])
    expect(codecs.filter(isVoice)).toHaveLength(5)
  })

  it('reads fmtp, and what is absent in it', () => {
    const [g729, plain, events, some, lone] = codecsOf(
      stream(
        'm=audio 4 RTP/AVP 18 97 101 102 constructor',
        'a=fmtp:18 AnnexB = no; x',
        'a=rtpmap:97 G729/8000',
        'a=rtpmap:101 telephone-event/8000',
        'a=rtpmap:102 telephone-event/8000',
        'a=fmtp:102 0-11,66,9-7',
      ),
    )
    if (!(g729 && plain && events && some)) throw new Error('a codec is missing')

    expect([hasAnnexB(g729), hasAnnexB(plain)]).toEqual([false, true])
    expect([eventsOf(events).size, eventsOf(some).size]).toEqual([16, 13])
    expect(lone?.known).toBe('unknown')
  })
})

describe('direction and hold', () => {
  it.each([
    ['192.0.2.1', [], undefined],
    ['192.0.2.1', ['a=recvonly'], undefined],
    ['192.0.2.1', ['a=sendonly'], 'direction'],
    ['192.0.2.1', ['a=inactive'], 'direction'],
    ['0.0.0.0', [], 'address'],
    ['::', ['a=sendrecv'], 'address'],
    ['holder.invalid', [], 'address'],
  ])('a stream to %s with %j is held by %s', (address, lines, held) => {
    const description = sdp(address, 'm=audio 4 RTP/AVP 0', ...lines)
    const [media] = description.media

    expect(media && holdOf(description, media)).toBe(held)
  })

  it('the stream outranks the session', () => {
    const description = sdp('h', 'a=inactive', 'm=audio 4 RTP/AVP 0', 'a=recvonly')

    expect(description.media.map((media) => directionOf(description, media))).toEqual(['recvonly'])
  })

  it('an answer has of what is wanted only what the offer lets flow', () => {
    const table = directions.map((offered) =>
      directions.map((wanted) => answerDirection(offered, wanted)),
    )

    expect(table).toEqual([
      ['sendrecv', 'sendonly', 'recvonly', 'inactive'],
      ['recvonly', 'inactive', 'recvonly', 'inactive'],
      ['sendonly', 'sendonly', 'inactive', 'inactive'],
      ['inactive', 'inactive', 'inactive', 'inactive'],
    ])
  })
})

const key = 'WnD7c1ksDGs+dIefCEo8omPg4uO8DYIinNGL5yxQ'

describe('parseCrypto', () => {
  it('reads tag, suite whatever its case, lifetime, MKI and session parameters', () => {
    const read = parseCrypto(
      `1 AeS_Cm_128_HMAC_shA1_80 inline:${key}|2^20|1:4 KDR=1 UNENCRYPTED_SRTP`,
    )

    expect(read).toMatchObject({
      kind: 'usable',
      tag: 1,
      suite: 'AES_CM_128_HMAC_SHA1_80',
      keys: [{ lifetime: '2^20', mki: { value: '1', bytes: 4 } }],
      sessionParameters: ['KDR=1', 'UNENCRYPTED_SRTP'],
    })
  })

  it.each([
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key}|1:4`, 'usable'],
    [`1 AES_CM_128_HMAC_SHA1_32 inline:${key}|1048576`, 'usable'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key}|1:4;inline:${key}|2:4`, 'usable'],
    ['1 AEAD_AES_128_GCM inline:R0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHRw==', 'usable'],
    [`1 CRYPTO_X inline:${key}`, 'unknown-suite'],
    [`x AES_CM_128_HMAC_SHA1_80 inline:${key}`, 'its tag is no number'],
    ['1', 'it names no crypto suite'],
    ['1 AES_CM_128_HMAC_SHA1_80', 'it has no key'],
    ['1 AES_CM_128_HMAC_SHA1_80 inline:', 'its key has 0 bytes, AES_CM_128_HMAC_SHA1_80 takes 30'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key}${key}`, 'its key has 60 bytes'],
    [
      `1 AES_256_CM_HMAC_SHA1_80 inline:${key}`,
      'its key has 30 bytes, AES_256_CM_HMAC_SHA1_80 takes 46',
    ],
    ['1 AES_CM_128_HMAC_SHA1_80 inline:$$$$', 'its key is not base64'],
    ['1 AES_CM_128_HMAC_SHA1_80 prompt:', 'its key is not inline'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^49`, 'its lifetime is above 2^48'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key}|1:129`, 'its lifetime or MKI cannot be read'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^9|1:4|x`, 'more than a lifetime and an MKI'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key};inline:${key}`, 'several keys, and no MKI'],
  ])('%s', (value, expected) => {
    const read = parseCrypto(value)

    if (read.kind === 'malformed') expect(read.problem).toContain(expected)
    else expect(read.kind).toBe(expected)
  })
})

describe('fingerprints and profiles', () => {
  it('reads a fingerprint of the right length, and nothing else', () => {
    const pairs = (count: number) => Array.from({ length: count }, () => 'ab').join(':')

    expect(parseFingerprint(`SHA-256 ${pairs(32)}`)).toMatchObject({ hash: 'sha-256' })
    expect(parseFingerprint(`sha-1 ${pairs(20)}`)?.digest).toMatch(/^AB:/)
    for (const wrong of [
      `sha-256 ${pairs(20)}`,
      `sha-9 ${pairs(20)}`,
      `sha-1 ${pairs(19)}:xx`,
      '',
    ]) {
      expect(parseFingerprint(wrong)).toBeUndefined()
    }
  })

  it.each([
    ['RTP/AVP', 'rtp', false],
    ['rtp/savpf', 'srtp', true],
    ['UDP/TLS/RTP/SAVPF', 'dtls-srtp', true],
    ['UNKNOWN', 'unknown', false],
  ])('%s is %s', (protocol, kind, feedback) => {
    expect(profileOf(stream(`m=audio 4 ${protocol} 0`))).toEqual({ kind, feedback })
  })
})
