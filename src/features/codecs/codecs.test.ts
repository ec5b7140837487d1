import { describe, expect, it } from 'vitest'
import { codecMatrix, explainCall, type NegotiationSide, readSide } from './index.ts'

const sdp = (...lines: readonly string[]) =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines].join('\n')

const sip = (first: string, body: string, ...headers: readonly string[]) =>
  [
    first,
    'Via: SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKx',
    'From: <sip:a@a.example>;tag=1',
    'To: <sip:b@b.example>;tag=2',
    'Call-ID: x',
    'CSeq: 1 INVITE',
    ...headers,
    '',
    body,
  ].join('\n')

function side(text: string, file = 'file'): NegotiationSide {
  const read = readSide(text, file, 'flexible')
  if (read.kind === 'unreadable') throw new Error(read.problem.message)
  return read.side
}

const planned = ['G722', 'PCMU', 'PCMA']

function explain(offer: string, answer: string, ...again: readonly string[]) {
  const [reoffer, reanswer] = again
  const second = reoffer && reanswer ? [[side(reoffer), side(reanswer)] as const] : []
  const pairs = [[side(offer), side(answer)] as const, ...second]
  const explained = explainCall(pairs, { mode: 'flexible', planned })
  const last = explained.kind === 'explained' ? explained.exchanges.at(-1) : undefined
  if (last === undefined) throw new Error('it could not be explained')
  const { findings, ...rest } = last.explanation
  return { ...rest, rules: findings.map(({ rule }) => rule), findings }
}

const wide = sdp('m=audio 4000 RTP/AVP 9 0 8')
const narrow = sdp('m=audio 5000 RTP/AVP 0', 'a=ptime:20')
const g729 = sdp('m=audio 5000 RTP/AVP 18')
const key = 'WnD7c1ksDGs+dIefCEo8omPg4uO8DYIinNGL5yxQ'
const secure = sdp('m=audio 4000 RTP/SAVP 0', `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}`)

describe('readSide', () => {
  it('reads the SDP of a whole message, its Via and its Warning', () => {
    const warning = 'Warning: 305 gw "no \\"G722\\", sorry", 399 gw "more"'
    const read = side(sip('SIP/2.0 488 Not Acceptable Here', wide, warning))

    expect(read).toMatchObject({
      signalling: 'tls',
      message: {
        status: 488,
        warnings: [
          { code: 305, text: 'no "G722", sorry' },
          { code: 399, text: 'more' },
        ],
      },
      remarks: [],
    })
    expect(read.description?.media[0]?.formats).toEqual(['9', '0', '8'])
  })

  it('names the line of the file, headers counted', () => {
    const broken = wide.replace('4000', 'none')
    const read = readSide(`\n\n${sip('INVITE sip:b@b SIP/2.0', broken)}`, 'a.sip', 'flexible')

    expect(read).toMatchObject({ problem: { file: 'a.sip', line: 15, column: 9 } })
  })

  it('never reads past Content-Length, and takes less than it', () => {
    const length = wide.replaceAll('\n', '\r\n').length + 2
    const more = `${wide}\nm=audio 1 RTP/AVP 0`
    const cut = side(sip('INVITE sip:b@b SIP/2.0', more, `l: ${length}`))
    const short = side(sip('INVITE sip:b@b SIP/2.0', wide, 'Content-Length: 9999'))

    expect([cut, short].map(({ description }) => description?.media.length)).toEqual([1, 1])
  })

  it('finds the SDP of a body of several parts, with the lines of the file', () => {
    const parts = (body: string) =>
      [
        '--x:1',
        'Content-Type: application/ISUP',
        '',
        '\u0001\uFFFD',
        '--x:1',
        'c: Application/SDP;a=b',
        '',
        body,
        '--x:1--',
        '',
      ].join('\n')
    const type = 'Content-Type: multipart/mixed; boundary="x:1"'
    const whole = (body: string) => sip('INVITE sip:b@b SIP/2.0', parts(body), type)

    const found = side(whole(wide))

    expect(found).toMatchObject({
      remarks: [],
      description: { media: [{ formats: ['9', '0', '8'] }] },
    })
    expect(readSide(whole(wide.replace('4000', '-')), 'f', 'strict')).toMatchObject({
      problem: { line: 21, column: 9 },
    })
  })

  it('reads strictly or leniently', () => {
    const odd = wide.replace('s=-\n', '')

    expect(readSide(odd, 'f', 'strict')).toMatchObject({ problem: { line: 3, column: 1 } })
    expect(side(odd).remarks).toEqual([{ line: 5, text: 's= is missing' }])
    expect(readSide(wide, 'f', 'strict').kind).toBe('read')
  })
})

describe('explainCall', () => {
  it('G3.3 finds wideband that only the offering side has', () => {
    const { fits, summary, rules } = explain(wide, narrow)

    expect({ fits, summary, rules }).toEqual({
      fits: true,
      summary: 'fits: PCMU/8000 · packets of 20 ms · in clear · no telephone-event',
      rules: ['one-sided-g722'],
    })
  })

  it.each([
    ['the plan’s order', wide, sdp('m=audio 5 RTP/AVP 9'), []],
    ['H1.1 another order', sdp('m=audio 4 RTP/AVP 0 9'), narrow, ['one-sided-g722', 'order']],
    ['a codec of no plan', sdp('m=audio 4 RTP/AVP 18 0'), g729, ['not-planned']],
    ['hold', wide, sdp('m=audio 5 RTP/AVP 9', 'a=inactive'), ['hold']],
    [
      'old hold',
      wide,
      sdp('m=audio 5 RTP/AVP 9').replace('c=IN IP4 192.0.2.1', 'c=IN IP4 0.0.0.0'),
      ['hold'],
    ],
    [
      'early',
      sip('INVITE sip:b SIP/2.0', wide),
      sip('SIP/2.0 183 P', sdp('m=audio 5 RTP/AVP 9')),
      ['early-answer'],
    ],
    [
      'offerless',
      sip('SIP/2.0 200 OK', narrow),
      sip('ACK sip:b SIP/2.0', narrow),
      ['offer-in-response'],
    ],
  ])('says of %s', (_what, offer, answer, rules) => {
    const explained = explain(offer, answer)

    expect(explained.fits).toBe(true)
    expect(explained.rules).toEqual(rules)
  })

  it('B5.1 says what to allow on which side when nothing is common', () => {
    const { fits, summary, advice } = explain(wide, g729)

    expect(fits).toBe(false)
    expect(summary).toContain('no codec in common')
    expect(advice).toEqual([
      'offer G729 as well, or allow G722 or PCMU or PCMA on the side that answers; without either something between them must transcode',
    ])
  })

  it('D6 SDES over UDP is refused, over TLS as the Via says it fits', () => {
    expect(explain(secure, secure)).toMatchObject({ fits: false })
    const invite = sip('INVITE sip:b SIP/2.0', secure)
    expect(explain(invite, secure)).toMatchObject({ fits: true })
    expect(explain(invite, sip('SIP/2.0 200 OK', secure).replace('TLS', 'TCP')).fits).toBe(false)
  })

  const refusal = (status: string, body: string, ...headers: readonly string[]) =>
    sip(`SIP/2.0 ${status}`, body, ...headers)

  it.each([
    [
      'without a reason',
      refusal('488 No', ''),
      ['offer PCMA, G729 as well', 'offer RTP/SAVP over TLS', 'no reason'],
    ],
    ['a codec', refusal('488 No', '', 'Warning: 305 g "x"'), ['offer PCMA, G729 as well']],
    ['a profile', refusal('488 No', '', 'Warning: 302 g "x"'), ['offer RTP/SAVP over TLS']],
    ['with what it takes', refusal('606 No', g729, 'Warning: 305 g "x"'), ['offer G729 as well']],
  ])('B5.1 a refusal is explained: %s', (_what, answer, parts) => {
    const { fits, fallback, advice } = explain(sdp('m=audio 4 RTP/AVP 9 0'), answer)

    expect({ fits, fallback }).toEqual({ fits: false, fallback: ['PCMA', 'G729'] })
    expect(advice).toHaveLength(parts.length)
    parts.forEach((part, index) => {
      expect(advice[index]).toContain(part)
    })
  })

  it('H1.1 a refused SRTP offer is never answered with the advice to drop it', () => {
    const { advice } = explain(secure, refusal('488 No', '', 'Warning: 302 g "x"'))

    expect(advice).toEqual([expect.stringContaining('encryption is not dropped')])
  })

  it('a refusal for another reason says nothing of codecs', () => {
    expect(explain(wide, refusal('503 Full', ''))).toMatchObject({
      fits: false,
      rules: ['other-refusal'],
      advice: [],
    })
  })

  it.each([
    ['the codec', narrow, wide, sdp('m=audio 5000 RTP/AVP 9', 'a=ptime:20'), 'codec-renegotiated'],
    ['packets', narrow, narrow, narrow.replace('ptime:20', 'ptime:30'), 'ptime-changed'],
    ['the address', narrow, narrow, narrow.replace('5000', '5002'), 'media-moved'],
    ['the direction', narrow, narrow, `${narrow}\na=sendonly`, 'direction-changed'],
    ['the audio', narrow, narrow, narrow.replace('5000', '0'), 'audio-changed'],
  ])('H1.2 a second answer changes %s', (...[_what, first, reoffer, reanswer, rule]) => {
    expect(explain(wide, first, reoffer, reanswer).rules).toContain(rule)
  })

  it('H1.2 a payload type that changes its meaning, and encryption that ends', () => {
    const mapped = (name: string) => sdp('m=audio 5 RTP/AVP 97', `a=rtpmap:97 ${name}/8000`)
    const reused = explain(mapped('iLBC'), mapped('iLBC'), mapped('SPEEX'), mapped('SPEEX'))
    const inTls = (body: string) => sip('INVITE sip:b SIP/2.0', body)
    const opened = explain(inTls(secure), secure, inTls(narrow), narrow)

    expect(reused.rules).toContain('payload-type-reused')
    expect(opened).toMatchObject({
      fits: false,
      summary: expect.stringContaining('encryption changes in the call'),
    })
  })

  it('H1.2 a side that offers again is compared with itself, not with the other', () => {
    const bob = narrow.replace('o=- 1', 'o=bob 7')
    const again = explain(wide, bob, bob.replace('5000', '5002'), wide.replace(' 9 0 8', ' 0'))

    expect(again.findings.map(({ text }) => text)).toEqual([
      'who writes the second offer takes media elsewhere: 192.0.2.1:5000 → 192.0.2.1:5002',
    ])
  })

  it('H1.2 nothing is said of an answer that stays as it was', () => {
    expect(explain(narrow, narrow, narrow, narrow).rules).toEqual([])
  })

  it.each([
    [
      'an INVITE without offer',
      sip('INVITE sip:b SIP/2.0', ''),
      narrow,
      'this INVITE has no offer',
    ],
    ['a 200 without answer', narrow, sip('SIP/2.0 200 OK', ''), 'an answer, or a final response'],
  ])('says which file is of no use: %s', (_what, offer, answer, message) => {
    const explained = explainCall([[side(offer), side(answer)]], { mode: 'strict', planned })

    expect(explained).toMatchObject({ problem: { message: expect.stringContaining(message) } })
  })
})

describe('codecMatrix', () => {
  function compare(left: string, right: string, signalling: 'udp' | 'tls' = 'udp') {
    const names = { left: 'L', right: 'R' }
    const rules = { mode: 'flexible', signalling, names, planned } as const
    const [one, other] = [side(left).description, side(right).description]
    if (one === undefined || other === undefined) throw new Error('no description')
    const matrix = codecMatrix(one, other, rules)
    if (matrix === undefined) throw new Error('no audio')
    return matrix
  }

  it('B5.1 puts every codec of either side in its row', () => {
    const left = sdp('m=audio 4 RTP/AVP 9 18 0', 'a=fmtp:18 annexb=no', 'a=ptime:20')
    const right = sdp('m=audio 4 RTP/AVP 0 8 18', 'a=ptime:30')

    const { fits, rows, leftOffers, rightOffers, findings } = compare(left, right)

    expect(rows.map(({ codec, at, planned: inPlan }) => `${codec} ${at} ${inPlan}`)).toEqual([
      'G722/8000 left true',
      'G729/8000 both false',
      'PCMU/8000 both true',
      'PCMA/8000 right true',
    ])
    expect(rows[1]).toMatchObject({
      left: { position: 2, payloadType: '18' },
      right: { position: 3 },
      differences: ['fmtp annexb=no / none', 'ptime 20 / 30 ms'],
    })
    expect([fits, leftOffers.codec, rightOffers.codec]).toEqual([true, 'G729/8000', 'PCMU/8000'])
    expect(findings.map(({ rule }) => rule)).toEqual([
      'one-sided-g722',
      'not-planned',
      'not-planned',
      'codec-depends-on-offerer',
    ])
  })

  it('B5.1 nothing in common is 488 either way, and says what to allow', () => {
    const { fits, leftOffers, advice } = compare(wide, g729)

    expect(fits).toBe(false)
    expect(leftOffers).toEqual({ because: '488: R has none of G722/8000, PCMU/8000, PCMA/8000' })
    expect(advice[0]).toContain('allow G729 on L, or G722 or PCMU or PCMA on R')
  })

  it('a codec in a form that the other can’t read is not common', () => {
    const amr = (...more: readonly string[]) =>
      sdp('m=audio 4 RTP/AVP 96', 'a=rtpmap:96 AMR/8000', ...more)

    const { fits, rows } = compare(amr('a=fmtp:96 octet-align=1'), amr())

    expect(fits).toBe(false)
    expect(rows.map(({ at, differences }) => [at, differences])).toEqual([
      ['left', ['R has it in another form: without parameters']],
      ['right', ['L has it in another form: octet-align=1']],
    ])
  })

  it.each([
    ['H1.1 SRTP on one side', secure, narrow, 'tls', false, 'encryption-differs'],
    ['D6 SDES in clear', secure, secure, 'udp', true, 'sdes-in-clear'],
    [
      'another suite',
      secure,
      secure.replace('SHA1_80', 'SHA1_32'),
      'tls',
      false,
      'no-common-suite',
    ],
  ] as const)('%s does not fit', (...[_what, left, right, signalling, meets, rule]) => {
    const { fits, security, findings } = compare(left, right, signalling)

    expect({ fits, meets: security.fits }).toEqual({ fits: false, meets })
    expect(findings.map((finding) => finding.rule)).toContain(rule)
  })

  it('H1.1 SRTP on both sides over TLS fits', () => {
    expect(compare(secure, secure, 'tls').fits).toBe(true)
  })
})
