import { describe, expect, it } from 'vitest'
import { passTimeUntil, virtualClocks } from '../../../test/support/virtual.ts'
import type { RequestMeter, RequestPart } from '../../features/registrations/index.ts'
import { createRandom } from '../../kernel/random.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { type Milliseconds, ms } from '../../kernel/units.ts'
import { createSipNetwork } from '../../lab/network/sip-memory.ts'
import { headerValue, type SipHeader, type SipRequest } from '../../protocols/sip/message.ts'
import { newRequest, respondTo } from '../../protocols/sip/requests.ts'
import { createUserAgent, sendRequest } from '../../protocols/sip/user-agent.ts'
import { openRegistrar } from './registrar.ts'

const farSide: SipAddress = { host: '10.0.0.1', port: 5060, transport: 'udp' }
const nearSide: SipAddress = { host: '10.0.0.2', port: 5060, transport: 'udp' }
const agent = {
  address: 'sip:1001@acme.example',
  credentials: { username: '1001', password: 'secret' },
}
const challenge: SipHeader = {
  name: 'WWW-Authenticate',
  value: 'Digest realm="acme", nonce="n1", qop="auth"',
}

type Answer =
  | { readonly status: number; readonly headers?: readonly SipHeader[]; readonly after?: number }
  | undefined

/** A registrar in memory that answers as it is told; undefined is silence. */
async function arrange(answer: (request: SipRequest, nth: number) => Answer) {
  const { time, wireClock } = virtualClocks()
  const network = createSipNetwork(wireClock)
  const received: SipRequest[] = []
  const parts = { clock: wireClock, random: createRandom(1), product: 'Registrar' }
  const server = createUserAgent(
    { ...parts, transport: network.open(farSide) },
    {
      onInvite: () => undefined,
      onCancel: () => undefined,
      onRequest(request, transaction) {
        received.push(request)
        const given = answer(request, received.length)
        if (given === undefined) return transaction.handle({ kind: 'ignore' })
        const { status, headers = [], after = 0 } = given
        const response = respondTo(request, status, 'Said', { headers, toTag: 'r' })
        void time.sleep(ms(after)).then(() => transaction.handle({ kind: 'respond', response }))
      },
    },
  )
  const registrar = await openRegistrar(
    { openTransport: async () => network.open(nearSide), wireClock, random: createRandom(2) },
    farSide,
    new AbortController().signal,
  )
  if ('kind' in registrar) throw new Error(registrar.because)
  const asked: RequestPart[] = []
  const ended: (number | undefined)[] = []
  let repeated = 0
  const meter: RequestMeter = {
    async permit(part) {
      asked.push(part)
      return { ended: (status) => ended.push(status) }
    },
    repeated: () => {
      repeated += 1
    },
  }
  const register = (expires: Milliseconds = ms(3_600_000)) =>
    passTimeUntil(time, registrar.register(agent, { expires, meter }))
  return { register, received, asked, ended, repeats: () => repeated, registrar, server, time }
}

const bindings = (...values: readonly string[]): readonly SipHeader[] =>
  values.map((value) => ({ name: 'Contact', value }))
const ours = '<sip:1001@10.0.0.2:5060>'

describe('the registrar adapter', () => {
  it('H5.1 D13 asks before each round trip, proves, and reads what was granted', async () => {
    const { register, received, asked, ended } = await arrange((_, nth) =>
      nth === 1
        ? { status: 401, headers: [challenge] }
        : { status: 200, headers: bindings(`<sip:1001@10.9.9.9>;expires=9, ${ours};expires=600`) },
    )

    const outcome = await register()
    const again = await register()

    expect([outcome, again]).toEqual([
      { kind: 'registered', granted: 600_000 },
      { kind: 'registered', granted: 600_000 },
    ])
    expect(asked).toEqual(['first', 'proof', 'first'])
    expect(ended).toEqual([401, 200, 200])
    const [first] = received
    expect(first).toMatchObject({ method: 'REGISTER', uri: 'sip:acme.example' })
    expect(first && headerValue(first, 'To')).toBe('<sip:1001@acme.example>')
    expect(first && headerValue(first, 'Contact')).toBe(ours)
    expect(first && headerValue(first, 'Expires')).toBe('3600')
    expect(new Set(received.map((one) => headerValue(one, 'Call-ID'))).size).toBe(1)
    expect(received.map((one) => headerValue(one, 'CSeq'))).toEqual([
      '1 REGISTER',
      '2 REGISTER',
      '3 REGISTER',
    ])
  })

  it.each([
    ['its own expiry', bindings(`${ours};expires=60`), { kind: 'registered', granted: 60_000 }],
    [
      'that of the answer',
      [...bindings(ours), { name: 'Expires', value: '90' }],
      { kind: 'registered', granted: 90_000 },
    ],
    ['what was asked for', bindings(ours), { kind: 'registered', granted: 3_600_000 }],
    [
      'the host of a border element',
      bindings('<sip:1001@192.0.2.1:5061>;expires=30'),
      { kind: 'registered', granted: 30_000 },
    ],
    ['D10 nothing of ours', bindings('<sip:1002@10.0.0.3>;expires=60'), { kind: 'unbound' }],
    ['D10 no Contact at all', [], { kind: 'unbound' }],
    ['D10 one that has run out', bindings(`${ours};expires=0`), { kind: 'unbound' }],
    ['D10 * for a Contact', bindings('*'), { kind: 'unbound' }],
  ])('a 200 with %s', async (_what, headers, expected) => {
    const { register } = await arrange(() => ({ status: 200, headers }))

    expect(await register()).toEqual(expected)
  })

  it('D8 an answer keeps its Retry-After and its Min-Expires', async () => {
    const { register } = await arrange((_, nth) =>
      nth === 1
        ? { status: 503, headers: [{ name: 'Retry-After', value: '12 (busy)' }] }
        : { status: 423, headers: [{ name: 'Min-Expires', value: '7200' }] },
    )

    expect([await register(), await register()]).toEqual([
      { kind: 'refused', status: 503, reason: 'Said', retryAfter: 12_000 },
      { kind: 'refused', status: 423, reason: 'Said', minExpires: 7_200_000 },
    ])
  })

  it('D13 repetitions are told, those of silence and those of a registrar that is slow', async () => {
    const slow = await arrange(() => ({ status: 200, headers: bindings(ours), after: 2000 }))
    const silent = await arrange(() => undefined)

    const outcomes = [await slow.register(), await silent.register()]

    expect(outcomes).toEqual([
      { kind: 'registered', granted: 3_600_000 },
      { kind: 'silent', because: 'no answer' },
    ])
    // T1 500 ms, doubled up to 4 s (RFC 3261 §17.1.2.2): at 0.5 and 1.5 s; ten of them in 32 s.
    expect([slow.repeats(), silent.repeats()]).toEqual([2, 10])
    expect(silent.ended).toEqual([undefined])
  })

  it('takes a registration back with Expires 0, of our Contact alone', async () => {
    const { register, received } = await arrange(() => ({ status: 200 }))

    expect(await register(ms(0))).toEqual({ kind: 'registered', granted: 0 })
    expect(received[0] && headerValue(received[0], 'Expires')).toBe('0')
    expect(received[0] && headerValue(received[0], 'Contact')).toBe(ours)
  })

  it.each([
    ['OPTIONS', 200],
    ['INVITE', 480],
    ['MESSAGE', 405],
  ])('answers %s to a Contact with %d', async (method, status) => {
    const { server, time } = await arrange(() => ({ status: 200 }))
    const uri = 'sip:1001@10.0.0.2:5060'
    const from = '<sip:registrar@10.0.0.1>;tag=x'
    const request = newRequest({ method, uri, from, to: `<${uri}>`, callId: method })

    const outcome = await passTimeUntil(time, sendRequest(server, request, nearSide))

    expect(outcome).toMatchObject({ response: { status } })
  })

  it('says why no connection comes about', async () => {
    const { wireClock } = virtualClocks()
    const network = createSipNetwork(wireClock)
    network.open(nearSide)

    const opened = await openRegistrar(
      { openTransport: async () => network.open(nearSide), wireClock, random: createRandom(2) },
      farSide,
      new AbortController().signal,
    )

    expect(opened).toMatchObject({ kind: 'silent', code: 'sip.transport-failed' })
  })
})
