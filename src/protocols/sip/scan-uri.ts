import { Buffer } from 'node:buffer'
import { byteClass, skip } from './byte-classes.ts'
import { hasAt } from './known-words.ts'
import type { SipParameters } from './parameters.ts'
import {
  bytesOf,
  type Cursor,
  mark,
  scanParameters,
  scanPort,
  skipParameterValue,
} from './scan-parts.ts'

/** A sip or sips URI taken apart. */
export interface SipUri {
  readonly kind: 'sip'
  readonly scheme: 'sip' | 'sips'
  /** Escapes as written, password included. */
  readonly user?: string
  /** IPv6 without brackets. */
  readonly host: string
  readonly port?: number
  readonly parameters: SipParameters
  readonly headers?: string
}

/** Where the sip or sips URI ends that begins at `from`, by what can be in it; undefined where it is not plain. */
export function skipSipUri(cursor: Cursor, from: number): number | undefined {
  const host = skipToHost(cursor.bytes, from)
  if (host === undefined) return undefined
  cursor.at = skip(cursor.bytes, host, byteClass.host)
  if (cursor.at === host || scanPort(cursor) === undefined) return undefined
  return skipUriParameters(cursor.bytes, cursor.at)
}

const sip = bytesOf('sip:')
const sips = bytesOf('sips:')

function skipScheme(bytes: Uint8Array, from: number): number | undefined {
  if (hasAt(bytes, from, sip)) return from + sip.length
  return hasAt(bytes, from, sips) ? from + sips.length : undefined
}

/** Where the host begins: after scheme and user. */
function skipToHost(bytes: Uint8Array, from: number): number | undefined {
  const begins = skipScheme(bytes, from)
  if (begins === undefined) return undefined
  const userEnd = skip(bytes, begins, byteClass.user)
  if (bytes[userEnd] !== mark.at) return begins
  return userEnd === begins ? undefined : userEnd + 1
}

function skipUriParameters(bytes: Uint8Array, from: number): number | undefined {
  let at = from
  while (bytes[at] === mark.semicolon) {
    const end = skip(bytes, at + 1, byteClass.parameterName)
    if (end === at + 1) return undefined
    at = skipParameterValue(bytes, end)
  }
  return at
}

/** Longer ones are not plain. */
const longest = 255
/** The bytes of the text that is read, and a CR; nothing of it is kept. A Buffer, as what comes from a socket. */
const bytes = Buffer.alloc(longest + 1)

/** What uri.ts reads from this text by the grammar; undefined where it is no plain sip or sips URI. */
export function readPlainUri(text: string): SipUri | undefined {
  if (text.length > longest) return undefined
  for (let index = 0; index < text.length; index += 1) {
    const letter = text.charCodeAt(index)
    // A byte holds no more, and above that no letter is plain.
    if (letter > 126) return undefined
    bytes[index] = letter
  }
  bytes[text.length] = mark.carriageReturn
  return scanSipUri({ bytes, text, at: 0 })
}

function scanSipUri(cursor: Cursor): SipUri | undefined {
  const { text } = cursor
  const host = skipToHost(cursor.bytes, 0)
  if (host === undefined) return undefined
  cursor.at = skip(cursor.bytes, host, byteClass.host)
  const hostEnd = cursor.at
  const port = scanPort(cursor)
  if (hostEnd === host || port === undefined) return undefined
  const parameters = scanParameters(cursor)
  if (parameters === undefined || cursor.at !== text.length) return undefined
  const scheme = text.charCodeAt(sip.length - 1) === mark.colon ? 'sip' : 'sips'
  const begins = scheme.length + 1
  const parts = { host: text.slice(host, hostEnd), port, parameters }
  return host === begins
    ? withoutUser(scheme, parts)
    : withUser(scheme, text.slice(begins, host - 1), parts)
}

interface UriParts {
  readonly host: string
  readonly port: number | null
  readonly parameters: SipParameters
}

// What is not there is no property; each of the four forms is made at once, since to put them together takes long.

function withoutUser(scheme: SipUri['scheme'], { host, port, parameters }: UriParts): SipUri {
  return port === null
    ? { kind: 'sip', scheme, host, parameters }
    : { kind: 'sip', scheme, host, port, parameters }
}

function withUser(
  scheme: SipUri['scheme'],
  user: string,
  { host, port, parameters }: UriParts,
): SipUri {
  return port === null
    ? { kind: 'sip', scheme, user, host, parameters }
    : { kind: 'sip', scheme, user, host, port, parameters }
}
