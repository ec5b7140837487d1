import { SdpFormatError, type SdpPlace } from './errors.ts'

/** Something that a lenient reading has passed over. */
export interface SdpRemark {
  readonly line: number
  readonly text: string
}

/** How deviations from the grammar are met: they end a strict reading, and are noted by a lenient one. */
export interface Reading {
  readonly strict: boolean
  /** Notes it, or throws where the reading is strict. */
  deviates(place: SdpPlace, problem: string): void
  readonly remarks: readonly SdpRemark[]
}

/** More are not kept: a body made of mistakes is not worth a list of them. */
const mostRemarks = 50

export function createReading(strict: boolean): Reading {
  const remarks: SdpRemark[] = []
  return {
    strict,
    remarks,
    deviates(place, problem) {
      if (strict) throw new SdpFormatError(problem, place)
      if (remarks.length < mostRemarks) remarks.push({ line: place.line, text: problem })
    },
  }
}

/** `x=value`. */
export interface SdpLine {
  readonly letter: string
  readonly value: string
  readonly number: number
}

/** What fits into a datagram; descriptions of calls have less than a fiftieth of it. */
const mostBytes = 65_536
const mostLines = 4000

export function readLines(body: Uint8Array, reading: Reading): readonly SdpLine[] {
  const text = decode(body, reading)
  const ended = text.split('\n')
  if (ended.length > mostLines) {
    throw new SdpFormatError(`more than ${mostLines} lines`, { line: mostLines, column: 1 })
  }
  const last = ended.pop() ?? ''
  const lines = ended.map(withoutReturn)
  if (last !== '') {
    const place = { line: lines.length + 1, column: last.length + 1 }
    reading.deviates(place, 'the last line has no CRLF')
    lines.push(withoutReturn(last))
  }
  sayLineEnds(ended, reading)
  return lines.flatMap((line, index) => splitLine(line, index + 1, reading))
}

function decode(body: Uint8Array, reading: Reading): string {
  if (body.length > mostBytes) {
    throw new SdpFormatError(`more than ${mostBytes} bytes`, { line: 1, column: 1 })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    reading.deviates({ line: 1, column: 1 }, 'it is not UTF-8; read as Latin-1')
    return latin1(body)
  }
}

function latin1(body: Uint8Array): string {
  return Array.from(body, (byte) => String.fromCharCode(byte)).join('')
}

const withoutReturn = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line)

/** Once for all of them: who ends one line so ends them all so. */
function sayLineEnds(lines: readonly string[], reading: Reading): void {
  const first = lines.findIndex((line) => !line.endsWith('\r'))
  if (first === -1) return
  const place = { line: first + 1, column: (lines[first] ?? '').length + 1 }
  reading.deviates(place, 'a line ends with LF; CRLF is expected')
}

function splitLine(line: string, number: number, reading: Reading): readonly SdpLine[] {
  const odd = line.search(/[\r\0]/)
  if (odd !== -1) {
    reading.deviates({ line: number, column: odd + 1 }, 'a lone CR or a NUL inside a line')
  }
  const clean = line.replaceAll(/[\r\0]/g, '')
  const match = /^([a-z])=(.*)$/s.exec(clean)
  if (match?.[1] !== undefined && match[2] !== undefined)
    return [{ letter: match[1], value: match[2], number }]
  const what = clean === '' ? 'an empty line' : `"${clean.slice(0, 20)}" is no line of SDP`
  reading.deviates({ line: number, column: 1 }, `${what}; a letter and "=" are expected`)
  return []
}
