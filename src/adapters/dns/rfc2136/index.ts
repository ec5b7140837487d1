import {
  type DnsProvider,
  DnsRefusedError,
  RecordChangedError,
  type RecordSet,
  type RecordType,
} from '../../../features/dns-control/index.ts'
import type { WriteLimits } from '../../../kernel/authority.ts'
import type { RecordName } from '../../../kernel/ids.ts'
import { ms, seconds } from '../../../kernel/units.ts'
import { dnsRcode } from '../../../protocols/dns/codes.ts'
import { dnsQuery } from '../../../protocols/dns/message.ts'
import { isWithin } from '../../../protocols/dns/name.ts'
import { parseData, typeCode } from '../../../protocols/dns/presentation.ts'
import type { TsigKey } from '../../../protocols/dns/tsig.ts'
import {
  type UpdateChange,
  type UpdateCondition,
  updateMessage,
} from '../../../protocols/dns/update.ts'
import { normalised, recordSetOf, sameRecords } from '../record-set.ts'
import {
  type Conversation,
  createConversation,
  newId,
  type Rfc2136Options,
} from './conversation.ts'

export { parseTsigKey, TsigKeyError } from './tsig-key.ts'
export type { TsigKey }

/** A server that takes the update but doesn't show it at once is asked again this often, this far apart. */
const readBacks = 5
const readBackPause = ms(200)

/**
 * A zone on a server that takes dynamic updates (BIND, Knot, PowerDNS …), RFC 2136 with TSIG.
 *
 * A write is one UPDATE: "if these are exactly the values there, replace them". TTLs are no part of such
 * conditions, so the TTL is compared by a read just before.
 */
export function createRfc2136(options: Rfc2136Options): DnsProvider {
  const conversation = createConversation(options)
  const { zone } = options
  return {
    readRecord: (name, type, signal) =>
      read(conversation, options, { name, type }, conversation.limits(signal)),
    replaceRecord: (before, next, limits) =>
      replace(conversation, options, [normalised(before), normalised(next)], limits),
    async probeWrite(name, type, signal) {
      if (!isWithin(name, zone)) return { permitted: false, because: `${name} is not in ${zone}` }
      return await probe(conversation, options, { name, type }, signal)
    },
  }
}

interface Key {
  readonly name: RecordName
  readonly type: RecordType
}

async function read(
  conversation: Conversation,
  { zone, server }: Rfc2136Options,
  { name, type }: Key,
  limits: ReturnType<Conversation['limits']>,
): Promise<RecordSet | undefined> {
  const query = dnsQuery(newId(), name, typeCode(type), { recursionDesired: false })
  const answer = await conversation.ask(query, limits)
  if (answer.flags.authoritative) return recordSetOf(answer, name, type)
  throw new DnsRefusedError(
    `${server.host}:${server.port} has no authority for ${zone}; compare the server in the plan with the SOA`,
    { details: { server: `${server.host}:${server.port}`, zone, name } },
  )
}

async function replace(
  conversation: Conversation,
  options: Rfc2136Options,
  [before, next]: readonly [RecordSet, RecordSet],
  limits: WriteLimits,
): Promise<void> {
  const until = () => conversation.limits(limits.signal, limits.deadline)
  const found = await read(conversation, options, before, until())
  if (sameRecords(found, next)) return
  if (!sameRecords(found, before)) throw new RecordChangedError(before, found)

  const message = updateMessage(newId(), {
    zone: options.zone,
    conditions: [conditionOf(before)],
    changes: changesTo(next),
  })
  // fencing (promise 5): the lease is looked at after everything else that takes time
  const answer = await conversation.update(message, until(), () => limits.confirmLease())
  if (answer.rcode === dnsRcode.NOERROR) {
    await readBack(conversation, options, [before, next], limits)
    return
  }
  const now = await read(conversation, options, before, until())
  // a write of ours whose answer was lost may have come first
  if (!sameRecords(now, next)) throw new RecordChangedError(before, now)
}

/** D10: the server's word is not enough; BIND, for one, says NOERROR to an update that it ignores. */
async function readBack(
  conversation: Conversation,
  options: Rfc2136Options,
  [before, next]: readonly [RecordSet, RecordSet],
  limits: WriteLimits,
): Promise<void> {
  for (let attempt = 1; attempt <= readBacks; attempt += 1) {
    const until = conversation.limits(limits.signal, limits.deadline)
    const found = await read(conversation, options, next, until)
    if (sameRecords(found, next)) return
    if (!sameRecords(found, before)) throw new RecordChangedError(next, found)
    await conversation.pause(readBackPause, limits.signal)
  }
  throw new DnsRefusedError(
    `${next.name} ${next.type} is as it was although the server took the update; is there a CNAME beside other records?`,
    { details: { before, next } },
  )
}

function conditionOf(set: RecordSet): UpdateCondition {
  const key = { name: set.name, type: typeCode(set.type) }
  if (set.values.length === 0) return { kind: 'rrset-absent', ...key }
  return { kind: 'rrset-is', ...key, data: set.values.map((value) => parseData(set.type, value)) }
}

function changesTo(next: RecordSet): readonly UpdateChange[] {
  const key = { name: next.name, type: typeCode(next.type) }
  const added = next.values.map((value) => {
    const data = parseData(next.type, value)
    return { kind: 'add', ...key, ttl: next.ttl, data } as const
  })
  return [{ kind: 'delete-rrset', ...key }, ...added]
}

/**
 * An update that can't change anything: on condition that the records are as just read, one value is
 * deleted that is not among them.
 *
 * Update policies are by name and type, and servers look at them only for records in the update section
 * (RFC 2136 §3.3), so an empty one would prove the key and no more.
 */
async function probe(
  conversation: Conversation,
  options: Rfc2136Options,
  key: Key,
  signal: AbortSignal,
): Promise<{ readonly permitted: boolean; readonly because: string }> {
  try {
    const limits = conversation.limits(signal)
    const found = await read(conversation, options, key, limits)
    const set = found ?? { ...key, ttl: seconds(0), values: [] }
    const data = parseData(key.type, absentValue[key.type])
    const message = updateMessage(newId(), {
      zone: options.zone,
      conditions: [conditionOf(set)],
      changes: [{ kind: 'delete', name: key.name, type: typeCode(key.type), data }],
    })
    const answer = await conversation.update(message, limits, () => Promise.resolve())
    const permitted = answer.rcode === dnsRcode.NOERROR
    const because = permitted
      ? `the primary took an update of ${key.name} ${key.type} that changes nothing`
      : `${key.name} ${key.type} changed while it was being asked; ask again`
    return { permitted, because }
  } catch (error) {
    if (error instanceof DnsRefusedError) return { permitted: false, because: error.message }
    throw error
  }
}

/** Values that nobody uses: documentation addresses (RFC 5737, 3849) and names (RFC 6761). */
const absentValue: Readonly<Record<RecordType, string>> = {
  A: '192.0.2.255',
  AAAA: '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
  CNAME: 'changeover-probe.invalid',
  SRV: '65535 65535 65535 changeover-probe.invalid',
  NAPTR: '65535 65535 "s" "SIP+D2U" "" changeover-probe.invalid',
}
