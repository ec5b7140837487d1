import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './address.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { dnsClass, dnsType } from './codes.ts'
import { DnsFormatError } from './errors.ts'

/** What a record says. Names as in the message, without the final dot; texts hold one character per byte. */
export type DnsData =
  | { readonly kind: 'A' | 'AAAA'; readonly address: string }
  | { readonly kind: 'CNAME' | 'NS' | 'PTR'; readonly target: string }
  | SrvData
  | SoaData
  | { readonly kind: 'TXT'; readonly texts: readonly string[] }
  | NaptrData
  | { readonly kind: 'OPT'; readonly options: Uint8Array }
  | TsigData
  /** No rdata at all: conditions and deletions of an UPDATE (RFC 2136 §2.4, §2.5). */
  | { readonly kind: 'empty' }
  /** A type that is not read here, kept as it came. */
  | { readonly kind: 'other'; readonly bytes: Uint8Array }

export interface SrvData {
  readonly kind: 'SRV'
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: string
}

export interface SoaData {
  readonly kind: 'SOA'
  readonly primary: string
  readonly mailbox: string
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  /** With the record's own TTL, how long "there is no such record" is cached (RFC 2308 §5). */
  readonly minimum: number
}

export interface NaptrData {
  readonly kind: 'NAPTR'
  readonly order: number
  readonly preference: number
  readonly flags: string
  readonly services: string
  readonly regexp: string
  readonly replacement: string
}

export interface TsigData {
  readonly kind: 'TSIG'
  readonly algorithm: string
  /** Seconds since 1970. */
  readonly timeSigned: number
  readonly fudge: number
  readonly mac: Uint8Array
  readonly originalId: number
  readonly error: number
  readonly other: Uint8Array
}

/** Reads the rdata that fills `reader`; the caller checks that nothing is left. */
export function readData(type: number, recordClass: number, reader: ByteReader): DnsData {
  const length = reader.end - reader.offset()
  const isCondition = recordClass === dnsClass.ANY || recordClass === dnsClass.NONE
  if (length === 0 && isCondition) return { kind: 'empty' }
  const read = readers.get(type)
  return read === undefined ? { kind: 'other', bytes: reader.bytes(length) } : read(reader, length)
}

const readers = new Map<number, (reader: ByteReader, length: number) => DnsData>([
  [dnsType.A, (reader) => ({ kind: 'A', address: formatIpv4(reader.bytes(4)) })],
  [dnsType.AAAA, (reader) => ({ kind: 'AAAA', address: formatIpv6(reader.bytes(16)) })],
  [dnsType.CNAME, (reader) => ({ kind: 'CNAME', target: reader.name() })],
  [dnsType.NS, (reader) => ({ kind: 'NS', target: reader.name() })],
  [dnsType.PTR, (reader) => ({ kind: 'PTR', target: reader.name() })],
  [dnsType.SRV, readSrv],
  [dnsType.SOA, readSoa],
  [dnsType.TXT, (reader) => ({ kind: 'TXT', texts: readTexts(reader) })],
  [dnsType.NAPTR, readNaptr],
  [dnsType.OPT, (reader, length) => ({ kind: 'OPT', options: reader.bytes(length) })],
  [dnsType.TSIG, readTsig],
])

function readSrv(reader: ByteReader): SrvData {
  const [priority, weight, port] = [reader.u16(), reader.u16(), reader.u16()]
  return { kind: 'SRV', priority, weight, port, target: reader.name() }
}

function readSoa(reader: ByteReader): SoaData {
  const [primary, mailbox] = [reader.name(), reader.name()]
  const [serial, refresh, retry] = [reader.u32(), reader.u32(), reader.u32()]
  const [expire, minimum] = [reader.u32(), reader.u32()]
  return { kind: 'SOA', primary, mailbox, serial, refresh, retry, expire, minimum }
}

function readTexts(reader: ByteReader): readonly string[] {
  const texts = [reader.text()]
  while (reader.offset() < reader.end) texts.push(reader.text())
  return texts
}

function readNaptr(reader: ByteReader): NaptrData {
  const [order, preference] = [reader.u16(), reader.u16()]
  const [flags, services, regexp] = [reader.text(), reader.text(), reader.text()]
  const replacement = reader.name()
  return { kind: 'NAPTR', order, preference, flags, services, regexp, replacement }
}

function readTsig(reader: ByteReader): TsigData {
  const algorithm = reader.name()
  const timeSigned = reader.u16() * 2 ** 32 + reader.u32()
  const fudge = reader.u16()
  const mac = reader.bytes(reader.u16())
  const [originalId, error] = [reader.u16(), reader.u16()]
  const other = reader.bytes(reader.u16())
  return { kind: 'TSIG', algorithm, timeSigned, fudge, mac, originalId, error, other }
}

export function writeData(data: DnsData, writer: ByteWriter): void {
  switch (data.kind) {
    case 'A':
      writer.bytes(parseIpv4(data.address))
      return
    case 'AAAA':
      writer.bytes(parseIpv6(data.address))
      return
    case 'CNAME':
    case 'NS':
    case 'PTR':
      writer.name(data.target, true)
      return
    case 'SRV':
      for (const value of [data.priority, data.weight, data.port]) writer.u16(value)
      // RFC 2782: the target is not compressed
      writer.name(data.target, false)
      return
    case 'SOA':
      writeSoa(data, writer)
      return
    case 'TXT':
      if (data.texts.length === 0) throw new DnsFormatError('a TXT record holds at least one text')
      for (const text of data.texts) writer.text(text)
      return
    case 'NAPTR':
      writeNaptr(data, writer)
      return
    case 'TSIG':
      writeTsig(data, writer)
      return
    case 'OPT':
      writer.bytes(data.options)
      return
    case 'other':
      writer.bytes(data.bytes)
      return
    case 'empty':
  }
}

function writeSoa(data: SoaData, writer: ByteWriter): void {
  writer.name(data.primary, true)
  writer.name(data.mailbox, true)
  const { serial, refresh, retry, expire, minimum } = data
  for (const value of [serial, refresh, retry, expire, minimum]) writer.u32(value)
}

function writeNaptr(data: NaptrData, writer: ByteWriter): void {
  writer.u16(data.order)
  writer.u16(data.preference)
  for (const text of [data.flags, data.services, data.regexp]) writer.text(text)
  writer.name(data.replacement, false)
}

function writeTsig(data: TsigData, writer: ByteWriter): void {
  writer.name(data.algorithm, false)
  writer.u16(Math.floor(data.timeSigned / 2 ** 32))
  writer.u32(data.timeSigned % 2 ** 32)
  writer.u16(data.fudge)
  writer.sized(() => writer.bytes(data.mac))
  writer.u16(data.originalId)
  writer.u16(data.error)
  writer.sized(() => writer.bytes(data.other))
}
