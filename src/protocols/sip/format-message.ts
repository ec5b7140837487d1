import { SipFormatError } from './errors.ts'
import type { SipMessage } from './message.ts'

const encoder = new TextEncoder()

/**
 * The bytes of a message. Content-Length is always written, from the body, and last.
 *
 * @throws {SipFormatError} when a part holds a line end: it would become a header of its own
 */
export function formatMessage(message: SipMessage): Uint8Array {
  const first =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`
  const lines = message.headers
    .filter((header) => header.name !== 'Content-Length')
    .map((header) => `${header.name}: ${header.value}`)
  lines.unshift(first)
  for (const line of lines) {
    if (/[\r\n]/.test(line)) throw new SipFormatError('a line end inside a header', { text: line })
  }
  const head = encoder.encode(
    `${lines.join('\r\n')}\r\nContent-Length: ${message.body.length}\r\n\r\n`,
  )
  const bytes = new Uint8Array(head.length + message.body.length)
  bytes.set(head)
  bytes.set(message.body, head.length)
  return bytes
}
