import { DnsFormatError } from './errors.ts'

const dot = 0x2e
const backslash = 0x5c
const encoder = new TextEncoder()

/** Names as nearly all are, host names and service names: nothing in them is escaped. */
const plainName = /^[\w-]{1,63}(?:\.[\w-]{1,63})*\.?$/
/** Of a name in text form without its final dot: 255 bytes, less the first length and the root's. */
const longestText = 253

/** Such a name without its final dot; undefined when it is another, or too long. */
function readPlain(name: string): string | undefined {
  if (!plainName.test(name)) return undefined
  const text = name.endsWith('.') ? name.slice(0, -1) : name
  return text.length <= longestText ? text : undefined
}

/** One label as text, escaped as RFC 4343 §2.1 says: `\.`, `\\`, `\032`. */
export function formatLabel(label: Uint8Array): string {
  let text = ''
  for (const byte of label) text += formatByte(byte)
  return text
}

function formatByte(byte: number): string {
  if (byte === dot || byte === backslash) return `\\${String.fromCharCode(byte)}`
  if (byte > 0x20 && byte < 0x7f) return String.fromCharCode(byte)
  return `\\${String(byte).padStart(3, '0')}`
}

/**
 * The labels of a name in text form, with or without the final dot.
 *
 * @throws {DnsFormatError} when it is no name: an empty or too long label, more than 255 bytes
 */
export function labelsOf(name: string): readonly Uint8Array[] {
  if (name === '' || name === '.') return []
  const plain = readPlain(name)
  if (plain !== undefined) return plain.split('.').map((label) => encoder.encode(label))
  const parts = name.matchAll(/((?:[^.\\]|\\\d{3}|\\\D)+)(\.|$)/gsy)
  const labels: Uint8Array[] = []
  let read = 0
  for (const [whole, label = ''] of parts) {
    labels.push(parseLabel(label, name))
    read += whole.length
  }
  const length = labels.reduce((sum, label) => sum + label.length + 1, 1)
  if (read !== name.length || length > 255) throw new DnsFormatError(`"${name}" is no DNS name`)
  return labels
}

function parseLabel(text: string, name: string): Uint8Array {
  const bytes = Array.from(
    text.matchAll(/\\(\d{3})|\\(\D)|([^\\])/gs),
    ([, code, escaped, plain]) =>
      code === undefined ? (escaped ?? plain ?? '').charCodeAt(0) : Number(code),
  )
  const fits = bytes.length > 0 && bytes.length <= 63 && bytes.every((byte) => byte <= 0xff)
  if (!fits) throw new DnsFormatError(`"${name}" is no DNS name: its label "${text}" doesn't fit`)
  return Uint8Array.from(bytes)
}

/** Lower case, without the final dot; the root stays `.`. Names are compared in this form. */
export function normalName(name: string): string {
  const plain = readPlain(name)
  if (plain !== undefined) return plain.toLowerCase()
  const labels = labelsOf(name).map((label) => formatLabel(label).replaceAll(/[A-Z]/g, lower))
  return labels.length === 0 ? '.' : labels.join('.')
}

const lower = (letter: string) => letter.toLowerCase()

export function sameName(a: string, b: string): boolean {
  return normalName(a) === normalName(b)
}

/** Whether `name` is `zone` or lies below it. */
export function isWithin(name: string, zone: string): boolean {
  const inner = normalName(name)
  const outer = normalName(zone)
  return outer === '.' || inner === outer || inner.endsWith(`.${outer}`)
}
