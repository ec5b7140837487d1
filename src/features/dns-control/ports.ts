import type { WriteLimits } from '../../kernel/authority.ts'
import type { RecordName } from '../../kernel/ids.ts'
import type { Seconds } from '../../kernel/units.ts'

/** The record types that a cutover moves; typed values, so that a CNAME can't hold a URI (D6). */
export const recordTypes = ['A', 'AAAA', 'CNAME', 'SRV', 'NAPTR'] as const
export type RecordType = (typeof recordTypes)[number]

/**
 * All records of one name and type.
 *
 * Values are in presentation form, normalised: names in lower case without the final dot, SRV as
 * `priority weight port target`, NAPTR as `order preference "flags" "service" "regexp" replacement`, addresses as
 * RFC 5952 writes them; sorted.
 */
export interface RecordSet {
  readonly name: RecordName
  readonly type: RecordType
  readonly ttl: Seconds
  readonly values: readonly string[]
}

/** A DNS host whose zone we may change. Answers come from the host itself, not from resolvers. */
export interface DnsProvider {
  /** Undefined when there is no such record. */
  readRecord(
    name: RecordName,
    type: RecordType,
    signal: AbortSignal,
  ): Promise<RecordSet | undefined>
  /**
   * Replaces `before` by `next` in one conditional change; does nothing when `next` is there already.
   * Resolves once the primary serves it; other authoritative servers are asked by `DnsObserver`.
   *
   * @throws {RecordChangedError} when the host holds neither; nothing was changed
   * @throws {DnsRefusedError} when the host refuses; nothing was changed
   */
  replaceRecord(before: RecordSet, next: RecordSet, limits: WriteLimits): Promise<void>
  /** Asks whether a change would be permitted, without making one. */
  probeWrite(
    name: RecordName,
    type: RecordType,
    signal: AbortSignal,
  ): Promise<{ readonly permitted: boolean; readonly because: string }>
}

/** What one server said when it was asked. */
export type ServerAnswer =
  | {
      readonly kind: 'answer'
      readonly server: string
      readonly values: readonly string[]
      readonly ttl: Seconds
    }
  /** No such name or no such type; cached for `negativeTtl` (min of SOA TTL and SOA minimum). */
  | { readonly kind: 'empty'; readonly server: string; readonly negativeTtl: Seconds }
  | { readonly kind: 'no-answer'; readonly server: string; readonly because: string }

/** Looks at what the world sees of a record. */
export interface DnsObserver {
  /** Every authoritative server of the zone, asked directly. */
  askAuthoritative(
    name: RecordName,
    type: RecordType,
    signal: AbortSignal,
  ): Promise<readonly ServerAnswer[]>
  /** Every recursive resolver of the plan; `ttl` is what remains in its cache. */
  askResolvers(
    name: RecordName,
    type: RecordType,
    signal: AbortSignal,
  ): Promise<readonly ServerAnswer[]>
}

/** DNS of one plan: the provider by zone, the observer for all. */
export interface Dns {
  /** @throws {NoZoneError} when no zone of the plan holds the name */
  provider(name: RecordName): DnsProvider
  readonly observer: DnsObserver
}
