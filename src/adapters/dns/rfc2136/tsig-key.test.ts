import { describe, expect, it } from 'vitest'
import { parseTsigKey, TsigKeyError } from './tsig-key.ts'

const secret = new Uint8Array([1, 2, 3, 4])
const sha256 = { name: 'changeover', algorithm: 'hmac-sha256', secret }

describe('TSIG keys as people have them', () => {
  it.each([
    ['nsupdate -y', 'hmac-sha256:changeover:AQIDBA==', sha256],
    ['a final dot, capitals', ' HMAC-SHA256:changeover.:AQIDBA==\n', sha256],
    [
      'MD5 by its old name',
      'hmac-md5.sig-alg.reg.int:k:AQIDBA==',
      { name: 'k', algorithm: 'hmac-md5', secret },
    ],
    [
      'tsig-keygen',
      'key "changeover" {\n\talgorithm hmac-sha256;\n\tsecret "AQIDBA==";\n};\n',
      sha256,
    ],
    [
      'a key file with a comment and no quotes',
      '# made in May\nkey changeover. { secret AQIDBA==; algorithm "hmac-sha256"; };',
      sha256,
    ],
  ])('reads %s', (_what, text, key) => {
    expect(parseTsigKey(text)).toEqual(key)
  })

  it.each([
    ['nothing', ''],
    ['two parts', 'hmac-sha256:AQIDBA=='],
    ['an unknown algorithm', 'hmac-sha3:changeover:AQIDBA=='],
    ['a secret that is no base64', 'hmac-sha256:changeover:not base64!'],
    ['no secret', 'hmac-sha256:changeover:'],
    ['a key file without secret', 'key "changeover" { algorithm hmac-sha256; };'],
  ])('refuses %s', (_what, text) => {
    expect(() => parseTsigKey(text)).toThrow(TsigKeyError)
  })

  it('never repeats the secret', () => {
    expect(() => parseTsigKey('hmac-sha9:changeover:c2VjcmV0')).not.toThrow(/c2VjcmV0/)
  })
})
