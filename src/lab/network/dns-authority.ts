import { type EpochMs, type Milliseconds, ms } from '../../kernel/units.ts'
import { dnsClass, dnsOpcode, dnsRcode, dnsType, tsigError } from '../../protocols/dns/codes.ts'
import {
  type DnsMessage,
  type DnsRecord,
  dnsResponse,
  encodeMessage,
} from '../../protocols/dns/message.ts'
import { isWithin, normalName } from '../../protocols/dns/name.ts'
import type { DnsHandler } from '../../protocols/dns/transport.ts'
import {
  badTimeData,
  type OpenedMessage,
  openMessage,
  refuseTsig,
  signMessage,
  type TsigKey,
} from '../../protocols/dns/tsig.ts'
import {
  applyUpdate,
  checkConditions,
  createZone,
  listZone,
  nameExists,
  recordsAt,
  soaOf,
  type ZoneRecords,
  type ZoneVersion,
} from './dns-zone.ts'

export interface DnsAuthorityOptions {
  readonly zone: string
  readonly records: readonly ZoneRecords[]
  /** Updates must be signed with it; without a key anybody may update. */
  readonly key?: TsigKey
  /** World time: what secondaries lag in. */
  readonly now: () => EpochMs
  /** Wire time: what signatures are dated in. The same as `now` where the world runs at the pace of the wire. */
  readonly wireNow?: () => EpochMs
  /** TTL and minimum of the SOA: how long "there is no such record" is cached, in seconds; default 60. */
  readonly negativeTtl?: number
}

/** What goes wrong at the authority; set a member and it does. */
export interface DnsFaults {
  /** Every update is refused, as by an update policy. */
  refuse: boolean
  /** No server of the zone says anything. */
  silent: boolean
  /** Added to each secondary's own lag. */
  secondaryLag: Milliseconds
}

export interface DnsAuthority {
  readonly primary: DnsHandler
  /** A server that serves the zone as it was `lag` of world time ago. */
  secondary(lag: Milliseconds): DnsHandler
  /** The zone as the primary has it now, without the SOA. */
  records(): readonly ZoneRecords[]
  serial(): number
  readonly faults: DnsFaults
}

interface Dated {
  readonly since: EpochMs
  readonly version: ZoneVersion
}

/** A simulated primary with its secondaries: queries, negative answers, signed conditional updates. */
export function createDnsAuthority(options: DnsAuthorityOptions): DnsAuthority {
  const { zone, records, now, negativeTtl = 60 } = options
  const wireNow = options.wireNow ?? now
  const keys = options.key === undefined ? [] : [options.key]
  const first = createZone(zone, records, negativeTtl)
  const history: Dated[] = [{ since: now(), version: first }]
  const faults: DnsFaults = { refuse: false, silent: false, secondaryLag: ms(0) }

  const current = () => history.at(-1)?.version ?? first
  const asOf = (instant: number) =>
    history.findLast(({ since }) => since <= instant)?.version ?? first

  const update = (opened: OpenedMessage) => {
    const rcode = judgeUpdate(opened, current(), keys.length > 0, faults.refuse)
    const next = rcode === dnsRcode.NOERROR ? applyUpdate(current(), opened.message) : current()
    if (next !== current()) history.push({ since: now(), version: next })
    return dnsResponse(opened.message, { rcode })
  }
  const serve =
    (version: () => ZoneVersion, onUpdate: (opened: OpenedMessage) => DnsMessage): DnsHandler =>
    (bytes, protocol) => {
      if (faults.silent) return Promise.resolve(undefined)
      const nowSeconds = Math.floor(wireNow() / 1000)
      const answer = (opened: OpenedMessage) =>
        opened.message.opcode === dnsOpcode.UPDATE
          ? onUpdate(opened)
          : answerQuery(version(), opened.message)
      return Promise.resolve(respond(bytes, { protocol, keys, nowSeconds, answer }))
    }

  return {
    primary: serve(current, update),
    secondary: (lag) =>
      serve(
        () => asOf(now() - lag - faults.secondaryLag),
        // RFC 2136 §6 would forward it; ours, like many, don't
        ({ message }) => dnsResponse(message, { rcode: dnsRcode.NOTAUTH }),
      ),
    records: () => listZone(current()),
    serial: () => current().serial,
    faults,
  }
}

interface Responding {
  readonly protocol: 'udp' | 'tcp'
  readonly keys: readonly TsigKey[]
  readonly nowSeconds: number
  readonly answer: (opened: OpenedMessage) => DnsMessage
}

/** RFC 1035 §4.2.1: more does not go by UDP. */
const udpLimit = 512

function respond(bytes: Uint8Array, responding: Responding): Uint8Array | undefined {
  const { keys, nowSeconds, protocol } = responding
  const opened = open(bytes, keys, nowSeconds)
  if (opened === undefined) return undefined
  const { verdict, message } = opened
  const refusal = dnsResponse(message, { rcode: dnsRcode.NOTAUTH })
  switch (verdict.kind) {
    case 'bad-key':
      return refuseTsig(refusal, verdict.tsig, tsigError.BADKEY)
    case 'bad-signature':
      return refuseTsig(refusal, verdict.tsig, tsigError.BADSIG)
    case 'bad-time': {
      const { timeSigned } = verdict.tsig.data
      const other = badTimeData(nowSeconds)
      const variables = { timeSigned, error: tsigError.BADTIME, other }
      return signMessage(refusal, verdict.key, variables, verdict.mac).bytes
    }
    case 'unsigned':
      return cut(responding.answer(opened), protocol, encodeMessage)
    case 'valid': {
      const { key, mac } = verdict
      const sign = (answer: DnsMessage) =>
        signMessage(answer, key, { timeSigned: nowSeconds }, mac).bytes
      return cut(responding.answer(opened), protocol, sign)
    }
  }
}

/** What is no request gets no answer: two servers must not start a conversation. */
function open(bytes: Uint8Array, keys: readonly TsigKey[], nowSeconds: number) {
  try {
    const opened = openMessage(bytes, keys, { nowSeconds })
    return opened.message.flags.response ? undefined : opened
  } catch {
    return undefined
  }
}

function cut(
  answer: DnsMessage,
  protocol: 'udp' | 'tcp',
  encode: (message: DnsMessage) => Uint8Array,
): Uint8Array {
  const bytes = encode(answer)
  if (protocol === 'tcp' || bytes.length <= udpLimit) return bytes
  const flags = { ...answer.flags, truncated: true }
  return encode({ ...answer, flags, answers: [], authority: [], additional: [] })
}

/** RFC 2136 §3.1 to §3.4.1, in that order; NOERROR when the update may be applied. */
function judgeUpdate(
  { message, verdict }: OpenedMessage,
  version: ZoneVersion,
  mustBeSigned: boolean,
  refuse: boolean,
): number {
  const [zone, ...more] = message.questions
  if (zone === undefined || more.length > 0 || zone.type !== dnsType.SOA) return dnsRcode.FORMERR
  if (normalName(zone.name) !== version.zone) return dnsRcode.NOTAUTH
  const unmet = checkConditions(version, message.answers)
  if (unmet !== dnsRcode.NOERROR) return unmet
  if (refuse || (mustBeSigned && verdict.kind !== 'valid')) return dnsRcode.REFUSED
  return prescan(version, message.authority)
}

function prescan(version: ZoneVersion, changes: readonly DnsRecord[]): number {
  if (changes.some(({ name }) => !isWithin(name, version.zone))) return dnsRcode.NOTZONE
  return changes.every(isWellFormed) ? dnsRcode.NOERROR : dnsRcode.FORMERR
}

function isWellFormed(change: DnsRecord): boolean {
  const isEmpty = change.data.kind === 'empty'
  if (change.class === dnsClass.IN) return !isEmpty && change.type !== dnsType.ANY
  if (change.ttl !== 0) return false
  if (change.class === dnsClass.ANY) return isEmpty
  return change.class === dnsClass.NONE && change.type !== dnsType.ANY
}

function answerQuery(version: ZoneVersion, query: DnsMessage): DnsMessage {
  const [question] = query.questions
  const isPlain = query.opcode === dnsOpcode.QUERY && question !== undefined
  if (!isPlain) return dnsResponse(query, { rcode: dnsRcode.NOTIMP })
  if (!isWithin(question.name, version.zone)) {
    return dnsResponse(query, { rcode: dnsRcode.REFUSED })
  }
  const { answers, end } = follow(version, question.name, question.type)
  const flags = { authoritative: true }
  const isLeft = !isWithin(end, version.zone)
  if (recordsAt(version, end, question.type).length > 0 || isLeft) {
    return dnsResponse(query, { flags, answers })
  }
  const rcode = nameExists(version, end) ? dnsRcode.NOERROR : dnsRcode.NXDOMAIN
  return dnsResponse(query, { rcode, flags, answers, authority: [soaOf(version)] })
}

/** The records asked for, behind the aliases that lead to them as far as this zone knows (RFC 1034 §4.3.2). */
function follow(version: ZoneVersion, name: string, type: number) {
  const answers: DnsRecord[] = []
  const seen = new Set<string>()
  let end = normalName(name)
  while (!seen.has(end)) {
    seen.add(end)
    const records = recordsAt(version, end, type)
    const [alias] = recordsAt(version, end, dnsType.CNAME)
    answers.push(...records)
    if (records.length > 0 || alias?.data.kind !== 'CNAME') break
    answers.push(alias)
    end = normalName(alias.data.target)
  }
  return { answers, end }
}
