import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { challengeOf, digestFields, digestResponse, proofFor, retryAfterOf } from './digest.ts'
import { noBody, type SipResponse } from './message.ts'

interface Vector {
  readonly id: string
  readonly username: string
  readonly realm: string
  readonly password: string
  readonly method: string
  readonly uri: string
  readonly nonce: string
  readonly nc?: string
  readonly cnonce?: string
  readonly qop?: string
  readonly algorithm: 'MD5' | 'SHA-256'
  readonly response: string
}

const file = new URL('../../../test/vectors/sip/digest-vectors.json', import.meta.url)
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: readonly Vector[] }

function refusal(...challenges: readonly string[]): SipResponse {
  const headers = challenges.map((value) => ({ name: 'WWW-Authenticate', value }))
  return { kind: 'response', status: 401, reason: 'Unauthorized', headers, body: noBody }
}

const proof = {
  credentials: { username: 'a"b', password: 'p' },
  method: 'REGISTER',
  uri: 'sip:x',
  cnonce: 'c0',
  count: 17,
}

describe('digest', () => {
  it.each(vectors)('H5.1 answers as $id does', (vector) => {
    const { realm, nonce, algorithm, username, password, method, uri } = vector
    const challenge = { realm, nonce, algorithm, session: false, counted: vector.qop !== undefined }
    const count = Number.parseInt(vector.nc ?? '1', 16)
    const given = {
      credentials: { username, password },
      method,
      uri,
      cnonce: vector.cnonce ?? '',
      count,
    }

    expect(digestResponse(challenge, given)).toBe(vector.response)
  })

  it('takes the first challenge that it can answer (RFC 8760)', () => {
    const sha512 = 'Digest realm="r", nonce="1", algorithm=SHA-512-256, qop="auth"'
    const sha256 =
      'Digest realm="r, s", nonce="2", algorithm=SHA-256, qop="auth,auth-int", opaque="o"'
    const md5 = 'Digest realm="r", nonce="3"'

    expect(challengeOf(refusal('Basic realm="x"', sha512, sha256, md5))).toEqual({
      realm: 'r, s',
      nonce: '2',
      algorithm: 'SHA-256',
      session: false,
      counted: true,
      opaque: 'o',
      stale: false,
      answerIn: 'Authorization',
    })
    expect(challengeOf(refusal(md5))).toMatchObject({ algorithm: 'MD5', counted: false })
    expect(challengeOf(refusal('Digest realm="r", nonce="1", qop="auth-int"'))).toBeUndefined()
    expect(challengeOf(refusal())).toBeUndefined()
    expect(challengeOf(refusal('Digest realm="x'))).toBeUndefined()
  })

  it('says that a nonce is stale, and answers a proxy in the proxy’s header', () => {
    const value = 'Digest realm="r",nonce="n",stale=TRUE,algorithm=md5-sess'
    const headers = [{ name: 'Proxy-Authenticate', value }]
    const challenge = challengeOf({ ...refusal(), status: 407, headers })

    expect(challenge).toMatchObject({ stale: true, session: true, answerIn: 'Proxy-Authorization' })
  })

  it('writes what can be read again, counted in hex, quotes escaped', () => {
    const challenge = challengeOf(refusal('Digest realm="r", nonce="n", qop="auth", opaque="o"'))
    if (challenge === undefined) throw new Error('no challenge')

    const { name, value } = proofFor(challenge, proof)

    expect(name).toBe('Authorization')
    expect(Object.fromEntries(digestFields(value) ?? [])).toEqual({
      username: 'a"b',
      realm: 'r',
      nonce: 'n',
      uri: 'sip:x',
      response: digestResponse(challenge, proof),
      algorithm: 'MD5',
      cnonce: 'c0',
      qop: 'auth',
      nc: '00000011',
      opaque: 'o',
    })
  })

  it.each([
    ['18', 18],
    ['120;duration=3600', 120],
    ['5 (in a meeting)', 5],
    ['soon', undefined],
  ])('Retry-After: %s', (value, expected) => {
    const headers = [{ name: 'Retry-After', value }]

    expect(retryAfterOf({ ...refusal(), headers })).toBe(expected)
  })
})
