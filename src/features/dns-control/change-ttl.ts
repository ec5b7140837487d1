import type { Foretold, Verification, WayBack } from '../../engine/step.ts'
import type { RecordName } from '../../kernel/ids.ts'
import type { Seconds } from '../../kernel/units.ts'
import { RecordChangedError } from './errors.ts'
import type { RecordSet, RecordType } from './ports.ts'
import { type DnsContext, readRecord, valuesOf } from './record-input.ts'

export interface TtlChange {
  readonly record: RecordName
  readonly type: RecordType
  readonly ttl: Seconds
}

export function ttlEffect({ ttl }: TtlChange, before: RecordSet): string {
  return `TTL ${before.ttl} s → ${ttl} s, ${before.values.join(' | ')} unchanged`
}

/** Another step of the wave may have moved the values on by then. */
export function ttlForeseen(
  { record, type }: TtlChange,
  now: RecordSet | undefined,
  told: Foretold,
): RecordSet | undefined {
  const values = told[valuesOf(record, type)]
  return now === undefined || values === undefined ? now : { ...now, values }
}

/** Whether the primary and every authoritative server serve the TTL: only then do caches stop refilling (D1). */
export async function verifyTtl(
  input: TtlChange,
  wanted: (ttl: Seconds) => boolean,
  context: DnsContext,
): Promise<Verification> {
  const { ttl } = await readRecord(input, context)
  if (!wanted(ttl))
    return { kind: 'not-yet', because: `the primary still serves a TTL of ${ttl} s` }
  const { observer } = context.ports.dns
  const answers = await observer.askAuthoritative(input.record, input.type, context.signal)
  const behind = answers.filter((answer) => answer.kind !== 'answer' || !wanted(answer.ttl))
  if (behind.length > 0) {
    const servers = behind.map(({ server }) => server).join(', ')
    return { kind: 'not-yet', because: `not yet at TTL ${ttl} s: ${servers}` }
  }
  return {
    kind: 'verified',
    seen: `TTL ${ttl} s at ${answers.length} of ${answers.length} servers`,
  }
}

/** Puts back the TTL alone: a later step may have moved the values on. */
export async function undoTtl(
  input: TtlChange,
  before: RecordSet,
  context: DnsContext,
): Promise<void> {
  const current = await readRecord(input, context)
  if (current.ttl === before.ttl) return
  if (current.ttl !== input.ttl)
    throw new RecordChangedError({ ...current, ttl: input.ttl }, current)
  const next = { ...current, ttl: before.ttl }
  await context.ports.dns.provider(input.record).replaceRecord(current, next, context)
}

export function verifyTtlUndone(
  input: TtlChange,
  before: RecordSet,
  context: DnsContext,
): Promise<Verification> {
  return verifyTtl(input, (ttl) => ttl === before.ttl, context)
}

/** Asks the primary alone: a secondary that lags, or is out of reach, has changed nothing. */
export async function ttlFoundOtherwise(
  input: TtlChange,
  wanted: (ttl: Seconds) => boolean,
  context: DnsContext,
): Promise<string | undefined> {
  const { ttl } = await readRecord(input, context)
  return wanted(ttl) ? undefined : `the primary serves a TTL of ${ttl} s`
}

/** Plans putting the TTL back, and asks the host whether it would take it. */
export async function ttlWayBack(
  input: TtlChange,
  before: RecordSet,
  { ports, signal }: DnsContext,
): Promise<WayBack> {
  const { record, type } = input
  const { permitted, because } = await ports.dns.provider(record).probeWrite(record, type, signal)
  if (!permitted) return { kind: 'blocked', because: `${record} ${type}: ${because}` }
  return { kind: 'open', inverse: `set ${record} ${type} back to TTL ${before.ttl} s` }
}
