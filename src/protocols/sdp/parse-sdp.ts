import type { SdpMedia, SdpOrigin, SdpTime, SessionDescription } from './description.ts'
import { SdpFormatError } from './errors.ts'
import {
  createReading,
  type Reading,
  readLines,
  type SdpLine,
  type SdpRemark,
} from './read-lines.ts'
import { createSection, keepOne, readShared, type Section } from './read-section.ts'
import { readMediaLine, readOrigin, readTime } from './read-values.ts'

/**
 * Reads a description by the grammar of RFC 8866, letter for letter.
 *
 * One thing is taken that the grammar has not: an `s=` without text, as RFC 3264 prints it in every example.
 *
 * @throws {SdpFormatError} and nothing else
 */
export function parseSdp(body: Uint8Array): SessionDescription {
  return read(body, createReading(true))
}

export interface SdpRead {
  readonly description: SessionDescription
  /** What is not as the grammar has it, and was taken all the same. */
  readonly remarks: readonly SdpRemark[]
}

/**
 * Reads what gateways in the field write: bare LF, missing lines, odd order, unknown lines.
 *
 * What says where media goes is never guessed: an `m=` or `c=` that can't be read refuses the whole.
 *
 * @throws {SdpFormatError} and nothing else
 */
export function readSdp(body: Uint8Array): SdpRead {
  const reading = createReading(false)
  return { description: read(body, reading), remarks: reading.remarks }
}

interface Draft {
  readonly reading: Reading
  readonly session: Section
  origin: SdpOrigin | undefined
  readonly emails: string[]
  readonly phones: string[]
  readonly times: SdpTime[]
  readonly media: { readonly line: SdpMedia; readonly number: number; readonly section: Section }[]
}

const sessionOrder = ['v', 'o', 's', 'i', 'u', 'e', 'p', 'c', 'b', 'trz', 'k', 'a']
const mediaOrder = ['i', 'c', 'b', 'k', 'a']
const required = ['v', 'o', 's', 't']

function read(body: Uint8Array, reading: Reading): SessionDescription {
  const lines = readLines(body, reading)
  if (!lines.some(({ letter }) => 'vom'.includes(letter))) {
    throw new SdpFormatError('no SDP: v=0 expected', { line: 1, column: 1 })
  }
  const draft: Draft = {
    reading,
    session: createSection(sessionOrder),
    origin: undefined,
    emails: [],
    phones: [],
    times: [],
    media: [],
  }
  for (const line of lines) readLine(draft, line)
  const end = (lines.at(-1)?.number ?? 0) + 1
  checkRequired(draft, sessionOrder.length, { line: draft.media[0]?.number ?? end, column: 1 })
  checkConnections(draft)
  return finish(draft)
}

function readLine(draft: Draft, line: SdpLine): void {
  const { reading, session } = draft
  if (line.letter === 'm') {
    const place = { line: line.number, column: 1 }
    if (draft.media.length === 0 && reading.strict) checkRequired(draft, sessionOrder.length, place)
    const section = createSection(mediaOrder)
    draft.media.push({ line: readMediaLine(line, reading), number: line.number, section })
    return
  }
  const section = draft.media.at(-1)?.section ?? session
  if (!isInOrder(draft, section, line)) return
  readShared(section, line, reading)
  if (section === session) readOfSession(draft, line)
}

/** False for a line that has no place here; it is dropped. */
function isInOrder(draft: Draft, section: Section, { letter, number }: SdpLine): boolean {
  const { reading } = draft
  const place = { line: number, column: 1 }
  const rank = section.order.findIndex((letters) => letters.includes(letter))
  if (rank === -1) {
    const where = section === draft.session ? 'in a session' : 'below m='
    reading.deviates(place, `${letter}= is no line ${where}`)
    return false
  }
  if (section === draft.session && reading.strict) checkRequired(draft, rank, place)
  if (rank < section.rank) {
    const before = section.order[section.rank]?.[0]
    reading.deviates(place, `${letter}= stands behind ${before}=; it comes before`)
  }
  section.rank = Math.max(rank, section.rank)
  section.seen.add(letter)
  return true
}

/** What must be there before a line of that rank. */
function checkRequired(
  { session, reading }: Draft,
  rank: number,
  place: { readonly line: number; readonly column: number },
): void {
  for (const letter of required) {
    const own = sessionOrder.findIndex((letters) => letters.includes(letter))
    if (own < rank && !session.seen.has(letter)) reading.deviates(place, `${letter}= is missing`)
  }
}

function readOfSession(draft: Draft, line: SdpLine): void {
  const { reading, session } = draft
  switch (line.letter) {
    case 'v':
      readVersion(line)
      keepOne(session, line, reading)
      break
    case 'o':
      keepOne(session, line, reading)
      draft.origin ??= readOrigin(line, reading)
      break
    case 's':
    case 'u':
      keepOne(session, line, reading)
      break
    case 'e':
      draft.emails.push(line.value)
      break
    case 'p':
      draft.phones.push(line.value)
      break
    case 't':
      draft.times.push(readTime(line, reading))
      break
    case 'r':
    case 'z':
      readAdjustment(draft, line)
      break
    default:
  }
}

function readVersion({ value, number }: SdpLine): void {
  if (value.trim() === '0') return
  throw new SdpFormatError('v=: version 0 expected', { line: number, column: 3 })
}

/** `r=` and `z=` belong to the `t=` above them. */
function readAdjustment({ times, reading }: Draft, { letter, value, number }: SdpLine): void {
  const place = { line: number, column: 1 }
  const time = times.pop()
  if (time === undefined) {
    reading.deviates(place, `${letter}= stands before t=`)
    return
  }
  if (letter === 'z' && time.zones !== undefined) reading.deviates(place, 'z= is there twice')
  const repeats = letter === 'r' ? [...time.repeats, value] : time.repeats
  const zones = letter === 'z' ? { zones: value } : {}
  times.push({ ...time, repeats, ...zones })
}

/** Each stream must know where its media goes (§5.7). */
function checkConnections({ session, media, reading }: Draft): void {
  if (session.connections.length > 1) {
    reading.deviates({ line: 1, column: 1 }, 'c= is there twice in the session')
  }
  if (session.connections.length > 0) return
  for (const { number, section } of media) {
    if (section.connections.length > 0) continue
    reading.deviates({ line: number, column: 1 }, 'no c= for this stream, in it or in the session')
  }
}

/** What stands in for a line that is missing says nothing: an address nobody has, times without end. */
const noOrigin: SdpOrigin = {
  username: '-',
  sessionId: '0',
  sessionVersion: '0',
  family: 'IP4',
  address: '0.0.0.0',
}
const noTime: SdpTime = { start: '0', stop: '0', repeats: [] }

function finish({ session, origin, emails, phones, times, media }: Draft): SessionDescription {
  const { single, connections, bandwidths, attributes } = session
  const [connection] = connections
  const information = single.get('i')
  const uri = single.get('u')
  const key = single.get('k')
  return {
    origin: origin ?? noOrigin,
    name: single.get('s') ?? '-',
    ...(information === undefined ? {} : { information }),
    ...(uri === undefined ? {} : { uri }),
    emails,
    phones,
    ...(connection === undefined ? {} : { connection }),
    bandwidths,
    times: times.length === 0 ? [noTime] : times,
    ...(key === undefined ? {} : { key }),
    attributes,
    media: media.map(finishMedia),
  }
}

function finishMedia({ line, section }: Draft['media'][number]): SdpMedia {
  const { single, connections, bandwidths, attributes } = section
  const title = single.get('i')
  const key = single.get('k')
  return {
    ...line,
    ...(title === undefined ? {} : { title }),
    connections,
    bandwidths,
    ...(key === undefined ? {} : { key }),
    attributes,
  }
}
