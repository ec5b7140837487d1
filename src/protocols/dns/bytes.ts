import { DnsFormatError } from './errors.ts'
import { formatLabel, labelsOf } from './name.ts'

const pointerMark = 0xc0
const maxPointer = 0x3fff
const maxNameLength = 255

/** Reads a message from front to back; every step past `end` is a DnsFormatError. */
export interface ByteReader {
  readonly message: Uint8Array
  offset(): number
  /** How far this reader may go: the end of the message, or of the rdata it was made for. */
  readonly end: number
  u8(): number
  u16(): number
  u32(): number
  bytes(length: number): Uint8Array
  /** A character-string (RFC 1035 §3.3), one character per byte. */
  text(): string
  /** A name, decompressed; `.` is the root. */
  name(): string
  /** A reader of the next `length` bytes that still sees the whole message, for compressed names. */
  within(length: number): ByteReader
}

export function createReader(message: Uint8Array, start = 0, end = message.length): ByteReader {
  let offset = start
  const take = (length: number) => {
    const from = offset
    if (from + length > end) throw new DnsFormatError(`message ends within a field at byte ${from}`)
    offset += length
    return from
  }
  const u8 = () => message[take(1)] ?? 0
  const u16 = () => u8() * 256 + u8()
  const bytes = (length: number) => {
    const from = take(length)
    return message.slice(from, from + length)
  }
  return {
    message,
    end,
    offset: () => offset,
    u8,
    u16,
    u32: () => u16() * 65_536 + u16(),
    bytes,
    text: () => latin1(bytes(u8())),
    name() {
      const { name, next } = readName(message, offset, end)
      offset = next
      return name
    },
    within: (length) => {
      const from = take(length)
      return createReader(message, from, from + length)
    },
  }
}

/**
 * RFC 1035 §4.1.4. A pointer must point before the run of labels it ends: each jump goes
 * backwards, so there can be no loop.
 */
function readName(message: Uint8Array, start: number, end: number) {
  const labels: string[] = []
  let run = start
  let at = start
  let limit = end
  let next: number | undefined
  let length = 1
  for (let size = byteAt(message, at, limit); size > 0; size = byteAt(message, at, limit)) {
    if (size >= pointerMark) {
      next ??= at + 2
      run = pointerTarget(message, at, limit, run)
      at = run
      limit = message.length
    } else {
      labels.push(formatLabel(labelAt(message, at, limit)))
      length += size + 1
      at += size + 1
    }
    if (length > maxNameLength) throw new DnsFormatError(`name at byte ${start} is too long`)
  }
  return { name: labels.length === 0 ? '.' : labels.join('.'), next: next ?? at + 1 }
}

function pointerTarget(message: Uint8Array, at: number, limit: number, run: number): number {
  const target = (byteAt(message, at, limit) - pointerMark) * 256 + byteAt(message, at + 1, limit)
  if (target < run) return target
  throw new DnsFormatError(`the name pointer at byte ${at} points forward`)
}

function labelAt(message: Uint8Array, at: number, limit: number): Uint8Array {
  const end = at + 1 + byteAt(message, at, limit)
  if (end - at > 64) throw new DnsFormatError(`the label at byte ${at} is of an unknown kind`)
  if (end > limit) throw new DnsFormatError(`message ends within a name at byte ${at}`)
  return message.subarray(at + 1, end)
}

function byteAt(message: Uint8Array, at: number, limit: number): number {
  const byte = at < limit ? message[at] : undefined
  if (byte === undefined) throw new DnsFormatError(`message ends within a name at byte ${at}`)
  return byte
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

export interface ByteWriter {
  length(): number
  u8(value: number): void
  u16(value: number): void
  u32(value: number): void
  bytes(value: Uint8Array): void
  text(value: string): void
  /** `compressed`: only where RFC 3597 §4 allows it, i.e. owner names and the types of RFC 1035. */
  name(name: string, compressed: boolean): void
  /** Writes what `body` writes, preceded by its length. */
  sized(body: () => void): void
  result(): Uint8Array
}

export function createWriter(): ByteWriter {
  const out: number[] = []
  const known = new Map<string, number>()
  const u8 = (value: number) => {
    out.push(checked(value, 0xff))
  }
  const u16 = (value: number) => {
    checked(value, 0xffff)
    out.push(value >>> 8, value & 0xff)
  }
  const bytes = (value: Uint8Array) => {
    for (const byte of value) out.push(byte)
  }
  return {
    length: () => out.length,
    u8,
    u16,
    u32(value) {
      checked(value, 0xffff_ffff)
      u16(Math.floor(value / 65_536))
      u16(value % 65_536)
    },
    bytes,
    text(value) {
      if (value.length > 255) throw new DnsFormatError('a character-string holds at most 255 bytes')
      u8(value.length)
      for (const char of value.split('')) u8(char.charCodeAt(0))
    },
    name(name, compressed) {
      const labels = labelsOf(name)
      for (const [index, label] of labels.entries()) {
        const suffix = labels.slice(index).map(formatLabel).join('.')
        const seen = known.get(suffix)
        if (compressed && seen !== undefined) {
          u16(pointerMark * 256 + seen)
          return
        }
        if (out.length <= maxPointer && seen === undefined) known.set(suffix, out.length)
        u8(label.length)
        bytes(label)
      }
      u8(0)
    },
    sized(body) {
      const at = out.length
      u16(0)
      body()
      const size = checked(out.length - at - 2, 0xffff)
      out[at] = size >>> 8
      out[at + 1] = size & 0xff
    },
    result: () => Uint8Array.from(out),
  }
}

function checked(value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value
  throw new DnsFormatError(`${value} does not fit: a whole number from 0 to ${max} is needed`)
}
