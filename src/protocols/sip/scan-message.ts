import { Buffer } from 'node:buffer'
import { byteClass, skip } from './byte-classes.ts'
import { skipEmptyLines } from './end-of-head.ts'
import { hasAt } from './known-words.ts'
import { noBody, type SipMessage, type SipRequest, type SipResponse } from './message.ts'
import {
  contentLength,
  headerNameAt,
  other,
  type Part,
  requiredBits,
  type Scan,
  singleBits,
} from './scan-header-parts.ts'
import { isBlank, mark, scanNumber, skipBlanks, skipBlanksBack } from './scan-parts.ts'
import { skipSipUri } from './scan-uri.ts'
import { scanMethod } from './scan-values.ts'
import { createHeader, createReadHeader, type SipHeader } from './sip-header.ts'

/**
 * Reads a message whose form is plain, as nearly all are, in one go over its bytes.
 *
 * What is not plain is left to the grammar (read-by-grammar.ts, headers.ts): this scanner refuses nothing. What it does
 * read is letter by letter what the grammar reads; scan-message.fuzz.test.ts compares the two.
 */
export interface Scanned {
  readonly message: SipMessage
  /** Everything that checkMessage asks has been seen to hold; else it is still to be asked. */
  readonly isSound: boolean
}

/** Longer heads are left to the grammar. */
const longestHead = 8192

/** Undefined where the message as a whole is not plain: the grammar has to read it. */
export function scanMessage(bytes: Uint8Array): Scanned | undefined {
  const scan: Scan = {
    bytes,
    text: textOf(bytes),
    at: skipEmptyLines(bytes),
    headers: [],
    seen: 0,
    isSound: true,
    cseqMethod: '',
    contentLength: undefined,
  }
  const startLine = scanStartLine(scan)
  if (startLine === undefined) return undefined
  // No line holds a CR or LF, so an empty one is the first there is.
  while (!isLineEnd(bytes, scan.at)) if (!scanHeader(scan)) return undefined
  const bodyBegins = scan.at + 2
  // Without Content-Length it is all that is there.
  const bodyEnds = bodyBegins + (scan.contentLength ?? bytes.length - bodyBegins)
  if (bodyBegins > longestHead || bodyEnds > bytes.length) return undefined
  const message = messageOf(startLine, scan.headers, bodyOf(bytes, bodyBegins, bodyEnds))
  return { message, isSound: scan.isSound && isComplete(scan, startLine) }
}

/** Where the head ends is not known yet. One letter for each byte: those above 126 are in no class, and so never plain. */
function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString('latin1', 0, longestHead)
}

const emptyBuffer = Buffer.alloc(0)

/** Of the kind that the bytes are; an empty one is always the same. */
function bodyOf(bytes: Uint8Array, begins: number, ends: number): Uint8Array {
  if (begins !== ends) return bytes.slice(begins, ends)
  return Buffer.isBuffer(bytes) ? emptyBuffer : noBody
}

function isComplete({ seen, cseqMethod }: Scan, startLine: StartLine): boolean {
  if ((seen & requiredBits) !== requiredBits) return false
  return startLine.kind === 'response' || startLine.method === cseqMethod
}

type StartLine =
  | Pick<SipRequest, 'kind' | 'method' | 'uri'>
  | Pick<SipResponse, 'kind' | 'status' | 'reason'>

function messageOf(
  startLine: StartLine,
  headers: readonly SipHeader[],
  body: Uint8Array,
): SipMessage {
  if (startLine.kind === 'response') {
    const { kind, status, reason } = startLine
    return { kind, status, reason, headers, body }
  }
  const { kind, method, uri } = startLine
  return { kind, method, uri, headers, body }
}

const ourVersion = new TextEncoder().encode('SIP/2.0')

/** The first line; a Request-URI in it is plain, and so good. */
function scanStartLine(scan: Scan): StartLine | undefined {
  const startLine = hasAt(scan.bytes, scan.at, ourVersion)
    ? scanStatusLine(scan)
    : scanRequestLine(scan)
  return startLine !== undefined && passLineEnd(scan) ? startLine : undefined
}

function scanRequestLine(scan: Scan): StartLine | undefined {
  const { bytes, text } = scan
  const method = scanMethod(scan)
  if (method === undefined || bytes[scan.at] !== mark.space) return undefined
  const begins = scan.at + 1
  const ends = skipSipUri(scan, begins)
  if (ends === undefined || bytes[ends] !== mark.space) return undefined
  if (!hasAt(bytes, ends + 1, ourVersion)) return undefined
  scan.at = ends + 1 + ourVersion.length
  return { kind: 'request', method, uri: text.slice(begins, ends) }
}

function scanStatusLine(scan: Scan): StartLine | undefined {
  const { bytes, text } = scan
  scan.at += ourVersion.length
  if (bytes[scan.at] !== mark.space) return undefined
  scan.at += 1
  const digits = scan.at
  const status = scanNumber(scan, 3)
  // Three digits, 100 to 699; two or one are below.
  if (status === undefined || scan.at - digits !== 3 || status < 100 || status > 699)
    return undefined
  if (bytes[scan.at] !== mark.space) return { kind: 'response', status, reason: '' }
  const begins = scan.at + 1
  scan.at = skip(bytes, begins, byteClass.line)
  return { kind: 'response', status, reason: text.slice(begins, scan.at) }
}

/** Whether the line ends here; then we are on the next. */
function passLineEnd(scan: Scan): boolean {
  if (!isLineEnd(scan.bytes, scan.at)) return false
  scan.at += 2
  return true
}

const isLineEnd = (bytes: Uint8Array, at: number) =>
  bytes[at] === mark.carriageReturn && bytes[at + 1] === mark.lineFeed

function scanHeader(scan: Scan): boolean {
  const { bytes, at } = scan
  const colon = skip(bytes, at, byteClass.token)
  if (colon === at || bytes[colon] !== mark.colon) return false
  const { name, part } = headerNameAt(scan, colon)
  // Twice is an error, now or in checkMessage.
  if ((scan.seen & part.bit & singleBits) !== 0) return false
  scan.seen |= part.bit
  scan.at = skipBlanks(bytes, colon + 1)
  return scanValue(scan, name, part)
}

/** The value at the cursor, up to the next header. */
function scanValue(scan: Scan, name: string, part: Part): boolean {
  const { bytes, text } = scan
  const begins = scan.at
  const read = part.scan(scan)
  const isPlain = read !== undefined && bytes[scan.at] === mark.carriageReturn
  const lineEnd = isPlain ? scan.at : skip(bytes, begins, byteClass.line)
  if (!isLineEnd(bytes, lineEnd)) return false
  scan.at = lineEnd + 2
  if (isPlain && !isBlank(bytes[scan.at])) {
    scan.headers.push(headerOf(name, text.slice(begins, lineEnd), part, read))
    return true
  }
  if (part !== other) scan.isSound = false
  // The body's length is needed now.
  if (part === contentLength) return false
  const value = unfolded(scan, begins, lineEnd)
  if (value !== undefined) scan.headers.push(createHeader(name, value))
  return value !== undefined
}

function headerOf(name: string, value: string, { reader }: Part, read: unknown): SipHeader {
  return reader === undefined
    ? createHeader(name, value)
    : createReadHeader(name, value, reader, read)
}

/**
 * A value that was not read, without the blanks around it. A line that begins with a blank continues the one before
 * (§7.3.1): one blank stands for the line end and the blanks after it.
 */
function unfolded(scan: Scan, begins: number, firstEnd: number): string | undefined {
  const { bytes, text } = scan
  if (!isBlank(bytes[scan.at])) {
    return text.slice(begins, skipBlanksBack(bytes, firstEnd, begins))
  }
  let value = text.slice(begins, firstEnd)
  while (isBlank(bytes[scan.at])) {
    const lineEnd = skip(bytes, scan.at, byteClass.line)
    if (!isLineEnd(bytes, lineEnd)) return undefined
    value += ` ${text.slice(scan.at, lineEnd).trim()}`
    scan.at = lineEnd + 2
  }
  return value.trim()
}
