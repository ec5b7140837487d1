import { formatIpv6, parseIpv4, parseIpv6 } from './address.ts'
import { dnsType } from './codes.ts'
import type { DnsData } from './data.ts'
import { DnsFormatError } from './errors.ts'
import { normalName } from './name.ts'

/** Types whose values have a normalised text form here. */
export const textTypes = ['A', 'AAAA', 'CNAME', 'SRV', 'NS', 'TXT'] as const
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
    case 'TXT':
      return data.texts.map((text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`).join(' ')
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

function parseTexts(text: string): readonly string[] {
  const texts = Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"/gs), ([, quoted = '']) =>
    quoted.replaceAll(/\\(.)/gs, '$1'),
  )
  return texts.length > 0 ? texts : [text]
}
