import { DnsFormatError } from './errors.ts'

export function formatIpv4(bytes: Uint8Array): string {
  return Array.from(bytes).join('.')
}

export function parseIpv4(text: string): Uint8Array {
  const parts = text.split('.')
  const fits = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))
  const bytes = parts.map(Number)
  if (!fits || bytes.some((byte) => byte > 255)) {
    throw new DnsFormatError(`"${text}" is no IPv4 address`)
  }
  return Uint8Array.from(bytes)
}

/** RFC 5952: lower case, no leading zeros, the longest (then first) run of two or more zero groups as `::`. */
export function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[index * 2] ?? 0) * 256 + (bytes[index * 2 + 1] ?? 0)).toString(16),
  )
  const { start, length } = longestZeroRun(groups)
  if (length < 2) return groups.join(':')
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`
}

function longestZeroRun(groups: readonly string[]) {
  let best = { start: 0, length: 0 }
  let start = 0
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = index + 1
    const length = index + 1 - start
    if (length > best.length) best = { start, length }
  }
  return best
}

export function parseIpv6(text: string): Uint8Array {
  const halves = text.split('::')
  const [head = [], tail = []] = halves.map(groupsOf)
  const missing = 8 - head.length - tail.length
  const fits = halves.length === 1 ? missing === 0 : halves.length === 2 && missing > 0
  const groups = [...head, ...Array<number>(Math.max(missing, 0)).fill(0), ...tail]
  if (!fits || groups.some((group) => !(group <= 0xffff))) {
    throw new DnsFormatError(`"${text}" is no IPv6 address`)
  }
  return Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff]))
}

/** Groups as numbers, NaN for what is none; a final IPv4 address is two groups (RFC 4291 §2.2). */
function groupsOf(half: string): number[] {
  if (half === '') return []
  return half.split(':').flatMap((group, index, all) => {
    if (group.includes('.') && index === all.length - 1) {
      const [a = 0, b = 0, c = 0, d = 0] = parseIpv4(group)
      return [a * 256 + b, c * 256 + d]
    }
    return [/^[0-9a-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : Number.NaN]
  })
}
