import type { RecordSet, RecordType } from '../../features/dns-control/index.ts'
import type { RecordName } from '../../kernel/ids.ts'
import { seconds } from '../../kernel/units.ts'
import { dnsClass } from '../../protocols/dns/codes.ts'
import type { DnsMessage, DnsRecord } from '../../protocols/dns/message.ts'
import { normalName, sameName } from '../../protocols/dns/name.ts'
import { formatData, parseData, typeCode } from '../../protocols/dns/presentation.ts'

/** The records of one name and type among `records`. */
export function recordsOf(
  records: readonly DnsRecord[],
  name: string,
  type: RecordType,
): readonly DnsRecord[] {
  return records.filter(
    (record) =>
      record.type === typeCode(type) && record.class === dnsClass.IN && sameName(record.name, name),
  )
}

/** Values in the form of `RecordSet`: normalised, sorted, each once. */
export function valuesOf(records: readonly DnsRecord[]): readonly string[] {
  const values = records
    .map((record) => formatData(record.data))
    .filter((value) => value !== undefined)
  return [...new Set(values)].sort()
}

/** RFC 2181 §5.2: the TTLs of a set are equal; where they aren't, the lowest counts. */
export function lowestTtl(records: readonly DnsRecord[]) {
  return seconds(Math.min(...records.map((record) => record.ttl)))
}

/** What an authoritative answer holds for exactly this name and type. */
export function recordSetOf(
  answer: DnsMessage,
  name: RecordName,
  type: RecordType,
): RecordSet | undefined {
  const records = recordsOf(answer.answers, name, type)
  if (records.length === 0) return undefined
  return { name, type, ttl: lowestTtl(records), values: valuesOf(records) }
}

/** The same values in the form of `RecordSet`, whoever wrote them. */
export function normalised(set: RecordSet): RecordSet {
  const values = set.values.map((value) => formatData(parseData(set.type, value)) ?? value)
  return { ...set, values: [...new Set(values)].sort() }
}

/** No records and no set are the same. The TTL counts: a lowered TTL is a change of its own (D1). */
export function sameRecords(a: RecordSet | undefined, b: RecordSet | undefined): boolean {
  const [left, right] = [a?.values ?? [], b?.values ?? []]
  if (left.length !== right.length) return false
  const sameValues = left.every((value, index) => value === right[index])
  return sameValues && (left.length === 0 || a?.ttl === b?.ttl)
}

/** Every alias on the way from `name`, in order, as far as the answer tells. */
export function aliasesFrom(answer: DnsMessage, name: string): readonly DnsRecord[] {
  const aliases: DnsRecord[] = []
  const seen = new Set<string>()
  let at = normalName(name)
  while (!seen.has(at)) {
    seen.add(at)
    const [alias] = recordsOf(answer.answers, at, 'CNAME')
    if (alias?.data.kind !== 'CNAME') break
    aliases.push(alias)
    at = normalName(alias.data.target)
  }
  return aliases
}
