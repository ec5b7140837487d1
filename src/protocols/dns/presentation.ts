import { formatIpv6, parseIpv4, parseIpv6 } from './address.ts'
import { dnsType } from './codes.ts'
import type { DnsData, NaptrData } from './data.ts'
import { DnsFormatError } from './errors.ts'
import { normalName } from './name.ts'

/** Types whose values have a normalised text form here. */
export const textTypes = ['A', 'AAAA', 'CNAME', 'SRV', 'NAPTR', 'NS', 'TXT'] as const
export type TextType = (typeof textTypes)[number]

export const typeCode = (type: TextType): number => dnsType[type]

/** One value as people write it, normalised: equal values are equal texts. Undefined for types without such a form. */
export function formatData(data: DnsData): string | undefined {
  switch (data.kind) {
    case 'A':
    case 'AAAA':
      return data.address
    case 'CNAME':
    case 'NS':
      return normalName(data.target)
    case 'SRV':
      return `${data.priority} ${data.weight} ${data.port} ${normalName(data.target)}`
    case 'NAPTR':
      return formatNaptr(data)
    case 'TXT':
      return data.texts.map(quoted).join(' ')
    default:
      return undefined
  }
}

/** @throws {DnsFormatError} when the text is no value of that type */
export function parseData(type: TextType, text: string): DnsData {
  switch (type) {
    case 'A':
      parseIpv4(text)
      return { kind: 'A', address: text }
    case 'AAAA':
      return { kind: 'AAAA', address: formatIpv6(parseIpv6(text)) }
    case 'CNAME':
    case 'NS':
      return { kind: type, target: normalName(text) }
    case 'SRV':
      return parseSrv(text)
    case 'NAPTR':
      return parseNaptr(text)
    case 'TXT':
      return { kind: 'TXT', texts: parseTexts(text) }
  }
}

function parseSrv(text: string): DnsData {
  const match = /^(\d{1,5})\s+(\d{1,5})\s+(\d{1,5})\s+(\S+)$/.exec(text.trim())
  const [priority = 0, weight = 0, port = 0] = match?.slice(1, 4).map(Number) ?? []
  const target = match?.[4]
  if (target === undefined || Math.max(priority, weight, port) > 65_535) {
    throw new DnsFormatError(`"${text}" is no SRV value: priority, weight, port and target`)
  }
  return { kind: 'SRV', priority, weight, port, target: normalName(target) }
}

const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`

/** Texts as they stand: a server compares them byte by byte when a change is conditional (RFC 2136 §2.4.2). */
function formatNaptr({ order, preference, regexp, ...data }: NaptrData): string {
  const replacement = normalName(data.replacement)
  const words = [data.flags, data.services, regexp].map(quoted)
  return [order, preference, ...words, replacement === '' ? '.' : replacement].join(' ')
}

const naptrForm = /^(\d{1,5})\s+(\d{1,5})((?:\s+(?:"(?:[^"\\]|\\.)*"|[^\s"]+)){3})\s+(\S+)$/s

function parseNaptr(text: string): DnsData {
  const match = naptrForm.exec(text.trim())
  const [order = 0, preference = 0] = match?.slice(1, 3).map(Number) ?? []
  const words = [...(match?.[3] ?? '').matchAll(/"((?:[^"\\]|\\.)*)"|([^\s"]+)/gs)]
  const [flags = '', services = '', regexp = ''] = words.map(([, inner, bare = '']) =>
    inner === undefined ? bare : inner.replaceAll(/\\(.)/gs, '$1'),
  )
  if (match?.[4] === undefined || Math.max(order, preference) > 65_535) {
    throw new DnsFormatError(
      `"${text}" is no NAPTR value: order, preference, "flags", "service", "regexp" and replacement`,
    )
  }
  const replacement = match[4] === '.' ? '' : normalName(match[4])
  return { kind: 'NAPTR', order, preference, flags, services, regexp, replacement }
}

function parseTexts(text: string): readonly string[] {
  const texts = Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"/gs), ([, inner = '']) =>
    inner.replaceAll(/\\(.)/gs, '$1'),
  )
  return texts.length > 0 ? texts : [text]
}
