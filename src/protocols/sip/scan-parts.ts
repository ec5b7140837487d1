import { byteClass, skip } from './byte-classes.ts'
import { createKnownWords } from './known-words.ts'
import type { SipParameters } from './parameters.ts'

/** Where we are in a head, of which each line ends with CR: a value is whole when it has been read up to there. */
export interface Cursor {
  readonly bytes: Uint8Array
  /** The same bytes, one letter each: to cut texts from. */
  readonly text: string
  at: number
}

export const mark = {
  tab: 9,
  lineFeed: 10,
  carriageReturn: 13,
  space: 32,
  quote: 34,
  comma: 44,
  colon: 58,
  semicolon: 59,
  less: 60,
  equals: 61,
  greater: 62,
  at: 64,
} as const

export const bytesOf = (text: string) => new TextEncoder().encode(text)
export const sayThemselves = (words: readonly string[]) =>
  createKnownWords(words.map((word) => [word, word]))

/** Cut out, or the text that we have already. */
export function wordAt(
  cursor: Cursor,
  to: number,
  known: ReturnType<typeof sayThemselves>,
): string {
  return known.find(cursor.bytes, cursor.at, to) ?? cursor.text.slice(cursor.at, to)
}

export const isBlank = (byte: number | undefined) => byte === mark.space || byte === mark.tab

export function skipBlanks(bytes: Uint8Array, from: number): number {
  let at = from
  while (isBlank(bytes[at])) at += 1
  return at
}

/** Where the blanks begin that end at `to`, not before `from`. */
export function skipBlanksBack(bytes: Uint8Array, to: number, from: number): number {
  let at = to
  while (at > from && isBlank(bytes[at - 1])) at -= 1
  return at
}

/** The number of one to so many digits at the cursor; undefined where there is none, or a longer one. */
export function scanNumber(cursor: Cursor, mostDigits: number): number | undefined {
  const { bytes, at } = cursor
  const end = skip(bytes, at, byteClass.digit)
  if (end === at || end - at > mostDigits) return undefined
  let number = 0
  for (let index = at; index < end; index += 1) number = number * 10 + (bytes[index] ?? 0) - 48
  cursor.at = end
  return number
}

/** `:5060`; undefined for what is no port, null where there is none. */
export function scanPort(cursor: Cursor): number | null | undefined {
  if (cursor.bytes[cursor.at] !== mark.colon) return null
  cursor.at += 1
  const port = scanNumber(cursor, 5)
  return port === undefined || port > 65_535 ? undefined : port
}

const noParameters: SipParameters = Object.freeze({})

const parameterNames = sayThemselves([
  ...['branch', 'rport', 'received', 'maddr', 'ttl', 'alias', 'keep'],
  ...['tag', 'lr', 'q', 'expires', 'transport', 'user', 'method', 'cause', 'reason'],
])

/** `;a=1;b`, up to what is no parameter: the caller sees whether the value may end there. */
export function scanParameters(cursor: Cursor): SipParameters | undefined {
  const { bytes, text } = cursor
  if (bytes[cursor.at] !== mark.semicolon) return noParameters
  const parameters: Record<string, string> = {}
  while (bytes[cursor.at] === mark.semicolon) {
    cursor.at += 1
    const end = skip(bytes, cursor.at, byteClass.parameterName)
    if (end === cursor.at) return undefined
    const name = wordAt(cursor, end, parameterNames)
    cursor.at = skipParameterValue(bytes, end)
    // Without a value the cut begins after its end, and is empty.
    setParameter(parameters, name, text.slice(end + 1, cursor.at))
  }
  return parameters
}

/** A name that stands in the program is set many times faster than one that is looked up. */
function setParameter(parameters: Record<string, string>, name: string, value: string): void {
  if (name === 'branch') parameters['branch'] = value
  else if (name === 'tag') parameters['tag'] = value
  else if (name === 'lr') parameters['lr'] = value
  else if (name === 'received') parameters['received'] = value
  else if (name === 'rport') parameters['rport'] = value
  else parameters[name] = value
}

export function skipParameterValue(bytes: Uint8Array, at: number): number {
  return bytes[at] === mark.equals ? skip(bytes, at + 1, byteClass.parameterValue) : at
}
