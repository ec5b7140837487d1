import type { EpochMs, Milliseconds } from '../../kernel/units.ts'
import { dnsRcode, dnsType } from '../../protocols/dns/codes.ts'
import {
  type DnsMessage,
  type DnsRecord,
  decodeMessage,
  dnsQuery,
  dnsResponse,
  encodeMessage,
} from '../../protocols/dns/message.ts'
import { normalName } from '../../protocols/dns/name.ts'
import { formatData, type TextType, typeCode } from '../../protocols/dns/presentation.ts'
import type { DnsHandler } from '../../protocols/dns/transport.ts'

/** How a resolver treats the TTLs it is given. */
export type ResolverBehaviour =
  | 'honours'
  /** Keeps everything `factor` times as long, and says so in its TTLs (unbound's cache-min-ttl does). */
  | { readonly stretch: number }
  /** Keeps everything at least this long, whatever the TTL; its own TTLs count down to 0 and stay there. */
  | { readonly ignoresTtlFor: Milliseconds }
  /** RFC 8767 as unbound does it: an expired record is served once more, with TTL 30, while it is fetched anew. */
  | 'stale-serving'

export interface DnsResolverOptions {
  readonly name: string
  readonly upstream: DnsHandler
  /** World time: what caches age in. */
  readonly now: () => EpochMs
  readonly behaviour: ResolverBehaviour
}

/** What a resolver says of one name and type; `ttl` and `negativeTtl` are what remains, in seconds. */
export type Resolution =
  | { readonly kind: 'answer'; readonly values: readonly string[]; readonly ttl: number }
  | { readonly kind: 'empty'; readonly rcode: number; readonly negativeTtl: number }
  | { readonly kind: 'failed'; readonly because: string }

export interface DnsResolver {
  readonly name: string
  readonly handler: DnsHandler
  resolve(name: string, type: TextType): Promise<Resolution>
  /** Forgets everything, as after a restart. */
  flush(): void
}

/** RFC 8767 §4: TTL of a stale answer, seconds; and for how long it may be served, ms. */
const staleTtl = 30
const staleFor = 86_400_000
const maxAliases = 8

/** What is known of one name and type: records, an alias, or (with its SOA) that there are none. */
interface Entry {
  readonly records: readonly DnsRecord[]
  readonly soa?: DnsRecord
  readonly rcode: number
  readonly ttl: number
  readonly storedAt: EpochMs
}

interface Found {
  readonly rcode: number
  readonly answers: readonly DnsRecord[]
  readonly authority: readonly DnsRecord[]
}

/** A caching recursive resolver in world time, in front of the authorities of the lab. */
export function createDnsResolver(options: DnsResolverOptions): DnsResolver {
  const cache = new Map<string, Entry>()
  const lookUp = createLookUp(options, cache)

  const find = async (name: string, type: number): Promise<Found> => {
    const answers: DnsRecord[] = []
    let at = normalName(name)
    for (let hop = 0; hop < maxAliases; hop += 1) {
      const found = await lookUp(at, type)
      answers.push(...found.answers)
      const [alias] = found.answers
      const isAlias = alias?.data.kind === 'CNAME' && type !== dnsType.CNAME
      if (!isAlias) return { ...found, answers }
      at = normalName(alias.data.kind === 'CNAME' ? alias.data.target : at)
    }
    return { rcode: dnsRcode.SERVFAIL, answers: [], authority: [] }
  }

  return {
    name: options.name,
    async handler(bytes) {
      const query = requestOf(bytes)
      const [question] = query?.questions ?? []
      if (query === undefined || question === undefined) return undefined
      const found = await find(question.name, question.type)
      const flags = { recursionAvailable: true }
      return encodeMessage(dnsResponse(query, { ...found, flags }))
    },
    resolve: async (name, type) => resolutionOf(await find(name, typeCode(type)), typeCode(type)),
    flush: () => cache.clear(),
  }
}

function requestOf(bytes: Uint8Array): DnsMessage | undefined {
  try {
    const message = decodeMessage(bytes)
    return message.flags.response ? undefined : message
  } catch {
    return undefined
  }
}

function resolutionOf({ rcode, answers, authority }: Found, type: number): Resolution {
  if (rcode !== dnsRcode.NOERROR && rcode !== dnsRcode.NXDOMAIN) {
    return { kind: 'failed', because: 'no authoritative server gave an answer' }
  }
  const records = answers.filter((record) => record.type === type)
  if (records.length === 0) return { kind: 'empty', rcode, negativeTtl: authority[0]?.ttl ?? 0 }
  const values = records.map(({ data }) => formatData(data)).filter((value) => value !== undefined)
  return { kind: 'answer', values: values.sort(), ttl: Math.min(...answers.map(({ ttl }) => ttl)) }
}

function createLookUp(options: DnsResolverOptions, cache: Map<string, Entry>) {
  const { now, behaviour } = options
  const lookFor = (name: string, type: number, isWanted: (entry: Entry) => boolean) =>
    [type, dnsType.CNAME]
      .map((one) => cache.get(`${name} ${one}`))
      .find((entry) => entry !== undefined && isWanted(entry))

  return async (name: string, type: number): Promise<Found> => {
    const fresh = lookFor(name, type, (entry) => isFresh(entry, now(), behaviour))
    if (fresh !== undefined) return shown(fresh, remaining(fresh, now(), behaviour))
    const expired = lookFor(name, type, (entry) => isServable(entry, now(), behaviour))
    const fetched = await askUpstream(options, name, type)
    if (fetched !== undefined) cache.set(`${name} ${fetched.records[0]?.type ?? type}`, fetched)
    if (expired !== undefined) return shown(expired, staleTtl)
    if (fetched === undefined) return { rcode: dnsRcode.SERVFAIL, answers: [], authority: [] }
    return shown(fetched, remaining(fetched, now(), behaviour))
  }
}

/** What upstream says, or undefined when it says nothing useful: failures are not cached. */
async function askUpstream(
  { upstream, now }: DnsResolverOptions,
  name: string,
  type: number,
): Promise<Entry | undefined> {
  // the lab's network loses nothing and nobody forges: one id does
  const query = dnsQuery(0, name, type, { recursionDesired: false })
  const bytes = await upstream(encodeMessage(query), 'tcp')
  if (bytes === undefined) return undefined
  const { rcode, answers, authority } = decodeMessage(bytes)
  if (rcode !== dnsRcode.NOERROR && rcode !== dnsRcode.NXDOMAIN) return undefined
  const here = answers.filter((record) => normalName(record.name) === name)
  const wanted = here.filter((record) => record.type === type)
  const records = wanted.length > 0 ? wanted : here.filter(({ type: t }) => t === dnsType.CNAME)
  const storedAt = now()
  if (records.length > 0) {
    const ttl = Math.min(...records.map((record) => record.ttl))
    return { rcode: dnsRcode.NOERROR, records, ttl, storedAt }
  }
  const soa = authority.find((record) => record.data.kind === 'SOA')
  // RFC 2308 §5: min(SOA TTL, SOA minimum)
  const ttl = soa?.data.kind === 'SOA' ? Math.min(soa.ttl, soa.data.minimum) : 0
  return { rcode, records, ttl, storedAt, ...(soa === undefined ? {} : { soa }) }
}

/** How long an entry is used without asking again, in ms of world time. */
function lifetimeOf({ ttl }: Entry, behaviour: ResolverBehaviour): number {
  const honest = ttl * 1000
  if (typeof behaviour === 'string') return honest
  if ('stretch' in behaviour) return honest * behaviour.stretch
  return Math.max(honest, behaviour.ignoresTtlFor)
}

function isFresh(entry: Entry, now: EpochMs, behaviour: ResolverBehaviour): boolean {
  return now - entry.storedAt < lifetimeOf(entry, behaviour)
}

function isServable(entry: Entry, now: EpochMs, behaviour: ResolverBehaviour): boolean {
  const isStaleServing = behaviour === 'stale-serving'
  return isStaleServing && now - entry.storedAt < lifetimeOf(entry, behaviour) + staleFor
}

/** The TTL that is shown, in seconds: what is left of the lifetime, or what a resolver pretends is left. */
function remaining(entry: Entry, now: EpochMs, behaviour: ResolverBehaviour): number {
  const hidesIt = typeof behaviour !== 'string' && 'ignoresTtlFor' in behaviour
  const lifetime = hidesIt ? entry.ttl * 1000 : lifetimeOf(entry, behaviour)
  return Math.max(0, Math.ceil((lifetime - (now - entry.storedAt)) / 1000))
}

function shown({ records, soa, rcode }: Entry, ttl: number): Found {
  const authority = soa === undefined ? [] : [{ ...soa, ttl }]
  return { rcode, answers: records.map((record) => ({ ...record, ttl })), authority }
}
