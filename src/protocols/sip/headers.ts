import type { SipAddress } from '../../kernel/sip-address.ts'
import { SipFormatError } from './errors.ts'
import {
  fieldNamed,
  fieldsNamed,
  headerValue,
  headerValues,
  isNamed,
  type SipMessage,
} from './message.ts'
import {
  formatParameters,
  parseParameters,
  type SipParameters,
  splitOutsideQuotes,
} from './parameters.ts'
import { readOnce, remembered, type SipHeader, type ValueReader } from './sip-header.ts'
import { formatHost, parseHostPort, parseUri } from './uri.ts'

export interface Via {
  /** `UDP`, `TCP`, `TLS`, in capitals. */
  readonly transport: string
  readonly host: string
  readonly port?: number
  readonly parameters: SipParameters
}

/** From, To, Contact, Route: a URI with a name for people and parameters of the header. */
export interface NameAddress {
  readonly display?: string
  readonly uri: string
  readonly parameters: SipParameters
}

export interface CSeq {
  readonly number: number
  readonly method: string
}

/** What makes a branch one of RFC 3261, unique by itself (§8.1.1.7). */
export const magicCookie = 'z9hG4bK'

const viaForm = /^SIP\s*\/\s*2\.0\s*\/\s*([\w\-.!%*+`'~]+)\s+([^;\s][^;]*)(;.*)?$/is

export function parseVia(text: string): Via {
  const match = viaForm.exec(text.trim())
  if (match === null) throw new SipFormatError('Via cannot be read', { text })
  return {
    transport: (match[1] ?? '').toUpperCase(),
    ...parseHostPort(match[2] ?? ''),
    parameters: parseParameters(match[3] ?? ''),
  }
}

export function formatVia({ transport, host, port, parameters }: Via): string {
  const sentBy = port === undefined ? formatHost(host) : `${formatHost(host)}:${port}`
  return `SIP/2.0/${transport} ${sentBy}${formatParameters(parameters)}`
}

export function parseNameAddress(text: string): NameAddress {
  const trimmed = text.trim()
  const open = bracketAfterDisplay(trimmed)
  if (open === -1) {
    const semicolon = trimmed.indexOf(';')
    const uri = (semicolon === -1 ? trimmed : trimmed.slice(0, semicolon)).trim()
    return checked({
      uri,
      parameters: parseParameters(semicolon === -1 ? '' : trimmed.slice(semicolon)),
    })
  }
  const close = trimmed.indexOf('>', open)
  if (close === -1) throw new SipFormatError('an address has < without >', { text })
  const display = parseDisplay(trimmed.slice(0, open).trim())
  return checked({
    ...(display === '' ? {} : { display }),
    uri: trimmed.slice(open + 1, close),
    parameters: parseParameters(trimmed.slice(close + 1)),
  })
}

/** The `<` that opens the URI: the first one after a display name that may itself hold one in quotes. */
function bracketAfterDisplay(text: string): number {
  if (!text.startsWith('"')) return text.indexOf('<')
  const quoted = /^"(?:[^"\\]|\\.)*"\s*/s.exec(text)
  if (quoted === null) throw new SipFormatError('a quoted string does not end', { text })
  if (text[quoted[0].length] !== '<') throw new SipFormatError('no < after a name', { text })
  return quoted[0].length
}

function parseDisplay(text: string): string {
  if (text.startsWith('"')) return text.slice(1, -1).replaceAll(/\\(.)/gs, '$1')
  if (text.includes('"')) throw new SipFormatError('a quote inside a display name', { text })
  return text
}

function checked(address: NameAddress): NameAddress {
  parseUri(address.uri)
  return address
}

export function formatNameAddress({ display, uri, parameters }: NameAddress): string {
  const name =
    display === undefined ? '' : `"${display.replaceAll(/["\\]/g, (mark) => `\\${mark}`)}" `
  return `${name}<${uri}>${formatParameters(parameters)}`
}

const maximumCSeq = 2 ** 31

export function parseCSeq(text: string): CSeq {
  const match = /^(\d{1,10})\s+([\w\-.!%*+`'~]+)$/.exec(text.trim())
  if (match === null) throw new SipFormatError('CSeq cannot be read', { text })
  const number = Number(match[1])
  // §8.1.1.5: below 2^31.
  if (number >= maximumCSeq) throw new SipFormatError('CSeq is 2^31 or more', { text })
  return { number, method: match[2] ?? '' }
}

/** The values of a header that is a comma-separated list over one or more fields. */
export function listValues(message: SipMessage, name: string): readonly string[] {
  return headerValues(message, name).flatMap((value) => splitOutsideQuotes(value, ','))
}

/** Every Via of one field. */
export const readVias = (value: string): readonly Via[] =>
  splitOutsideQuotes(value, ',').map(parseVia)

/** Every address of one field of Contact, Route or Record-Route; `*` is none. */
export const readAddresses = (value: string): readonly NameAddress[] =>
  value === '*' ? [] : splitOutsideQuotes(value, ',').map(parseNameAddress)

const readTopVia = (value: string): Via => parseVia(splitOutsideQuotes(value, ',')[0] ?? '')

function required(message: SipMessage, name: string): SipHeader {
  const field = fieldNamed(message, name)
  if (field === undefined) throw new SipFormatError(`${name} is missing`)
  return field
}

/** What a message says, read from its header list; a header that came over the wire is read only once. */
export function topVia(message: SipMessage): Via {
  const field = required(message, 'Via')
  // The others in its field may be broken: the top one alone is asked for.
  return remembered(field, readVias)?.[0] ?? readOnce(field, readTopVia)
}
export const fromOf = (message: SipMessage) => readOnce(required(message, 'From'), parseNameAddress)
export const toOf = (message: SipMessage) => readOnce(required(message, 'To'), parseNameAddress)
export const cseqOf = (message: SipMessage) => readOnce(required(message, 'CSeq'), parseCSeq)
export const callIdOf = (message: SipMessage) => required(message, 'Call-ID').value

/** Every Via, the top one first. */
export const viasOf = (message: SipMessage) => readAll(message, 'Via', readVias)

/** Every address of Contact, Route or Record-Route; none where a Contact is `*`. */
export const addressesOf = (message: SipMessage, name: 'Contact' | 'Route' | 'Record-Route') =>
  readAll(message, name, readAddresses)

function readAll<Read>(
  { headers }: SipMessage,
  name: string,
  reader: ValueReader<readonly Read[]>,
): readonly Read[] {
  let all: readonly Read[] = []
  for (const field of headers) {
    if (!isNamed(field, name)) continue
    const values = readOnce(field, reader)
    all = all.length === 0 ? values : [...all, ...values]
  }
  return all
}

/** The first Contact; undefined when there is none or it is `*`. */
export function contactOf(message: SipMessage): NameAddress | undefined {
  const fields = fieldsNamed(message, 'Contact')
  const [field] = fields
  const known = field === undefined ? undefined : remembered(field, readAddresses)
  // With more than one field, all must be lists.
  if (known !== undefined && fields.length === 1) return known[0]
  const [first] = listValues(message, 'Contact')
  return first === undefined || first === '*' ? undefined : parseNameAddress(first)
}

/** What the far side says it is: its Server header, or its User-Agent. */
export function softwareOf(message: SipMessage): string {
  return headerValue(message, 'Server') ?? headerValue(message, 'User-Agent') ?? ''
}

/** Where a response goes (§18.2.2, RFC 3581): the connection it came on, else what the Via says. */
export function responseAddress(via: Via, from: SipAddress): SipAddress {
  if (from.transport !== 'udp' || via.parameters['rport'] !== undefined) return from
  return { ...from, port: via.port ?? 5060 }
}
