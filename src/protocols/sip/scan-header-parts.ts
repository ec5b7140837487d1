import { byteClass, skip } from './byte-classes.ts'
import { canonicalHeaderName, usualHeaderNames } from './header-names.ts'
import { parseCSeq, parseNameAddress, readAddresses, readVias } from './headers.ts'
import { createKnownWords } from './known-words.ts'
import { type Cursor, scanNumber } from './scan-parts.ts'
import { scanAddress, scanAddresses, scanCSeq, scanVias } from './scan-values.ts'
import type { SipHeader, ValueReader } from './sip-header.ts'

/** How far a message has been scanned, and what was seen of it. */
export interface Scan extends Cursor {
  readonly headers: SipHeader[]
  /** Bits of the parts that were there. */
  seen: number
  /** So far every part was plain and good. */
  isSound: boolean
  /** Method of CSeq. */
  cseqMethod: string
  /** Undefined without that header. */
  contentLength: number | undefined
}

/** What a header is to the message. */
export interface Part {
  /** So that those that were there are one number. */
  readonly bit: number
  /** Reads the value at the cursor; undefined where it is not plain, or checkMessage might refuse it. */
  readonly scan: (scan: Scan) => unknown
  /** What was scanned is what this would read from the value. */
  readonly reader: ValueReader<unknown> | undefined
}

function read<Read>(
  bit: number,
  reader: ValueReader<Read>,
  scan: (scan: Scan) => Read | undefined,
): Part {
  return { bit, reader, scan }
}

const seen = (bit: number, scan: Part['scan']): Part => ({ bit, scan, reader: undefined })

/** Kept as text, and not looked at. */
export const other = seen(0, () => undefined)

const via = read(1, readVias, scanVias)
const from = read(2, parseNameAddress, scanAddress)
const to = read(4, parseNameAddress, scanAddress)
const callId = seen(8, scanCallId)
const cseq = read(16, parseCSeq, (scan) => {
  const value = scanCSeq(scan)
  scan.cseqMethod = value?.method ?? ''
  return value
})
const maxForwards = seen(32, (scan) => {
  const hops = scanNumber(scan, 10)
  return hops !== undefined && hops <= 255 ? hops : undefined
})
export const contentLength = seen(64, (scan) => {
  const length = scanNumber(scan, 10)
  scan.contentLength = length
  return length
})
const addresses = read(128, readAddresses, scanAddresses)

/** Present in every message. */
export const requiredBits = via.bit | from.bit | to.bit | callId.bit | cseq.bit
/** An error where one is there twice. */
export const singleBits =
  from.bit | to.bit | callId.bit | cseq.bit | maxForwards.bit | contentLength.bit

function scanCallId(cursor: Cursor): true | undefined {
  const begins = cursor.at
  cursor.at = skip(cursor.bytes, begins, byteClass.word)
  return cursor.at === begins ? undefined : true
}

const parts: ReadonlyMap<string, Part> = new Map([
  ['Via', via],
  ['From', from],
  ['To', to],
  ['Call-ID', callId],
  ['CSeq', cseq],
  ['Max-Forwards', maxForwards],
  ['Content-Length', contentLength],
  ['Contact', addresses],
  ['Route', addresses],
  ['Record-Route', addresses],
])

export interface HeaderName {
  readonly name: string
  readonly part: Part
}

/** What a name means, however it is written. */
function meaningOf(written: string): HeaderName {
  const name = canonicalHeaderName(written)
  return { name, part: parts.get(name) ?? other }
}

const known = createKnownWords(usualHeaderNames.map((name) => [name, meaningOf(name)]))

/** What the name means that stands from the cursor to before `end`. */
export function headerNameAt({ bytes, text, at }: Cursor, end: number): HeaderName {
  return known.find(bytes, at, end) ?? meaningOf(text.slice(at, end))
}
