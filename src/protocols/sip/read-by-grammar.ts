import { endOfHead, skipEmptyLines } from './end-of-head.ts'
import { SipFormatError } from './errors.ts'
import { canonicalHeaderName } from './header-names.ts'
import type { SipMessage, SipRequest, SipResponse } from './message.ts'
import { createHeader, type SipHeader } from './sip-header.ts'

/** Takes any message apart, plain or not, as RFC 3261 §25 says; refuses what can't be. */
export function readByGrammar(bytes: Uint8Array): SipMessage {
  const start = skipEmptyLines(bytes)
  const end = endOfHead(bytes, start)
  if (end === undefined) throw new SipFormatError('the headers do not end')
  const [startLine = '', ...lines] = decode(bytes.subarray(start, end)).split('\r\n')
  const headers = readHeaders(lines)
  const head = readStartLine(startLine)
  return { ...head, headers, body: readBody(bytes.subarray(end + 4), { headers }) }
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
    headers.push(createHeader(canonicalHeaderName(match[1] ?? ''), (match[2] ?? '').trim()))
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
