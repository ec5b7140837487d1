import { dnsClass, dnsRcode, dnsType } from '../../protocols/dns/codes.ts'
import type { DnsData } from '../../protocols/dns/data.ts'
import type { DnsMessage, DnsRecord } from '../../protocols/dns/message.ts'
import { isWithin, normalName } from '../../protocols/dns/name.ts'
import { formatData, parseData, type TextType, typeCode } from '../../protocols/dns/presentation.ts'

/** Records of one name and type, as a zone of the lab is written down. */
export interface ZoneRecords {
  readonly name: string
  readonly type: TextType
  readonly ttl: number
  /** Presentation form: `10 0 5060 gw.example.com`. */
  readonly values: readonly string[]
}

interface RecordGroup {
  readonly name: string
  readonly type: number
  readonly ttl: number
  readonly data: readonly DnsData[]
}

/** One version of a zone; a change makes the next one. */
export interface ZoneVersion {
  readonly zone: string
  readonly serial: number
  readonly negativeTtl: number
  readonly groups: ReadonlyMap<string, RecordGroup>
}

const keyOf = (name: string, type: number) => `${normalName(name)} ${type}`

export function createZone(
  zone: string,
  records: readonly ZoneRecords[],
  negativeTtl: number,
): ZoneVersion {
  const groups = records.map(({ name, type, ttl, values }): [string, RecordGroup] => {
    const data = values.map((value) => parseData(type, value))
    return [
      keyOf(name, typeCode(type)),
      { name: normalName(name), type: typeCode(type), ttl, data },
    ]
  })
  return { zone: normalName(zone), serial: 1, negativeTtl, groups: new Map(groups) }
}

export function soaOf({ zone, serial, negativeTtl }: ZoneVersion): DnsRecord {
  return {
    name: zone,
    type: dnsType.SOA,
    class: dnsClass.IN,
    ttl: negativeTtl,
    data: {
      kind: 'SOA',
      primary: `ns1.${zone}`,
      mailbox: `hostmaster.${zone}`,
      serial,
      refresh: 3600,
      retry: 600,
      expire: 86_400,
      minimum: negativeTtl,
    },
  }
}

export function recordsAt(version: ZoneVersion, name: string, type: number): readonly DnsRecord[] {
  if (type === dnsType.SOA && normalName(name) === version.zone) return [soaOf(version)]
  const group = version.groups.get(keyOf(name, type))
  if (group === undefined) return []
  const { ttl } = group
  return group.data.map((data) => ({ name: group.name, type, class: dnsClass.IN, ttl, data }))
}

/** A name exists when it, or a name below it, has records (RFC 4592 §2.2.2: empty non-terminals). */
export function nameExists(version: ZoneVersion, name: string): boolean {
  if (normalName(name) === version.zone) return true
  return [...version.groups.values()].some((group) => isWithin(group.name, name))
}

function typesAt(version: ZoneVersion, name: string): readonly number[] {
  const at = normalName(name)
  return [...version.groups.values()].filter((group) => group.name === at).map(({ type }) => type)
}

const textOf = (data: DnsData) => formatData(data) ?? JSON.stringify(data)
const sameData = (a: DnsData, b: DnsData) => a.kind === b.kind && textOf(a) === textOf(b)

/** RFC 2136 §3.2: the first condition that does not hold, as an rcode. */
export function checkConditions(version: ZoneVersion, records: readonly DnsRecord[]): number {
  const expected = new Map<string, DnsRecord[]>()
  for (const record of records) {
    const rcode = checkCondition(version, record)
    if (rcode !== dnsRcode.NOERROR) return rcode
    if (record.class !== dnsClass.IN) continue
    const key = keyOf(record.name, record.type)
    expected.set(key, [...(expected.get(key) ?? []), record])
  }
  const differs = [...expected.values()].some((group) => !isExactly(version, group))
  return differs ? dnsRcode.NXRRSET : dnsRcode.NOERROR
}

function checkCondition(version: ZoneVersion, record: DnsRecord): number {
  if (record.ttl !== 0) return dnsRcode.FORMERR
  if (!isWithin(record.name, version.zone)) return dnsRcode.NOTZONE
  if (record.class === dnsClass.IN) return dnsRcode.NOERROR
  if (record.data.kind !== 'empty') return dnsRcode.FORMERR
  const wanted = record.class === dnsClass.ANY
  if (record.type === dnsType.ANY) {
    if (nameExists(version, record.name) === wanted) return dnsRcode.NOERROR
    return wanted ? dnsRcode.NXDOMAIN : dnsRcode.YXDOMAIN
  }
  const exists = recordsAt(version, record.name, record.type).length > 0
  if (exists === wanted) return dnsRcode.NOERROR
  return wanted ? dnsRcode.NXRRSET : dnsRcode.YXRRSET
}

function isExactly(version: ZoneVersion, expected: readonly DnsRecord[]): boolean {
  const [first] = expected
  if (first === undefined) return true
  const found = recordsAt(version, first.name, first.type)
  return (
    found.length === expected.length &&
    expected.every(({ data }) => found.some((record) => sameData(record.data, data)))
  )
}

/** RFC 2136 §3.4: the zone after the changes; the very same version when nothing changed. */
export function applyUpdate(version: ZoneVersion, update: DnsMessage): ZoneVersion {
  const changed = update.authority.reduce(applyChange, version)
  return changed === version ? version : { ...changed, serial: version.serial + 1 }
}

function applyChange(version: ZoneVersion, change: DnsRecord): ZoneVersion {
  if (change.class === dnsClass.IN) return add(version, change)
  if (change.class === dnsClass.NONE) return removeValue(version, change)
  return removeGroups(version, change)
}

function add(version: ZoneVersion, { name, type, ttl, data }: DnsRecord): ZoneVersion {
  const others = typesAt(version, name).filter((other) => other !== type)
  // §3.4.2.2: an alias beside other records is left out without a word
  const clashes = type === dnsType.CNAME ? others.length > 0 : others.includes(dnsType.CNAME)
  if (clashes || type === dnsType.SOA) return version
  const group = version.groups.get(keyOf(name, type))
  const kept = type === dnsType.CNAME ? [] : (group?.data ?? [])
  const there = group?.data.some((one) => sameData(one, data)) ?? false
  if (there && group?.ttl === ttl) return version
  const all = [...kept.filter((one) => !sameData(one, data)), data]
  return withGroup(version, { name: normalName(name), type, ttl, data: all })
}

function removeValue(version: ZoneVersion, { name, type, data }: DnsRecord): ZoneVersion {
  const group = version.groups.get(keyOf(name, type))
  const kept = group?.data.filter((one) => !sameData(one, data)) ?? []
  if (group === undefined || kept.length === group.data.length) return version
  const isLastServer = type === dnsType.NS && kept.length === 0 && group.name === version.zone
  return isLastServer ? version : withGroup(version, { ...group, data: kept })
}

function removeGroups(version: ZoneVersion, { name, type }: DnsRecord): ZoneVersion {
  const types = type === dnsType.ANY ? typesAt(version, name) : [type]
  return types.reduce((rest, one) => {
    const group = rest.groups.get(keyOf(name, one))
    const isApexServer = one === dnsType.NS && normalName(name) === version.zone
    return group === undefined || isApexServer ? rest : withGroup(rest, { ...group, data: [] })
  }, version)
}

function withGroup(version: ZoneVersion, group: RecordGroup): ZoneVersion {
  const groups = new Map(version.groups)
  if (group.data.length > 0) groups.set(keyOf(group.name, group.type), group)
  else groups.delete(keyOf(group.name, group.type))
  return { ...version, groups }
}

/** The zone as it was written down, with what was changed since. */
export function listZone(version: ZoneVersion): readonly ZoneRecords[] {
  return [...version.groups.values()].flatMap(({ name, type, ttl, data }) => {
    const kind = data[0]?.kind
    const values = data.map(textOf).sort()
    return isTextType(kind) && typeCode(kind) === type ? [{ name, type: kind, ttl, values }] : []
  })
}

const listed: ReadonlySet<string | undefined> = new Set([
  'A',
  'AAAA',
  'CNAME',
  'SRV',
  'NAPTR',
  'NS',
  'TXT',
])
const isTextType = (kind: string | undefined): kind is TextType => listed.has(kind)
