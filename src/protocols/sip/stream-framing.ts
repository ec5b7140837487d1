import { endOfHead } from './end-of-head.ts'
import { SipFormatError } from './errors.ts'

/** A head that is longer than this is no SIP; the danger is a peer that fills our memory. */
const maximumHead = 64 * 1024
const maximumBody = 1024 * 1024

/** Cuts a TCP stream into messages: by the empty line, then by Content-Length (RFC 3261 §18.3). */
export interface StreamFramer {
  /**
   * Takes what arrived, returns the messages that are whole now.
   *
   * @throws {SipFormatError} when the stream can't be followed any further: close the connection
   */
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** Whether part of a message waits for its rest. */
  holds(): boolean
}

export function createStreamFramer(): StreamFramer {
  let pending: Uint8Array = new Uint8Array()
  return {
    push(chunk) {
      pending = joined(pending, chunk)
      const messages: Uint8Array[] = []
      for (let size = nextSize(pending); size !== undefined; size = nextSize(pending)) {
        if (size.message > 0) messages.push(pending.slice(size.skip, size.skip + size.message))
        pending = pending.slice(size.skip + size.message)
      }
      return messages
    },
    holds: () => pending.length > 0,
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}

/** How much of the buffer is the next message, after the empty lines of keep-alives (§7.5, RFC 5626 §3.5.1). */
function nextSize(
  bytes: Uint8Array,
): { readonly skip: number; readonly message: number } | undefined {
  let skip = 0
  while (bytes[skip] === 13 && bytes[skip + 1] === 10) skip += 2
  if (skip === bytes.length || (skip + 1 === bytes.length && bytes[skip] === 13)) {
    return skip === 0 ? undefined : { skip, message: 0 }
  }
  const end = endOfHead(bytes, skip)
  if (end === undefined) {
    if (bytes.length - skip > maximumHead) throw new SipFormatError('the headers do not end')
    return undefined
  }
  const body = bodyLength(bytes.subarray(skip, end + 4))
  const message = end + 4 - skip + body
  return bytes.length - skip < message ? undefined : { skip, message }
}

const latin1 = new TextDecoder('latin1')

/**
 * Over a stream nothing but Content-Length says where a message ends (§20.14).
 *
 * Looked for by itself, so that a message with a bad header is still cut out whole and answered 400.
 */
function bodyLength(head: Uint8Array): number {
  const found = [...latin1.decode(head).matchAll(/^(?:content-length|l)[ \t]*:\s*(\d+)\s*$/gim)]
  if (found.length !== 1) throw new SipFormatError('a stream needs one Content-Length per message')
  const length = Number(found[0]?.[1])
  if (length > maximumBody) throw new SipFormatError(`a body of ${length} bytes is too long`)
  return length
}
