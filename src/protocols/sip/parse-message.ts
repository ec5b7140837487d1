import { SipFormatError } from './errors.ts'
import { canonicalHeaderName } from './header-names.ts'
import {
  callIdOf,
  cseqOf,
  fromOf,
  listValues,
  parseNameAddress,
  parseVia,
  toOf,
} from './headers.ts'
import {
  headerValue,
  headerValues,
  type SipHeader,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './message.ts'
import { parseUri } from './uri.ts'

const carriageReturn = 13
const lineFeed = 10

/**
 * Reads one whole message: what a datagram held, or what the stream framing cut out.
 *
 * Bytes after the body that Content-Length names are not looked at (RFC 3261 §18.3).
 *
 * @throws {SipFormatError} and nothing else, whatever the bytes are
 */
export function parseMessage(bytes: Uint8Array): SipMessage {
  const message = readMessage(bytes)
  checkMessage(message)
  return message
}

/** Takes the message apart without judging its headers: enough to answer 400 to what is wrong in them. */
export function readMessage(bytes: Uint8Array): SipMessage {
  const start = skipEmptyLines(bytes)
  const end = endOfHead(bytes, start)
  if (end === undefined) throw new SipFormatError('the headers do not end')
  const [startLine = '', ...lines] = decode(bytes.subarray(start, end)).split('\r\n')
  const headers = readHeaders(lines)
  const head = readStartLine(startLine)
  return { ...head, headers, body: readBody(bytes.subarray(end + 4), { headers }) }
}

/** What every request and response must carry, readable and once (§8.1.1, §20). */
export function checkMessage(message: SipMessage): void {
  checkSingleHeaders(message)
  checkLists(message)
  fromOf(message)
  toOf(message)
  if (callIdOf(message) === '') throw new SipFormatError('Call-ID is empty')
  const cseq = cseqOf(message)
  if (message.kind === 'response') return
  if (cseq.method !== message.method) {
    throw new SipFormatError(`CSeq says ${cseq.method}, the request is ${message.method}`)
  }
  checkMaxForwards(headerValue(message, 'Max-Forwards'))
  parseUri(message.uri)
}

function checkSingleHeaders(message: SipMessage): void {
  for (const name of ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Length']) {
    if (headerValues(message, name).length > 1) throw new SipFormatError(`${name} is there twice`)
  }
}

function checkLists(message: SipMessage): void {
  const vias = listValues(message, 'Via')
  if (vias.length === 0) throw new SipFormatError('Via is missing')
  for (const via of vias) parseVia(via)
  for (const name of ['Contact', 'Route', 'Record-Route']) {
    for (const value of listValues(message, name)) if (value !== '*') parseNameAddress(value)
  }
}

function checkMaxForwards(value: string | undefined): void {
  if (value === undefined) return
  if (!/^\d{1,10}$/.test(value) || Number(value) > 255) {
    throw new SipFormatError('Max-Forwards is not 0 to 255', { text: value })
  }
}

/** Empty lines before a message are keep-alives or slips (§7.5). */
function skipEmptyLines(bytes: Uint8Array): number {
  let index = 0
  while (bytes[index] === carriageReturn && bytes[index + 1] === lineFeed) index += 2
  return index
}

/** Where the empty line begins that ends the headers; undefined when it isn't there. */
export function endOfHead(bytes: Uint8Array, start: number): number | undefined {
  let index = bytes.indexOf(carriageReturn, start)
  while (index !== -1) {
    const ends =
      bytes[index + 1] === lineFeed &&
      bytes[index + 2] === carriageReturn &&
      bytes[index + 3] === lineFeed
    if (ends) return index
    index = bytes.indexOf(carriageReturn, index + 1)
  }
  return undefined
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new SipFormatError('the headers are not UTF-8', { cause })
  }
}

type StartLine =
  | Pick<SipRequest, 'kind' | 'method' | 'uri'>
  | Pick<SipResponse, 'kind' | 'status' | 'reason'>

const requestLine = /^([\w\-.!%*+`'~]+) (\S+) (SIP\/\S+)$/i
const statusLine = /^(SIP\/\S+) (\d{3})(?: (.*))?$/is

function readStartLine(line: string): StartLine {
  const status = statusLine.exec(line)
  if (status !== null) {
    checkVersion(status[1])
    return { kind: 'response', status: readStatus(status[2]), reason: status[3] ?? '' }
  }
  const request = requestLine.exec(line)
  if (request === null) throw new SipFormatError('the first line is no SIP', { text: line })
  checkVersion(request[3])
  return { kind: 'request', method: request[1] ?? '', uri: request[2] ?? '' }
}

function checkVersion(version: string | undefined): void {
  if (version?.toUpperCase() === 'SIP/2.0') return
  throw new SipFormatError('another version of SIP', { text: version ?? '', status: 505 })
}

function readStatus(digits: string | undefined): number {
  const status = Number(digits)
  if (status < 100 || status > 699) throw new SipFormatError(`status ${status} is none of SIP's`)
  return status
}

const headerForm = /^([\w\-.!%*+`'~]+)[ \t]*:(.*)$/s

function readHeaders(lines: readonly string[]): readonly SipHeader[] {
  const headers: SipHeader[] = []
  for (const line of unfold(lines)) {
    const match = headerForm.exec(line)
    if (match === null) throw new SipFormatError('a header has no name', { text: line })
    headers.push({ name: canonicalHeaderName(match[1] ?? ''), value: (match[2] ?? '').trim() })
  }
  return headers
}

/** A line that begins with a blank continues the one before (§7.3.1). */
function unfold(lines: readonly string[]): readonly string[] {
  const whole: string[] = []
  for (const line of lines) {
    if (/[\r\n]/.test(line)) throw new SipFormatError('a lone CR or LF in a header', { text: line })
    const previous = whole.at(-1)
    if (!/^[ \t]/.test(line)) whole.push(line)
    else if (previous === undefined) throw new SipFormatError('a header begins with a blank')
    else whole[whole.length - 1] = `${previous} ${line.trim()}`
  }
  return whole
}

/** Content-Length as a number; undefined where the header is not there. */
function contentLength(message: Pick<SipMessage, 'headers'>): number | undefined {
  const values = message.headers.filter((header) => header.name === 'Content-Length')
  if (values.length > 1) throw new SipFormatError('Content-Length is there twice')
  const value = values[0]?.value
  if (value === undefined) return undefined
  if (!/^\d{1,10}$/.test(value))
    throw new SipFormatError('Content-Length is no number', { text: value })
  return Number(value)
}

/** Without Content-Length the body goes to the end of the datagram (§18.3). */
function readBody(rest: Uint8Array, message: Pick<SipMessage, 'headers'>): Uint8Array {
  const length = contentLength(message)
  if (length === undefined) return rest.slice()
  if (length > rest.length) {
    throw new SipFormatError(`Content-Length is ${length}, the body has ${rest.length} bytes`)
  }
  return rest.slice(0, length)
}
