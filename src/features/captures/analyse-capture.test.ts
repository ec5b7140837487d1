import { describe, expect, it } from 'vitest'
import { ip, syn, tcp, udpPacket } from '../../../test/support/write-capture.ts'
import { linkTypes } from '../../protocols/capture/link-layer.ts'
import { createPacketReader } from '../../protocols/capture/read-packet.ts'
import { formatRtpPacket } from '../../protocols/rtp/packet.ts'
import { createCaptureAnalysis } from './analyse-capture.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const [caller, callee] = ['10.0.0.1', '10.0.0.2'] as const

interface Said {
  readonly line: string
  readonly cseq: string
  readonly from?: string
  readonly to?: string
  readonly fromTag?: string
  readonly sdp?: string
  readonly name?: string
}

function sip({ line, cseq, fromTag = 'a', sdp = '', name = '' }: Said): Uint8Array {
  const head = [
    line,
    'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1',
    `From: ${name}<sip:alice@x>;tag=${fromTag}`,
    'To: <sip:bob@x>',
    'Call-ID: one',
    `CSeq: ${cseq}`,
    ...(sdp === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${sdp.length}`,
  ]
  return bytes(`${head.join('\r\n')}\r\n\r\n${sdp}`)
}

function sdp(host: string, port: number, attributes: readonly string[] = []): string {
  const lines = ['v=0', `o=- 1 1 IN IP4 ${host}`, 's=-', `c=IN IP4 ${host}`, 't=0 0']
  const media = [`m=audio ${port} RTP/AVP 0 101`, 'a=rtpmap:101 telephone-event/8000']
  return `${[...lines, ...media, ...attributes].join('\r\n')}\r\n`
}

/** A capture that a test writes packet by packet. */
function capture() {
  const reader = createPacketReader()
  const analysis = createCaptureAnalysis()
  let number = 0
  const frame = (at: number | undefined, packet: Uint8Array) => {
    number += 1
    const time =
      at === undefined ? {} : { at: 1_700_000_000_000_000_000n + BigInt(at) * 1_000_000n }
    const sizes = { linkType: linkTypes.raw, bytes: packet, originalLength: packet.length }
    const found = reader.read({ number, ...time, ...sizes })
    if (found !== undefined) analysis.packet(found)
  }
  return {
    frame,
    report: analysis.report,
    sip(at: number, said: Said) {
      const { from = caller, to = callee } = said
      frame(at, udpPacket({ from, to, ports: [5060, 5060], dscp: 24, payload: sip(said) }))
    },
    rtp(at: number | undefined, way: Partial<Way>, count = 50) {
      const {
        from = caller,
        to = callee,
        ports = [4000, 5000],
        dscp = 46,
        type = 0,
        ssrc = 7,
      } = way
      for (let index = 0; index < count; index += 1) {
        const payload = formatRtpPacket({
          ...{ marker: false, payloadType: type, sequence: index, timestamp: index * 160, ssrc },
          payload: new Uint8Array(160),
        })
        const time = at === undefined ? undefined : at + index * 20
        frame(time, udpPacket({ from, to, ports, dscp, payload }))
      }
    },
  }
}

interface Way {
  readonly from: string
  readonly to: string
  readonly ports: readonly [number, number]
  readonly dscp: number
  readonly type: number
  readonly ssrc: number
}

const toCaller = { from: callee, to: caller, ports: [5000, 4000] } as const
const answer = (at: number, attributes: readonly string[] = []) => ({
  line: 'SIP/2.0 200 OK',
  cseq: '1 INVITE',
  from: callee,
  to: caller,
  sdp: sdp(callee, 5000, attributes),
  at,
})

/** INVITE at 0, answered after 3 s. */
function call(attributes: { readonly offer?: string[]; readonly answer?: string[] } = {}) {
  const written = capture()
  const offer = sdp(caller, 4000, attributes.offer)
  written.sip(0, { line: 'INVITE sip:bob@x SIP/2.0', cseq: '1 INVITE', sdp: offer })
  written.sip(3000, answer(3000, attributes.answer))
  written.sip(3010, { line: 'ACK sip:bob@x SIP/2.0', cseq: '1 ACK' })
  return written
}

describe('a call in a capture', () => {
  it('H1.3 has its messages, its setup time, its end and both of its streams', () => {
    const written = call()
    written.rtp(3020, {})
    written.rtp(3020, toCaller)
    written.sip(9000, {
      line: 'BYE sip:alice@x SIP/2.0',
      cseq: '1 BYE',
      fromTag: 'b',
      from: callee,
      to: caller,
    })

    const { dialogs, streams, signalling, span } = written.report()

    expect(dialogs).toEqual([
      {
        callId: 'one',
        from: 'sip:alice@x',
        to: 'sip:bob@x',
        method: 'INVITE',
        requests: { INVITE: 1, ACK: 1, BYE: 1 },
        responses: { '200 INVITE': 1 },
        flow: ['INVITE', '200', 'ACK', 'BYE'],
        isAnswered: true,
        start: 0,
        end: 9000,
        finalStatus: 200,
        setup: 3000,
        endedBy: 'callee',
        media: 'both-ways',
      },
    ])
    expect(span).toBe(9000)
    expect(streams.map(({ toward, codecs, dialog }) => [toward, codecs, dialog])).toEqual([
      ['callee', ['PCMU'], 'one'],
      ['caller', ['PCMU'], 'one'],
    ])
    expect(streams[0]).toMatchObject({ start: 3020, end: 4000, foundBy: 'sdp', ssrc: 7 })
    expect(streams[0]?.reception).toMatchObject({ received: 50, lost: 0 })
    expect(signalling).toEqual([
      { host: caller, marks: new Map([[24, 2]]) },
      { host: callee, marks: new Map([[24, 2]]) },
    ])
  })

  it('H1.2 is one-way when only one side is heard, and says which is not', () => {
    const written = call()
    written.rtp(3020, {}, 200)

    expect(written.report().dialogs[0]).toMatchObject({ media: 'one-way', silent: 'callee' })
  })

  it('H1.2 that shows no media at all is not one-way', () => {
    const written = call()
    written.rtp(3020, { ports: [9000, 9002] }, 200)

    expect(written.report().dialogs[0]).toMatchObject({ media: 'none-seen' })
  })

  it.each([
    ['held by its offer', { offer: ['a=sendonly'], answer: ['a=recvonly'] }],
    ['held by its answer', { answer: ['a=inactive'] }],
  ])('H1.2 is not one-way when it is %s', (_name, attributes) => {
    const written = call(attributes)
    written.rtp(3020, {}, 200)

    expect(written.report().dialogs[0]?.media).toBeUndefined()
  })

  it.each([
    ['refused by port 0', sdp(callee, 0)],
    ['held by the address of zeros', sdp('0.0.0.0', 5000)],
  ])('H1.2 is not one-way when it is %s', (_name, refused) => {
    const written = capture()
    const offer = sdp(caller, 4000)
    written.sip(0, { line: 'INVITE sip:bob@x SIP/2.0', cseq: '1 INVITE', sdp: offer })
    written.sip(3000, { ...answer(3000), sdp: refused })
    written.rtp(3020, {}, 200)

    expect(written.report().dialogs[0]?.media).toBeUndefined()
  })

  it('H1.2 that is put on hold at once says nothing of its media', () => {
    const written = call()
    const hold = sdp(caller, 4000, ['a=sendonly'])
    written.sip(3500, { line: 'INVITE sip:bob@x SIP/2.0', cseq: '2 INVITE', sdp: hold })
    written.rtp(3520, {}, 200)

    expect(written.report().dialogs[0]?.media).toBeUndefined()
    expect(written.report().dialogs[0]?.finalStatus).toBe(200)
  })

  it('H1.2 that was hung up at once says nothing of its media, however long the capture goes on', () => {
    const written = call()
    written.rtp(3020, {}, 20)
    written.sip(3500, { line: 'BYE sip:bob@x SIP/2.0', cseq: '2 BYE' })
    written.frame(60_000, udpPacket({ from: caller, to: callee, payload: new Uint8Array(9) }))

    expect(written.report().dialogs[0]?.media).toBeUndefined()
  })

  it('H1.2 has a side behind a NAT: media is known by the address it is sent from', () => {
    const written = call()
    written.rtp(3020, { to: '203.0.113.9', ports: [4000, 61_000] })
    written.rtp(3020, toCaller)

    expect(written.report().streams.map(({ toward }) => toward)).toEqual(['callee', 'caller'])
    expect(written.report().dialogs[0]?.media).toBe('both-ways')
  })

  it('that is refused has the status that refused it, after the one that asked for a password', () => {
    const written = capture()
    for (const [number, status] of [
      [1, 407],
      [2, 486],
    ]) {
      const cseq = `${number} INVITE`
      written.sip(0, { line: 'INVITE sip:bob@x SIP/2.0', cseq })
      written.sip(10, { line: `SIP/2.0 ${status} No`, cseq, from: callee, to: caller })
    }

    const [dialog] = written.report().dialogs
    expect(dialog).toMatchObject({ finalStatus: 486, isAnswered: false })
    expect(dialog?.flow).toEqual(['INVITE', '407', 'INVITE', '486'])
  })

  it('has each message of a repeated transaction once in its flow, and all of them in its counts', () => {
    const written = capture()
    for (const at of [0, 500, 1500]) {
      written.sip(at, { line: 'INVITE sip:bob@x SIP/2.0', cseq: '1 INVITE' })
    }
    written.sip(2000, { line: 'INVITE sip:bob@x SIP/2.0', cseq: '2 INVITE' })

    const [dialog] = written.report().dialogs
    expect(dialog).toMatchObject({ flow: ['INVITE', 'INVITE'], requests: { INVITE: 4 } })
  })

  it('H1.3 with a crooked name is a call all the same', () => {
    const written = capture()
    const name = '\\"Alice\\" '
    written.sip(0, { line: 'INVITE sip:bob@x SIP/2.0', cseq: '1 INVITE', name })

    expect(written.report().dialogs[0]).toMatchObject({ from: 'sip:alice@x', method: 'INVITE' })
    expect(written.report().brokenCount).toBe(0)
  })

  it('H1.3 names the messages that it can’t read, and goes on', () => {
    const written = capture()
    const packet = { from: caller, to: callee, dscp: 40 }
    const broken = bytes('INVITE sip:bob@x SIP/2.0\r\nCall-ID: one\r\nCSeq: none\r\n\r\n')
    written.frame(0, udpPacket({ ...packet, payload: broken }))
    const whole = sip({ line: 'OPTIONS sip:x SIP/2.0', cseq: '1 OPTIONS' })
    written.frame(1, udpPacket({ ...packet, payload: whole.subarray(0, 60) }))

    const { broken: found, brokenCount, dialogs, signalling } = written.report()
    expect(found.map(({ packet: number }) => number)).toEqual([1, 2])
    expect(brokenCount).toBe(2)
    expect(dialogs).toEqual([])
    expect(signalling).toEqual([{ host: caller, marks: new Map([[40, 2]]) }])
  })
})

describe('media streams in a capture', () => {
  it('H1.3 are found without SIP, by counting like RTP, and marked so', () => {
    const written = capture()
    written.rtp(0, { dscp: 0, type: 107 })

    const [stream] = written.report().streams
    expect(stream).toMatchObject({ foundBy: 'heuristic', codecs: ['type 107'] })
    expect(stream?.marks).toEqual(new Map([[0, 50]]))
    expect(stream?.reception.jitter).toBeUndefined()
  })

  it('H1.3 are not what only begins like RTP', () => {
    const written = capture()
    for (let index = 0; index < 100; index += 1) {
      const payload = new Uint8Array(40).fill(0x80).with(2, (index * 97) & 255)
      written.frame(index, udpPacket({ from: caller, to: callee, payload }))
    }

    expect(written.report().streams).toEqual([])
  })

  it('H1.3 count packets by their marks where these change on the way', () => {
    const written = call()
    written.rtp(3000, { dscp: 46 }, 30)
    written.rtp(4000, { dscp: 0 }, 5)

    const [stream] = written.report().streams
    expect(stream?.marks).toEqual(
      new Map([
        [46, 30],
        [0, 5],
      ]),
    )
  })

  it('H1.3 have no jitter from key presses, whose timestamps stand still while the key is held', () => {
    const written = call()
    for (let index = 0; index < 100; index += 1) {
      const isKey = index >= 20 && index < 40
      const payload = formatRtpPacket({
        marker: index === 20,
        payloadType: isKey ? 101 : 0,
        sequence: index,
        timestamp: (isKey ? 20 : index) * 160,
        ssrc: 7,
        payload: new Uint8Array(160),
      })
      written.frame(
        4000 + index * 20,
        udpPacket({ from: caller, to: callee, ports: [4000, 5000], payload }),
      )
    }

    const [stream] = written.report().streams
    expect(stream?.codecs).toEqual(['PCMU', 'TELEPHONE-EVENT'])
    expect(stream?.reception.jitter).toEqual({ least: 0, mean: 0, most: 0 })
  })

  it('H1.3 are counted, without times, in a capture that has none', () => {
    const written = capture()
    written.rtp(undefined, {})

    const { streams, startedAt } = written.report()
    expect(streams[0]?.reception).toEqual({
      ...{ received: 50, expected: 50, lost: 0, duplicates: 0, reordered: 0 },
    })
    expect(startedAt).toBeUndefined()
  })
})

describe('SIP over TCP in a capture', () => {
  const message = sip({ line: 'INVITE sip:bob@x SIP/2.0', cseq: '1 INVITE' })
  const ports = [40_000, 5070] as const
  const segment = (sequence: number, payload: Uint8Array, flags?: number) =>
    ip({
      ...{ from: caller, to: callee, dscp: 40, protocol: 6 },
      payload: tcp({ ports, payload }, flags === undefined ? { sequence } : { sequence, flags }),
    })

  it('H1.3 is read in order, whatever the order and the repetitions of its segments', () => {
    const written = capture()
    const [first, second, rest] = [
      message.subarray(0, 50),
      message.subarray(50, 120),
      message.subarray(120),
    ]
    written.frame(0, segment(999, new Uint8Array(), syn))
    written.frame(1, segment(1050, second))
    written.frame(2, segment(1000, first))
    written.frame(3, segment(1000, first))
    written.frame(4, segment(1120, Buffer.concat([rest, message])))

    expect(written.report().dialogs[0]?.requests).toEqual({ INVITE: 2 })
    expect(written.report().signalling).toEqual([{ host: caller, marks: new Map([[40, 2]]) }])
  })

  it('H1.3 is read from where the capture begins, and again behind what it has lost', () => {
    const written = capture()
    written.frame(0, segment(5000, bytes('he end of one\r\n\r\n')))
    written.frame(1, segment(6000, message))
    // The second half of this one never comes; what follows waits, and then goes on without it.
    written.frame(2, segment(6000 + message.length, message.subarray(0, 100)))
    const next = sip({ line: 'INFO sip:bob@x SIP/2.0', cseq: '2 INFO' })
    for (let index = 0; index < 1000; index += 1) {
      written.frame(3 + index, segment(9000 + index * next.length, next))
    }

    expect(written.report().dialogs[0]?.requests).toEqual({ INVITE: 1, INFO: 1000 })
  })

  it('H1.3 over TLS can’t be read, but its marks count', () => {
    const written = capture()
    const payload = tcp(
      { ports: [40_000, 5061], payload: Uint8Array.of(23, 3, 3) },
      { sequence: 1 },
    )
    written.frame(0, ip({ from: caller, to: callee, dscp: 40, protocol: 6, payload }))

    expect(written.report().signalling).toEqual([{ host: caller, marks: new Map([[40, 1]]) }])
  })
})
