import { describe, expect, it } from 'vitest'
import { judgeAnswer } from './judge-answer.ts'
import type { Signalling } from './judgement.ts'
import { parseSdp } from './parse-sdp.ts'

type Lines = readonly string[]

function sdp(lines: Lines) {
  const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0']
  return parseSdp(new TextEncoder().encode([...head, ...lines, ''].join('\r\n')))
}

function judged(offer: Lines, answer: Lines, signalling: Signalling = 'udp') {
  const [strict, flexible] = (['strict', 'flexible'] as const).map((mode) =>
    judgeAnswer(sdp(offer), sdp(answer), { mode, signalling }),
  )
  const rules = strict?.findings.map(({ rule, weight }) => `${weight} ${rule}`) ?? []
  return { rules, strict: strict?.fits, flexible: flexible?.fits }
}

const fits = { strict: true, flexible: true }
const works = { strict: false, flexible: true }
const refused = { strict: false, flexible: false }

const pcmu = ['m=audio 4000 RTP/AVP 0']
const g722 = ['m=audio 4000 RTP/AVP 9 0']
const events = (line: string, clock = 8000) => [line, `a=rtpmap:101 telephone-event/${clock}`]

describe('judgeAnswer: formats and streams', () => {
  it.each([
    ['the same', pcmu, pcmu, fits, []],
    ['nothing common', ['m=audio 4 RTP/AVP 9'], pcmu, refused, ['broken no-common-codec']],
    ['no stream taken', pcmu, ['m=audio 0 RTP/AVP 0'], refused, ['broken nothing-accepted']],
    [
      'an ended stream',
      ['m=audio 0 RTP/AVP 0'],
      pcmu,
      refused,
      ['deviation stream-revived', 'broken nothing-accepted'],
    ],
    ['a stream more', pcmu, [...pcmu, ...pcmu], refused, ['broken stream-count']],
    ['video left out', [...pcmu, 'm=video 4 RTP/AVP 31'], pcmu, works, ['deviation stream-count']],
    ['audio left out', [...pcmu, ...pcmu], pcmu, refused, ['broken stream-count']],
    [
      'another kind',
      pcmu,
      ['m=image 4 udptl t38'],
      refused,
      ['broken stream-order', 'broken nothing-accepted'],
    ],
    ['a codec added', pcmu, ['m=audio 4 RTP/AVP 0 8'], works, ['deviation codec-added']],
    ['two codecs', g722, g722, fits, ['note several-codecs']],
    [
      'turned round',
      g722,
      ['m=audio 4 RTP/AVP 0 9'],
      fits,
      ['note several-codecs', 'note order-changed'],
    ],
    ['case and channels', pcmu, ['m=audio 4 RTP/AVP 0', 'a=rtpmap:0 pcmu/8000/1'], fits, []],
    [
      'another number',
      ['m=audio 4 RTP/AVP 97', 'a=rtpmap:97 iLBC/8000'],
      ['m=audio 4 RTP/AVP 98', 'a=rtpmap:98 iLBC/8000'],
      fits,
      ['note payload-type-changed'],
    ],
    [
      'the number of another',
      ['m=audio 4 RTP/AVP 97 98', 'a=rtpmap:97 iLBC/8000', 'a=rtpmap:98 SPEEX/8000'],
      ['m=audio 4 RTP/AVP 98', 'a=rtpmap:98 iLBC/8000'],
      works,
      ['deviation payload-type-changed'],
    ],
    [
      'G722 at its true rate',
      ['m=audio 4 RTP/AVP 9'],
      ['m=audio 4 RTP/AVP 9', 'a=rtpmap:9 G722/16000'],
      works,
      ['deviation clock-rate'],
    ],
    [
      'opus with one channel',
      ['m=audio 4 RTP/AVP 111', 'a=rtpmap:111 opus/48000/2'],
      ['m=audio 4 RTP/AVP 111', 'a=rtpmap:111 opus/48000'],
      works,
      ['deviation clock-rate'],
    ],
    [
      'a number nobody explains',
      pcmu,
      ['m=audio 4 RTP/AVP 0 120'],
      works,
      ['deviation payload-type-unknown', 'deviation codec-added'],
    ],
    [
      'a number twice',
      pcmu,
      ['m=audio 4 RTP/AVP 0 0'],
      works,
      ['deviation payload-type-twice', 'note several-codecs', 'note order-changed'],
    ],
    [
      'events only',
      events('m=audio 4 RTP/AVP 0 101'),
      events('m=audio 4 RTP/AVP 101'),
      refused,
      ['broken no-voice-codec'],
    ],
    ['no events', events('m=audio 4 RTP/AVP 0 101'), pcmu, fits, ['note no-telephone-event']],
    [
      'not all keys',
      events('m=audio 4 RTP/AVP 0 101'),
      [...events('m=audio 4 RTP/AVP 0 101'), 'a=fmtp:101 0-9'],
      fits,
      ['note events-missing'],
    ],
    [
      'AMR in another form',
      ['m=audio 4 RTP/AVP 96', 'a=rtpmap:96 AMR/8000', 'a=fmtp:96 octet-align=1'],
      ['m=audio 4 RTP/AVP 96', 'a=rtpmap:96 AMR/8000'],
      refused,
      ['broken no-common-codec'],
    ],
    [
      'silence suppression asked for no, answered yes',
      ['m=audio 4 RTP/AVP 18', 'a=fmtp:18 annexb=no'],
      ['m=audio 4 RTP/AVP 18'],
      works,
      ['deviation annexb'],
    ],
    [
      'silence suppression switched off',
      ['m=audio 4 RTP/AVP 18'],
      ['m=audio 4 RTP/AVP 18', 'a=fmtp:18 annexb=no'],
      fits,
      ['note annexb'],
    ],
    ['ptime', [...pcmu, 'a=ptime:20'], [...pcmu, 'a=ptime:30'], fits, ['note ptime-differs']],
    [
      'packets too long',
      [...pcmu, 'a=maxptime:20'],
      [...pcmu, 'a=ptime:30'],
      works,
      ['deviation ptime-above-maximum'],
    ],
    ['rtcp-mux', pcmu, [...pcmu, 'a=rtcp-mux'], works, ['deviation rtcp-mux']],
  ] as const)('G3.3 %s', (...[_what, offer, answer, verdict, rules]) => {
    expect(judged(offer, answer)).toEqual({ rules, ...verdict })
  })
})

describe('judgeAnswer: directions and hold', () => {
  const all = ['sendrecv', 'sendonly', 'recvonly', 'inactive']
  const legal = new Set([
    ...all.map((answer) => `sendrecv ${answer}`),
    'sendonly recvonly',
    'recvonly sendonly',
    ...all.map((offer) => `${offer} inactive`),
  ])

  it.each(all.flatMap((offer) => all.map((answer) => [offer, answer] as const)))(
    'G3.3 %s answered with %s',
    (offer, answer) => {
      const verdict = judged([...pcmu, `a=${offer}`], [...pcmu, `a=${answer}`])

      expect(verdict.strict).toBe(legal.has(`${offer} ${answer}`))
      expect(verdict.flexible).toBe(true)
    },
  )

  it('a direction of the session counts for each stream without its own', () => {
    expect(judged(['a=sendonly', ...pcmu], pcmu).rules).toEqual(['deviation direction'])
  })
})

const key = 'WnD7c1ksDGs+dIefCEo8omPg4uO8DYIinNGL5yxQ'
const crypto = (tag: number, suite = 'AES_CM_128_HMAC_SHA1_80') =>
  `a=crypto:${tag} ${suite} inline:${key}`
const secureLine = 'm=audio 4000 RTP/SAVP 0'
const savp = [secureLine, crypto(1), crypto(2, 'AES_CM_128_HMAC_SHA1_32')]
const print = `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`
const dtlsLine = 'm=audio 4 UDP/TLS/RTP/SAVP 0'
const dtls = (setup: string) => [dtlsLine, print, `a=setup:${setup}`]

describe('judgeAnswer: encryption', () => {
  it.each([
    ['H1.1 SDES over TLS', savp, [secureLine, crypto(1)], fits, []],
    ['a tag of nobody', savp, [secureLine, crypto(3)], refused, ['broken crypto-not-offered']],
    [
      'another suite',
      savp,
      [secureLine, crypto(1, 'AES_CM_128_HMAC_SHA1_32')],
      refused,
      ['broken crypto-changed'],
    ],
    ['several keys', savp, savp, works, ['deviation several-cryptos']],
    ['no key', savp, [secureLine], refused, ['broken srtp-without-key']],
    ['H1.1 encryption dropped', savp, pcmu, refused, ['broken encryption-dropped']],
    ['feedback dropped', ['m=audio 4 RTP/AVPF 0'], pcmu, works, ['deviation profile-changed']],
    [
      'encryption out of nowhere',
      pcmu,
      [secureLine, crypto(1)],
      refused,
      ['broken profile-changed', 'broken crypto-not-offered'],
    ],
    [
      'best effort taken',
      [...pcmu, crypto(1)],
      [secureLine, crypto(1)],
      works,
      ['deviation crypto-beside-avp', 'deviation profile-changed'],
    ],
    [
      'best effort not taken',
      [...pcmu, crypto(1)],
      pcmu,
      works,
      ['deviation crypto-beside-avp', 'note in-clear'],
    ],
    ['DTLS-SRTP', dtls('actpass'), dtls('active'), fits, []],
    ['both begin', dtls('active'), dtls('active'), refused, ['broken setup-conflict']],
    ['nobody decides', dtls('actpass'), dtls('actpass'), refused, ['broken setup-conflict']],
    ['no setup', dtls('actpass'), [dtlsLine, print], works, ['deviation setup-missing']],
    [
      'a fingerprint too short',
      dtls('actpass'),
      [dtlsLine, 'a=fingerprint:sha-256 AB:CD', 'a=setup:active'],
      refused,
      ['broken fingerprint-missing'],
    ],
  ] as const)('%s', (...[_what, offer, answer, verdict, rules]) => {
    expect(judged(offer, answer, 'tls')).toEqual({ rules, ...verdict })
  })

  it.each(['udp', 'tcp'] as const)(
    'D6 SDES keys over %s are refused in every mode',
    (signalling) => {
      const verdict = judged(savp, savp.slice(0, 2), signalling)

      expect(verdict).toEqual({
        rules: ['broken sdes-in-clear', 'broken sdes-in-clear'],
        ...refused,
      })
    },
  )

  it('D6 DTLS-SRTP needs no TLS', () => {
    expect(judged(dtls('actpass'), dtls('passive'), 'udp')).toMatchObject(fits)
  })

  it('no finding says a key', () => {
    const long = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}${key}`
    const { findings } = judgeAnswer(sdp([secureLine, long]), sdp(savp), {
      mode: 'strict',
      signalling: 'udp',
    })

    expect(findings.length).toBeGreaterThan(2)
    expect(JSON.stringify(findings)).not.toContain(key.slice(0, 8))
  })
})
