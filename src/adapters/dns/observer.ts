import { randomInt } from 'node:crypto'
import type { DnsObserver, RecordType, ServerAnswer } from '../../features/dns-control/index.ts'
import type { WireClock } from '../../kernel/clock.ts'
import { errorFacts } from '../../kernel/errors.ts'
import type { RecordName } from '../../kernel/ids.ts'
import { later, ms, seconds } from '../../kernel/units.ts'
import { askServer } from '../../protocols/dns/client.ts'
import { dnsRcode, rcodeName } from '../../protocols/dns/codes.ts'
import {
  type DnsMessage,
  decodeMessage,
  dnsQuery,
  encodeMessage,
} from '../../protocols/dns/message.ts'
import { typeCode } from '../../protocols/dns/presentation.ts'
import type { DnsServer, DnsTransport } from '../../protocols/dns/transport.ts'
import { aliasesFrom, lowestTtl, recordsOf, valuesOf } from './record-set.ts'
import { zoneOf } from './zone-of.ts'

export interface ObservedZone {
  readonly zone: string
  /** Every authoritative server, the primary and all secondaries. */
  readonly authoritative: readonly DnsServer[]
}

export interface Resolver {
  readonly name: string
  readonly address: DnsServer
}

export interface DnsObserverOptions {
  readonly zones: readonly ObservedZone[]
  readonly resolvers: readonly Resolver[]
  readonly transport: DnsTransport
  readonly wireClock: WireClock
}

/** How long one server may take over one question; a slow one doesn't hold up the others' answers longer. */
const patience = ms(5000)

/** Asks each server by itself, all at once. A server that fails is an answer, too: `no-answer`. */
export function createDnsObserver(options: DnsObserverOptions): DnsObserver {
  return {
    askAuthoritative: (name, type, signal) => {
      const servers = zoneOf(name, options.zones)?.authoritative ?? []
      const ask = (server: DnsServer) =>
        askOne(options, { server: serverName(server), address: server, recursive: false }, signal)
      return Promise.all(servers.map((server) => ask(server)(name, type)))
    },
    askResolvers: (name, type, signal) =>
      Promise.all(
        options.resolvers.map((resolver) =>
          askOne(
            options,
            { server: resolver.name, address: resolver.address, recursive: true },
            signal,
          )(name, type),
        ),
      ),
  }
}

interface Target {
  /** As it stands in the answer. */
  readonly server: string
  readonly address: DnsServer
  readonly recursive: boolean
}

function serverName({ host, port }: DnsServer): string {
  return port === 53 ? host : `${host}:${port}`
}

function askOne(options: DnsObserverOptions, target: Target, signal: AbortSignal) {
  return async (name: RecordName, type: RecordType): Promise<ServerAnswer> => {
    const { server, address, recursive } = target
    const query = dnsQuery(randomInt(0x1_0000), name, typeCode(type), {
      recursionDesired: recursive,
    })
    const deadline = later(options.wireClock.now(), patience)
    try {
      const bytes = await askServer(options, address, encodeMessage(query), { deadline, signal })
      return { server, ...judge(decodeMessage(bytes), { name, type, recursive }) }
    } catch (error) {
      signal.throwIfAborted()
      return { kind: 'no-answer', server, because: errorFacts(error).message }
    }
  }
}

type Judged =
  | Omit<Extract<ServerAnswer, { kind: 'answer' }>, 'server'>
  | Omit<Extract<ServerAnswer, { kind: 'empty' }>, 'server'>
  | Omit<Extract<ServerAnswer, { kind: 'no-answer' }>, 'server'>

function judge(
  answer: DnsMessage,
  asked: { readonly name: RecordName; readonly type: RecordType; readonly recursive: boolean },
): Judged {
  const { rcode } = answer
  if (rcode !== dnsRcode.NOERROR && rcode !== dnsRcode.NXDOMAIN) {
    return { kind: 'no-answer', because: `answers ${rcodeName(rcode)}` }
  }
  if (!asked.recursive && !answer.flags.authoritative) {
    return { kind: 'no-answer', because: 'is not authoritative for the zone (lame)' }
  }
  // callers follow aliases: what they end at is what the world sees, for as long as the shortest link is cached
  const aliases = asked.type === 'CNAME' ? [] : aliasesFrom(answer, asked.name)
  const last = aliases.at(-1)
  const end = last?.data.kind === 'CNAME' ? last.data.target : asked.name
  const records = recordsOf(answer.answers, end, asked.type)
  if (records.length > 0) {
    return { kind: 'answer', values: valuesOf(records), ttl: lowestTtl([...aliases, ...records]) }
  }
  return { kind: 'empty', negativeTtl: negativeTtl(answer) }
}

/** RFC 2308 §5; an answer without SOA is not cached. */
function negativeTtl({ authority }: DnsMessage) {
  const soa = authority.find((record) => record.data.kind === 'SOA')
  return seconds(soa?.data.kind === 'SOA' ? Math.min(soa.ttl, soa.data.minimum) : 0)
}
