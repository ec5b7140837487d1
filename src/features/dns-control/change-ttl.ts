import type { Foretold, Standing, Verification, WayBack } from '../../engine/step.ts'
import type { RecordName } from '../../kernel/ids.ts'
import { ms, type Seconds } from '../../kernel/units.ts'
import { RecordChangedError } from './errors.ts'
import type { RecordSet, RecordType } from './ports.ts'
import { type DnsContext, readRecord, valuesOf } from './record-input.ts'

export interface TtlChange {
  readonly record: RecordName
  readonly type: RecordType
  readonly ttl: Seconds
}

/**
 * What both steps that change a TTL, and nothing else of a record, are made of.
 *
 * @param isThere whether a TTL that is served is as good as the one that is wanted
 */
export function ttlChange(isThere: (served: Seconds, wanted: Seconds) => boolean) {
  return {
    type: 'change' as const,
    reversibility: 'instant' as const,
    cost: () => 8,
    estimate: () => ms(10_000),
    estimateUndo: () => ms(10_000),

    observe: (input: TtlChange, context: DnsContext) => readRecord(input, context),
    isDone: ({ ttl }: TtlChange, before: RecordSet) => isThere(before.ttl, ttl),
    effect: ttlEffect,
    leaves: {
      thing: ({ record, type }: TtlChange) => `TTL of ${record} ${type}`,
      after: ({ ttl }: TtlChange, before: RecordSet) => ({ ...before, ttl }),
    },
    foreseen: ttlForeseen,
    act: ({ record, ttl }: TtlChange, before: RecordSet, context: DnsContext) =>
      context.ports.dns.provider(record).replaceRecord(before, { ...before, ttl }, context),
    // Verified only once the last authoritative server agrees: what waits for caches counts from here (D1).
    verify: (input: TtlChange, context: DnsContext) =>
      verifyTtl(input, (ttl) => isThere(ttl, input.ttl), context),
    wayBack: ttlWayBack,
    undo: undoTtl,
    verifyUndone: verifyTtlUndone,
    foundOtherwise: (
      input: TtlChange,
      { direction, before }: Standing<RecordSet>,
      context: DnsContext,
    ) => {
      const isStill = (ttl: Seconds) =>
        direction === 'forward' ? isThere(ttl, input.ttl) : ttl === before.ttl
      return ttlFoundOtherwise(input, isStill, context)
    },
  }
}

function ttlEffect({ ttl }: TtlChange, before: RecordSet): string {
  return `TTL ${before.ttl} s → ${ttl} s, ${before.values.join(' | ')} unchanged`
}

/** Another step of the wave may have moved the values on by then. */
function ttlForeseen(
  { record, type }: TtlChange,
  now: RecordSet | undefined,
  told: Foretold,
): RecordSet | undefined {
  const values = told[valuesOf(record, type)]
  return now === undefined || values === undefined ? now : { ...now, values }
}

/** Whether the primary and every authoritative server serve the TTL: only then do caches stop refilling (D1). */
async function verifyTtl(
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
async function undoTtl(input: TtlChange, before: RecordSet, context: DnsContext): Promise<void> {
  const current = await readRecord(input, context)
  if (current.ttl === before.ttl) return
  if (current.ttl !== input.ttl)
    throw new RecordChangedError({ ...current, ttl: input.ttl }, current)
  const next = { ...current, ttl: before.ttl }
  await context.ports.dns.provider(input.record).replaceRecord(current, next, context)
}

function verifyTtlUndone(
  input: TtlChange,
  before: RecordSet,
  context: DnsContext,
): Promise<Verification> {
  return verifyTtl(input, (ttl) => ttl === before.ttl, context)
}

/** Asks the primary alone: a secondary that lags, or is out of reach, has changed nothing. */
async function ttlFoundOtherwise(
  input: TtlChange,
  wanted: (ttl: Seconds) => boolean,
  context: DnsContext,
): Promise<string | undefined> {
  const { ttl } = await readRecord(input, context)
  return wanted(ttl) ? undefined : `the primary serves a TTL of ${ttl} s`
}

/** Plans putting the TTL back, and asks the host whether it would take it. */
async function ttlWayBack(
  input: TtlChange,
  before: RecordSet,
  { ports, signal }: DnsContext,
): Promise<WayBack> {
  const { record, type } = input
  const { permitted, because } = await ports.dns.provider(record).probeWrite(record, type, signal)
  if (!permitted) return { kind: 'blocked', because: `${record} ${type}: ${because}` }
  return { kind: 'open', inverse: `set ${record} ${type} back to TTL ${before.ttl} s` }
}
