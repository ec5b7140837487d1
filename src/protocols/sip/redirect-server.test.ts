import { describe, expect, it } from 'vitest'
import { virtualClocks } from '../../../test/support/virtual.ts'
import { epochMs, ms } from '../../kernel/units.ts'
import { headerValue, headerValues, type SipMessage } from './message.ts'
import { parseMessage } from './parse-message.ts'
import { createRedirectServer, type PeerRate, type RedirectQuestion } from './redirect-server.ts'
import type { SipTransport } from './transport.ts'

const peer = { host: '192.0.2.9', port: 5070, transport: 'udp' } as const

/** A server on a transport of the test; `ask` gives it a request and tells what it answered. */
function given(rate: PeerRate = { perSecond: 100, burst: 100 }) {
  const { time, wireClock } = virtualClocks()
  const said: { readonly message: SipMessage; readonly to: object }[] = []
  const questions: RedirectQuestion[] = []
  let listener: Parameters<SipTransport['onMessage']>[0] = () => undefined
  const server = createRedirectServer({
    transport: {
      local: { host: '192.0.2.1', port: 5060, transport: 'udp' },
      reliable: false,
      async send(bytes, to) {
        said.push({ message: parseMessage(bytes), to })
        await Promise.resolve()
      },
      onMessage(added) {
        listener = added
        return () => undefined
      },
      onBroken: () => () => undefined,
      close: async () => undefined,
    },
    wireClock,
    product: 'Test',
    rate,
    isAllowed: (host) => host === peer.host,
    decide(question) {
      questions.push(question)
      if (question.number === '0') return { kind: 'refuse', status: 404, reason: 'Not Found' }
      return { kind: 'redirect', contacts: ['sip:1@a.example', 'sip:1@b.example'] }
    },
  })
  const ask = (text: string | Uint8Array, from: typeof peer | object = peer) => {
    const before = said.length
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
    listener(bytes, { ...peer, ...from })
    return said.slice(before).map(({ message }) => message)
  }
  return {
    ask,
    said,
    server,
    questions,
    wait: (by: number) => time.advanceTo(epochMs(time.now() + ms(by))),
  }
}

function request(method: string, more: readonly string[] = [], user = '15551000'): string {
  return [
    `${method} sip:${user}@gw.example SIP/2.0`,
    'Via: SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bKone;rport',
    'Max-Forwards: 70',
    'From: <sip:+1999@carrier.example>;tag=f',
    `To: <sip:${user}@gw.example>`,
    'Call-ID: call-1',
    `CSeq: 1 ${method}`,
    ...more,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}

const statusOf = (message: SipMessage | undefined) =>
  message?.kind === 'response' ? message.status : undefined

describe('redirect server', () => {
  it('answers INVITE with 302 and the contacts in the order of the decision', () => {
    const { ask, said, questions, server } = given()

    const [answer] = ask(request('INVITE'))

    expect(statusOf(answer)).toBe(302)
    expect(answer && headerValues(answer, 'Contact')).toEqual([
      '<sip:1@a.example>;q=1.0',
      '<sip:1@b.example>;q=0.9',
    ])
    expect(questions).toMatchObject([{ number: '15551000', caller: '+1999', callId: 'call-1' }])
    // RFC 3581: back to where it came from.
    expect(said[0]?.to).toEqual(peer)
    expect(server.counts.redirected).toBe(1)
  })

  it('answers a repeated INVITE again, with the same tag, and says nothing to ACK and CANCEL', () => {
    const { ask } = given()
    const tag = (message: SipMessage | undefined) =>
      (message && headerValue(message, 'To'))?.split('tag=')[1]

    const [first] = ask(request('INVITE'))
    const [again] = ask(request('INVITE'))
    const [other] = ask(request('INVITE').replace('z9hG4bKone', 'z9hG4bKtwo'))

    expect(tag(first)).toMatch(/^[0-9a-z]+$/)
    expect(tag(again)).toBe(tag(first))
    expect(tag(other)).not.toBe(tag(first))
    expect([ask(request('ACK')), ask(request('CANCEL'))]).toEqual([[], []])
  })

  it.each([
    ['OPTIONS', [], 200],
    ['REGISTER', [], 405],
    ['SUBSCRIBE', [], 405],
    ['INVITE', ['Require: 100rel'], 420],
    ['INVITE', ['Max-Forwards: 70'], 400],
    ['OPTIONS', ['Require: "'], 400],
    ['INVITE', ['Route: *'], 400],
  ])('answers %s %j with %i', (method, more, status) => {
    const { ask } = given()

    expect(statusOf(ask(request(method, more))[0])).toBe(status)
  })

  it('says what it does not take (§8.2.1, §8.2.2.3)', () => {
    const { ask } = given()
    const [refused] = ask(request('REGISTER'))
    const [extension] = ask(request('INVITE', ['Require: 100rel, timer']))

    expect(refused && headerValue(refused, 'Allow')).toBe('INVITE, ACK, CANCEL, OPTIONS')
    expect(extension && headerValue(extension, 'Unsupported')).toBe('100rel, timer')
  })

  it('refuses what the decision refuses', () => {
    const { ask, server } = given()

    expect(statusOf(ask(request('INVITE', [], '0'))[0])).toBe(404)
    expect(server.counts).toMatchObject({ redirected: 0, refused: 1 })
  })

  it('says nothing to strangers', () => {
    const { ask, server } = given()

    expect(ask(request('INVITE'), { host: '198.51.100.1' })).toEqual([])
    expect(server.counts.strangers).toBe(1)
  })

  it('survives floods of what is no SIP, and answers what comes between', () => {
    const { ask, server } = given({ perSecond: 10_000, burst: 10_000 })
    for (let index = 0; index < 2000; index += 1) {
      const noise = Uint8Array.from({ length: index % 200 }, (_, at) => (at * index) & 0xff)
      ask(noise)
      ask(request('INVITE').slice(0, index % 200))
    }

    expect(statusOf(ask(request('INVITE'))[0])).toBe(302)
    expect(server.counts.malformed).toBe(4000)
  })

  it('answers a peer above its rate with 503, and beyond twice the rate not at all', () => {
    const { ask, server, wait } = given({ perSecond: 10, burst: 10 })
    const statuses = Array.from({ length: 30 }, () => statusOf(ask(request('OPTIONS'))[0]))

    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 200))
    expect(statuses.slice(10, 19)).toEqual(Array.from({ length: 9 }, () => 503))
    expect(statuses.slice(19)).toEqual(Array.from({ length: 11 }, () => undefined))
    expect(server.counts).toMatchObject({ options: 10, throttled: 20 })

    wait(2000)
    expect(statusOf(ask(request('OPTIONS'))[0])).toBe(200)
  })
})
