export function formatIpv4(bytes: Uint8Array): string {
  return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`
}

/** Four bytes; undefined when the text is no IPv4 address, leading zeros included: some read them as octal. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  const fits = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))
  const bytes = parts.map(Number)
  return fits && bytes.every((byte) => byte <= 255) ? Uint8Array.from(bytes) : undefined
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

/** Sixteen bytes; undefined when the text is no IPv6 address. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  const [head = [], tail = []] = halves.map(groupsOf)
  const missing = 8 - head.length - tail.length
  const fits = halves.length === 1 ? missing === 0 : halves.length === 2 && missing > 0
  const groups = [...head, ...Array<number>(Math.max(missing, 0)).fill(0), ...tail]
  if (!fits || groups.some((group) => !(group <= 0xffff))) return undefined
  return Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff]))
}

/** Groups as numbers, NaN for what is none; a final IPv4 address is two groups (RFC 4291 §2.2). */
function groupsOf(half: string): number[] {
  if (half === '') return []
  return half.split(':').flatMap((group, index, all) => {
    if (group.includes('.') && index === all.length - 1) {
      const [a = Number.NaN, b = 0, c = 0, d = 0] = parseIpv4(group) ?? []
      return [a * 256 + b, c * 256 + d]
    }
    return [/^[0-9a-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : Number.NaN]
  })
}

/** Four or sixteen bytes of either kind; IPv4 written as IPv6 (`::ffff:10.0.0.1`) is IPv4, as sockets mean it. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  const bytes = parseIpv4(text) ?? parseIpv6(text)
  if (bytes?.length !== 16) return bytes
  const isMapped = bytes.subarray(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 0xff))
  return isMapped ? bytes.slice(12) : bytes
}

export function formatIpAddress(bytes: Uint8Array): string {
  return bytes.length === 4 ? formatIpv4(bytes) : formatIpv6(bytes)
}
