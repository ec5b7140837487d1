import { describe, expect, it } from 'vitest'
import { createRandom } from '../../kernel/random.ts'
import { createRequestSeries, type ExchangePart } from './authenticated-request.ts'
import { type Credentials, digestFields, digestResponse } from './digest.ts'
import { headerValue, type SipHeader, type SipRequest } from './message.ts'
import { newRequest, respondTo } from './requests.ts'

const alice: Credentials = { username: 'alice', password: 'right' }
const request = newRequest({
  method: 'REGISTER',
  uri: 'sip:acme.example',
  from: '<sip:alice@acme.example>;tag=a',
  to: '<sip:alice@acme.example>',
  callId: 'c-1',
})

type Answer = readonly [status: number, ...headers: SipHeader[]]

const challenge = (nonce: string, more = ''): SipHeader => ({
  name: 'WWW-Authenticate',
  value: `Digest realm="acme", nonce="${nonce}", qop="auth"${more}`,
})
const proxyChallenge = (nonce: string): SipHeader => ({
  ...challenge(nonce),
  name: 'Proxy-Authenticate',
})

/** A far side that gives these answers in turn, and what it was sent. */
function farSide(answers: readonly Answer[], credentials: Credentials | undefined = alice) {
  const sent: SipRequest[] = []
  const parts: ExchangePart[] = []
  const series = createRequestSeries({
    random: createRandom(1),
    ...(credentials === undefined ? {} : { credentials }),
  })
  const send = () =>
    series.send(request, async (one, part) => {
      const [status, ...headers] = answers[sent.length] ?? [599]
      sent.push(one)
      parts.push(part)
      return { kind: 'response', response: respondTo(one, status, 'Answer', { headers }) }
    })
  const proof = (nth: number, name = 'Authorization') => {
    const one = sent[nth]
    return one === undefined ? undefined : digestFields(headerValue(one, name) ?? '')
  }
  const numbers = () => sent.map((one) => headerValue(one, 'CSeq'))
  return { send, sent, parts, proof, numbers }
}

const statusOf = (outcome: object) => ('response' in outcome ? outcome.response : undefined)

describe('requests that prove who sends them', () => {
  it('a challenge is answered with a new number and a proof that holds', async () => {
    const { send, parts, proof, numbers } = farSide([[401, challenge('n1')], [200]])

    const outcome = await send()

    expect(statusOf(outcome)).toMatchObject({ status: 200 })
    expect(parts).toEqual(['first', 'proof'])
    expect(numbers()).toEqual(['1 REGISTER', '2 REGISTER'])
    expect(proof(0)).toBeUndefined()
    const fields = proof(1)
    expect(Object.fromEntries(fields ?? [])).toMatchObject({ nonce: 'n1', nc: '00000001' })
    const expected = digestResponse(
      { realm: 'acme', nonce: 'n1', algorithm: 'MD5', session: false, counted: true },
      {
        credentials: alice,
        method: 'REGISTER',
        uri: 'sip:acme.example',
        cnonce: fields?.get('cnonce') ?? '',
        count: 1,
      },
    )
    expect(fields?.get('response')).toBe(expected)
  })

  it('H5.1 a nonce that was taken serves the next request: one round trip, counted on', async () => {
    const { send, sent, proof, numbers } = farSide([[401, challenge('n1')], [200], [200]])

    await send()
    await send()

    expect(sent).toHaveLength(3)
    expect(numbers().at(-1)).toBe('3 REGISTER')
    expect(proof(2)?.get('nc')).toBe('00000002')
  })

  it('a kept nonce that is refused, stale or not, says nothing of the password', async () => {
    const { send, proof } = farSide([[401, challenge('n1')], [200], [401, challenge('n2')], [200]])

    await send()
    const outcome = await send()

    expect(statusOf(outcome)).toMatchObject({ status: 200 })
    expect(proof(3)?.get('nonce')).toBe('n2')
    expect(proof(3)?.get('nc')).toBe('00000001')
  })

  it('a proof of this exchange that is refused is a wrong password: nothing is tried again', async () => {
    const { send, sent } = farSide([
      [401, challenge('n1')],
      [401, challenge('n2')],
    ])

    const outcome = await send()

    expect(outcome).toMatchObject({ kind: 'unproved', because: 'credentials-refused' })
    expect(sent).toHaveLength(2)
  })

  it('stale is believed once, not for ever', async () => {
    const stale = challenge('n', ', stale=true')
    const once = farSide([[401, challenge('n1')], [401, stale], [200]])
    const always = farSide([
      [401, challenge('n1')],
      [401, stale],
      [401, stale],
      [401, stale],
    ])

    const outcomes = [await once.send(), await always.send()]

    expect(outcomes).toMatchObject([
      { kind: 'response', response: { status: 200 } },
      { kind: 'unproved', because: 'credentials-refused' },
    ])
    expect(always.sent).toHaveLength(3)
  })

  it('a proxy and the registrar behind it each get their own proof', async () => {
    const { send, sent, proof } = farSide([
      [407, proxyChallenge('p1')],
      [401, challenge('n1')],
      [200],
      [200],
    ])

    await send()
    await send()

    expect(sent).toHaveLength(4)
    expect(proof(1, 'Proxy-Authorization')?.get('nonce')).toBe('p1')
    expect(proof(2, 'Proxy-Authorization')?.get('nc')).toBe('00000002')
    expect(proof(2)?.get('nonce')).toBe('n1')
    expect([proof(3)?.get('nc'), proof(3, 'Proxy-Authorization')?.get('nc')]).toEqual([
      '00000002',
      '00000003',
    ])
  })

  it('what was refused is not shown again with the next request', async () => {
    const { send, proof } = farSide([[401, challenge('n1')], [401, challenge('n2')], [200]])

    await send()
    await send()

    expect(proof(2)).toBeUndefined()
  })

  it('without credentials, or asked in a way that nobody knows, it says so', async () => {
    const unknown = { name: 'WWW-Authenticate', value: 'Bearer realm="acme"' }
    const { send } = farSide([[401, unknown]])
    const series = createRequestSeries({ random: createRandom(1) })
    const bare = await series.send(request, async (one) => ({
      kind: 'response',
      response: respondTo(one, 401, 'Unauthorized', { headers: [challenge('n1')] }),
    }))

    expect([await send(), bare]).toMatchObject([
      { kind: 'unproved', because: 'unknown-scheme' },
      { kind: 'unproved', because: 'no-credentials' },
    ])
  })

  it('silence ends it', async () => {
    const series = createRequestSeries({ random: createRandom(1), credentials: alice })
    const failure = { kind: 'failed', because: 'timeout', error: undefined } as const

    expect(await series.send(request, async () => failure)).toEqual(failure)
  })
})
