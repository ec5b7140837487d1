import { SipFormatError } from './errors.ts'

/** Header or URI parameters by lower-case name; one without a value is the empty text. */
export type SipParameters = Readonly<Record<string, string>>

const quotedOrBracketed = {
  ';': /"(?:[^"\\]|\\.)*"|<[^>]*>?|["\\;]/gs,
  ',': /"(?:[^"\\]|\\.)*"|<[^>]*>?|["\\,]/gs,
} as const

type Separator = keyof typeof quotedOrBracketed

/** Where each `separator` stands outside quoted strings and angle brackets. Refuses a quote that never ends. */
function separators(text: string, separator: Separator): readonly number[] {
  const found: number[] = []
  for (const { 0: token, index } of text.matchAll(quotedOrBracketed[separator])) {
    if (token === '"') throw new SipFormatError('a quoted string does not end', { text })
    if (token === separator) found.push(index)
  }
  return found
}

/** Splits a header value at `separator`, leaving quoted strings and `<…>` whole. */
export function splitOutsideQuotes(text: string, separator: Separator): readonly string[] {
  const parts: string[] = []
  let start = 0
  for (const index of separators(text, separator)) {
    parts.push(text.slice(start, index).trim())
    start = index + 1
  }
  parts.push(text.slice(start).trim())
  return parts
}

const parameterName = /^[\w\-.!%*+`'~[\]/:&$]+$/

/** Reads `;a=1;b`; `text` starts at the first semicolon or is empty. */
export function parseParameters(text: string): SipParameters {
  const trimmed = text.trim()
  if (trimmed === '') return {}
  const [before, ...parts] = splitOutsideQuotes(trimmed, ';')
  if (before !== '') throw new SipFormatError('text where a parameter should begin', { text })
  return Object.fromEntries(parts.map(parseParameter))
}

function parseParameter(part: string): readonly [string, string] {
  const equals = part.indexOf('=')
  const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase()
  if (!parameterName.test(name)) throw new SipFormatError('a parameter has no name', { text: part })
  const value = equals === -1 ? '' : part.slice(equals + 1).trim()
  return [name, value]
}

export function formatParameters(parameters: SipParameters): string {
  return Object.entries(parameters)
    .map(([name, value]) => (value === '' ? `;${name}` : `;${name}=${value}`))
    .join('')
}
