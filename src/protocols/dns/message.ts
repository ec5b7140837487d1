import { type ByteReader, type ByteWriter, createReader, createWriter } from './bytes.ts'
import { dnsClass, dnsOpcode, dnsRcode, dnsType } from './codes.ts'
import { type DnsData, readData, writeData } from './data.ts'
import { DnsFormatError } from './errors.ts'

export interface DnsQuestion {
  readonly name: string
  readonly type: number
  readonly class: number
}

export interface DnsRecord {
  readonly name: string
  readonly type: number
  readonly class: number
  readonly ttl: number
  readonly data: DnsData
}

export interface DnsFlags {
  /** QR */
  readonly response: boolean
  /** AA */
  readonly authoritative: boolean
  /** TC */
  readonly truncated: boolean
  /** RD */
  readonly recursionDesired: boolean
  /** RA */
  readonly recursionAvailable: boolean
}

/**
 * One DNS message. In an UPDATE (RFC 2136 §2.2) `questions` is the zone, `answers` the conditions and
 * `authority` the changes.
 */
export interface DnsMessage {
  readonly id: number
  readonly opcode: number
  readonly rcode: number
  readonly flags: DnsFlags
  readonly questions: readonly DnsQuestion[]
  readonly answers: readonly DnsRecord[]
  readonly authority: readonly DnsRecord[]
  readonly additional: readonly DnsRecord[]
}

/** Bytes of the header, and where in it the number of additional records stands. */
export const headerLength = 12
export const additionalCountOffset = 10

const bits = {
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
} as const

const noFlags: DnsFlags = {
  response: false,
  authoritative: false,
  truncated: false,
  recursionDesired: false,
  recursionAvailable: false,
}

/** A question to a server. `recursionDesired` is for resolvers: an authoritative server is asked without. */
export function dnsQuery(
  id: number,
  name: string,
  type: number,
  options: { readonly recursionDesired: boolean },
): DnsMessage {
  return {
    id,
    opcode: dnsOpcode.QUERY,
    rcode: dnsRcode.NOERROR,
    flags: { ...noFlags, ...options },
    questions: [{ name, type, class: dnsClass.IN }],
    answers: [],
    authority: [],
    additional: [],
  }
}

/** An answer to `request`: same id, opcode and question, no records unless given. */
export function dnsResponse(
  request: DnsMessage,
  answer: Partial<Omit<DnsMessage, 'id' | 'opcode' | 'questions' | 'flags'>> & {
    readonly flags?: Partial<DnsFlags>
  },
): DnsMessage {
  const { recursionDesired } = request.flags
  return {
    id: request.id,
    opcode: request.opcode,
    rcode: answer.rcode ?? dnsRcode.NOERROR,
    flags: { ...noFlags, recursionDesired, ...answer.flags, response: true },
    questions: request.questions,
    answers: answer.answers ?? [],
    authority: answer.authority ?? [],
    additional: answer.additional ?? [],
  }
}

export function encodeMessage(message: DnsMessage): Uint8Array {
  const writer = createWriter()
  writer.u16(message.id)
  writer.u16(headerBits(message))
  const sections = [message.answers, message.authority, message.additional]
  for (const section of [message.questions, ...sections]) writer.u16(section.length)
  for (const question of message.questions) {
    writer.name(question.name, true)
    writer.u16(question.type)
    writer.u16(question.class)
  }
  for (const record of sections.flat()) writeRecord(record, writer)
  return writer.result()
}

function headerBits({ flags, opcode, rcode }: DnsMessage): number {
  if (opcode > 15 || rcode > 15) throw new DnsFormatError('opcode and rcode have four bits each')
  return Object.entries(bits).reduce(
    (sum, [flag, bit]) => (flags[flag as keyof DnsFlags] ? sum + bit : sum),
    opcode * 2048 + rcode,
  )
}

function writeRecord(record: DnsRecord, writer: ByteWriter): void {
  // RFC 8945 §4.2: nothing in a TSIG record is compressed, or taking it off would change what was signed
  writer.name(record.name, record.type !== dnsType.TSIG)
  writer.u16(record.type)
  writer.u16(record.class)
  writer.u32(record.ttl)
  writer.sized(() => writeData(record.data, writer))
}

/** @throws {DnsFormatError} and nothing else, whatever the bytes are */
export function decodeMessage(bytes: Uint8Array): DnsMessage {
  return decodeLocated(bytes).message
}

/** The message, and where its last record begins: a TSIG is always the last one and is taken off there. */
export function decodeLocated(bytes: Uint8Array): {
  readonly message: DnsMessage
  readonly lastRecordStart: number
} {
  const reader = createReader(bytes)
  const id = reader.u16()
  const header = reader.u16()
  const [qd, an, ns, ar] = [reader.u16(), reader.u16(), reader.u16(), reader.u16()]
  const questions = times(qd, () => readQuestion(reader))
  let lastRecordStart = bytes.length
  const records = (count: number) =>
    times(count, () => {
      lastRecordStart = reader.offset()
      return readRecord(reader)
    })
  const [answers, authority, additional] = [records(an), records(ns), records(ar)]
  if (reader.offset() !== bytes.length) {
    throw new DnsFormatError(`${bytes.length - reader.offset()} bytes follow the message`)
  }
  const message: DnsMessage = {
    id,
    opcode: (header >>> 11) & 15,
    rcode: header & 15,
    flags: readFlags(header),
    questions,
    answers,
    authority,
    additional,
  }
  return { message, lastRecordStart }
}

function times<T>(count: number, read: () => T): readonly T[] {
  return Array.from({ length: count }, read)
}

function readFlags(header: number): DnsFlags {
  return {
    response: (header & bits.response) !== 0,
    authoritative: (header & bits.authoritative) !== 0,
    truncated: (header & bits.truncated) !== 0,
    recursionDesired: (header & bits.recursionDesired) !== 0,
    recursionAvailable: (header & bits.recursionAvailable) !== 0,
  }
}

function readQuestion(reader: ByteReader): DnsQuestion {
  return { name: reader.name(), type: reader.u16(), class: reader.u16() }
}

function readRecord(reader: ByteReader): DnsRecord {
  const [name, type, recordClass, ttl] = [reader.name(), reader.u16(), reader.u16(), reader.u32()]
  const rdata = reader.within(reader.u16())
  const data = readData(type, recordClass, rdata)
  if (rdata.offset() !== rdata.end) {
    throw new DnsFormatError(`${name}: the record is longer than its data`)
  }
  // RFC 2181 §8: a TTL with the top bit set counts as zero; OPT keeps flags there (RFC 6891 §6.1.3)
  return {
    name,
    type,
    class: recordClass,
    ttl: ttl > 0x7fff_ffff && type !== dnsType.OPT ? 0 : ttl,
    data,
  }
}
