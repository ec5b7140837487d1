import { ChangeoverError } from '../../../kernel/errors.ts'
import { type TsigAlgorithm, type TsigKey, tsigAlgorithms } from '../../../protocols/dns/tsig.ts'

/**
 * The text given as a TSIG key is none.
 *
 * To do: give it as `algorithm:name:base64`, or as the key file that `tsig-keygen` writes.
 */
export class TsigKeyError extends ChangeoverError {
  readonly code = 'dns.bad-tsig-key'
  readonly remedy = 'operator'
}

/**
 * Reads a TSIG key: `hmac-sha256:name:base64` (as `nsupdate -y` and `dig -y` take it), or a BIND key file.
 *
 * @throws {TsigKeyError} with what is wrong, never with the secret
 */
export function parseTsigKey(text: string): TsigKey {
  const file = /^\s*key\s+"?([^"\s{]+)"?\s*\{([^}]*)\}\s*;?/m.exec(text)
  const [algorithm, name, secret] = file === null ? text.trim().split(':') : fieldsOf(file)
  if (algorithm === undefined || name === undefined || secret === undefined || name === '') {
    throw new TsigKeyError('a TSIG key is algorithm:name:base64, or a BIND key file')
  }
  return {
    name: name.replace(/\.$/, ''),
    algorithm: algorithmOf(algorithm),
    secret: bytesOf(secret),
  }
}

function fieldsOf([, name, body = '']: RegExpExecArray) {
  const field = (label: string) => new RegExp(`\\b${label}\\s+"?([^";\\s]+)"?\\s*;`).exec(body)?.[1]
  return [field('algorithm'), name, field('secret')]
}

function algorithmOf(text: string): TsigAlgorithm {
  const plain = text
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/\.sig-alg\.reg\.int$/, '')
  const found = tsigAlgorithms.find((algorithm) => algorithm === plain)
  if (found !== undefined) return found
  throw new TsigKeyError(
    `TSIG algorithm ${plain} is not known; take one of ${tsigAlgorithms.join(', ')}`,
  )
}

function bytesOf(base64: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'))
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(base64)
  if (isBase64 && bytes.length > 0) return bytes
  throw new TsigKeyError('the secret of the TSIG key is not base64')
}
