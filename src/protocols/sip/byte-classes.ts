/**
 * What a byte may be part of, in the plain forms that the scanner reads by itself.
 *
 * Each class is a part of what the grammar of headers.ts, parameters.ts and uri.ts takes at that place, never more. No
 * class has a byte above 126, CR, LF or another control, so every run of a class ends at the end of its line.
 */
export const byteClass = {
  /** Method, header name: the token of RFC 3261 §25.1. */
  token: 1,
  /** Transport in Via. */
  capital: 2,
  digit: 4,
  host: 8,
  /** User part of a URI, and its password. */
  user: 16,
  /** Lower case only: another name must be lowered, and `__proto__` must not be set. */
  parameterName: 32,
  /** Neither blank, quote, bracket, separator nor what a URI could take for a user or headers. */
  parameterValue: 64,
  /** A display name without quotes. */
  display: 128,
  /** A display name within quotes, without escapes. */
  quoted: 256,
  /** All but blanks. */
  word: 512,
  /** All of a line that is plain. */
  line: 1024,
} as const

const letters = 'abcdefghijklmnopqrstuvwxyz'
const capitals = letters.toUpperCase()
const digits = '0123456789'
const alphanumeric = letters + capitals + digits
const token = `${alphanumeric}_-.!%*+\`'~`
const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')

const members: Readonly<Record<keyof typeof byteClass, string>> = {
  token,
  capital: capitals,
  digit: digits,
  host: `${alphanumeric}_.-`,
  user: `${alphanumeric}-_.!~*'()&=+$,%/:`,
  parameterName: `${letters}${digits}-.`,
  parameterValue: `${token}=:/[]()&$`,
  display: `${token} `,
  quoted: printable.replaceAll(/["\\]/g, ''),
  word: printable.trim(),
  line: `${printable}\t`,
}

function classesOfBytes(): Uint16Array {
  const classes = new Uint16Array(256)
  for (const [name, value] of Object.entries(byteClass)) {
    for (const letter of members[name as keyof typeof byteClass]) {
      const byte = letter.charCodeAt(0)
      classes[byte] = (classes[byte] ?? 0) | value
    }
  }
  return classes
}

const classes = classesOfBytes()

/** Where the run of bytes of that class ends that begins at `from`. */
export function skip(bytes: Uint8Array, from: number, wanted: number): number {
  let at = from
  while (((classes[bytes[at] ?? 0] ?? 0) & wanted) !== 0) at += 1
  return at
}
