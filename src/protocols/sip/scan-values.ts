import { byteClass, skip } from './byte-classes.ts'
import type { CSeq, NameAddress, Via } from './headers.ts'
import { hasAt } from './known-words.ts'
import {
  bytesOf,
  type Cursor,
  mark,
  sayThemselves,
  scanNumber,
  scanParameters,
  scanPort,
  skipBlanks,
  skipBlanksBack,
  wordAt,
} from './scan-parts.ts'
import { skipSipUri } from './scan-uri.ts'

/**
 * Header values in their plain forms, read by one look at each byte.
 *
 * Every function gives exactly what the reader of headers.ts gives for the same text, or undefined: the text is of no
 * plain form, and only that reader knows whether it is good. None of them refuses anything. The value is whole only
 * where the cursor is at the end of the line then: the caller looks.
 */

/** A display name, up to the `<` that must follow; empty where there is none. */
function scanDisplay(cursor: Cursor): string | undefined {
  const { bytes, text, at } = cursor
  if (bytes[at] === mark.less) return ''
  const isQuoted = bytes[at] === mark.quote
  const begins = isQuoted ? at + 1 : at
  const ends = skip(bytes, begins, isQuoted ? byteClass.quoted : byteClass.display)
  if (isQuoted && bytes[ends] !== mark.quote) return undefined
  cursor.at = isQuoted ? skipBlanks(bytes, ends + 1) : ends
  if (bytes[cursor.at] !== mark.less) return undefined
  return text.slice(begins, isQuoted ? ends : skipBlanksBack(bytes, ends, begins))
}

/** `Name <sip:…>;tag=1`, with brackets. */
export function scanAddress(cursor: Cursor): NameAddress | undefined {
  const display = scanDisplay(cursor)
  if (display === undefined) return undefined
  const begins = cursor.at + 1
  const ends = skipSipUri(cursor, begins)
  if (ends === undefined || cursor.bytes[ends] !== mark.greater) return undefined
  cursor.at = ends + 1
  const parameters = scanParameters(cursor)
  if (parameters === undefined) return undefined
  const uri = cursor.text.slice(begins, ends)
  return display === '' ? { uri, parameters } : { display, uri, parameters }
}

const protocol = bytesOf('SIP/2.0/')
const transports = sayThemselves(['UDP', 'TCP', 'TLS', 'WS', 'WSS', 'SCTP'])

/** `SIP/2.0/UDP host:5060;branch=…`, with one blank and a transport in capitals. */
function scanVia(cursor: Cursor): Via | undefined {
  const { bytes, text } = cursor
  if (!hasAt(bytes, cursor.at, protocol)) return undefined
  cursor.at += protocol.length
  const blank = skip(bytes, cursor.at, byteClass.capital)
  if (blank === cursor.at || bytes[blank] !== mark.space) return undefined
  const transport = wordAt(cursor, blank, transports)
  cursor.at = skip(bytes, blank + 1, byteClass.host)
  if (cursor.at === blank + 1) return undefined
  const host = text.slice(blank + 1, cursor.at)
  const port = scanPort(cursor)
  const parameters = port === undefined ? undefined : scanParameters(cursor)
  if (port === undefined || parameters === undefined) return undefined
  return port === null ? { transport, host, parameters } : { transport, host, port, parameters }
}

/** To the next value of a list, if there is a comma. Where there is none, the caller sees whether the line ends. */
function passComma(cursor: Cursor): boolean {
  if (cursor.bytes[cursor.at] !== mark.comma) return false
  cursor.at = skipBlanks(cursor.bytes, cursor.at + 1)
  return true
}

/** One or more, with commas between them. Most fields have one, and no room for more is made. */
export function scanVias(cursor: Cursor): readonly Via[] | undefined {
  const first = scanVia(cursor)
  if (first === undefined) return undefined
  const vias = [first]
  while (passComma(cursor)) {
    const via = scanVia(cursor)
    if (via === undefined) return undefined
    vias.push(via)
  }
  return vias
}

/** One or more addresses. */
export function scanAddresses(cursor: Cursor): readonly NameAddress[] | undefined {
  const first = scanAddress(cursor)
  if (first === undefined) return undefined
  const addresses = [first]
  while (passComma(cursor)) {
    const address = scanAddress(cursor)
    if (address === undefined) return undefined
    addresses.push(address)
  }
  return addresses
}

const methods = sayThemselves([
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'UPDATE', 'PRACK', 'INFO'],
  ...['SUBSCRIBE', 'NOTIFY', 'REFER', 'MESSAGE', 'PUBLISH'],
])

/** A method, up to what can be in none; undefined where there is none. */
export function scanMethod(cursor: Cursor): string | undefined {
  const end = skip(cursor.bytes, cursor.at, byteClass.token)
  if (end === cursor.at) return undefined
  const method = wordAt(cursor, end, methods)
  cursor.at = end
  return method
}

/** `1 INVITE`, the number below 2^31. */
export function scanCSeq(cursor: Cursor): CSeq | undefined {
  const number = scanNumber(cursor, 10)
  if (number === undefined || number >= 2 ** 31) return undefined
  if (cursor.bytes[cursor.at] !== mark.space) return undefined
  cursor.at += 1
  const method = scanMethod(cursor)
  return method === undefined ? undefined : { number, method }
}
