import type { SipAddress } from '../../kernel/sip-address.ts'
import { SipFormatError } from './errors.ts'
import { headerValue, headerValues, type SipMessage } from './message.ts'
import {
  formatParameters,
  parseParameters,
  type SipParameters,
  splitOutsideQuotes,
} from './parameters.ts'
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

function required(message: SipMessage, name: string): string {
  const value = headerValue(message, name)
  if (value === undefined) throw new SipFormatError(`${name} is missing`)
  return value
}

export const topVia = (message: SipMessage) =>
  parseVia(splitOutsideQuotes(required(message, 'Via'), ',')[0] ?? '')
export const fromOf = (message: SipMessage) => parseNameAddress(required(message, 'From'))
export const toOf = (message: SipMessage) => parseNameAddress(required(message, 'To'))
export const cseqOf = (message: SipMessage) => parseCSeq(required(message, 'CSeq'))
export const callIdOf = (message: SipMessage) => required(message, 'Call-ID')

/** The first Contact; undefined when there is none or it is `*`. */
export function contactOf(message: SipMessage): NameAddress | undefined {
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
