import { z } from 'zod'
import type { JournalEntry } from '../../engine/run-event.ts'
import type { PlannedStep } from '../../engine/runbook.ts'
import type { RecordName, RunId, StepKey } from '../../kernel/ids.ts'
import { type EpochMs, type Seconds, seconds } from '../../kernel/units.ts'
import type { RecordType } from './ports.ts'
import { recordInput, secondsInput } from './record-input.ts'

/** A TTL that one of our own runs lowered, and that nothing has put back since. */
export interface LoweredTtl {
  /** What it was before. */
  readonly ttl: Seconds
  readonly to: Seconds
  readonly run: RunId
  /** When the last authoritative server was seen with the low TTL; absent where it can't be said. */
  readonly at?: EpochMs
}

/** The TTL of everyday, from which caches may still live and to which the record returns (W1.1). */
export interface OldTtl {
  readonly ttl: Seconds
  /** Which run lowered it; absent: it is what the primary serves now. */
  readonly lowered?: Pick<LoweredTtl, 'run' | 'at'>
}

export function recordKey(name: RecordName, type: RecordType): string {
  return `${name} ${type}`
}

type Journal = readonly JournalEntry[]
type Lowered = Map<string, LoweredTtl>

const ttlInput = z.object({ ...recordInput, ttl: secondsInput })
const servedTtl = z.object({ ttl: secondsInput })

/**
 * The TTLs that earlier runs lowered and left so: a run that was cancelled, or whose undo was skipped,
 * leaves a low TTL behind that is nobody's everyday one (W1.1). Pure.
 *
 * @param journals of all runs, the oldest first
 */
export function rememberTtls(journals: readonly Journal[]): ReadonlyMap<string, LoweredTtl> {
  const lowered: Lowered = new Map()
  for (const journal of journals) {
    const created = journal[0]?.event
    if (created?.kind !== 'run-created') continue
    for (const planned of created.runbook.steps) {
      if (planned.kind === 'dns.lower-ttl') noteLowered(lowered, planned, journal)
      if (planned.kind === 'dns.restore-ttl') noteRestored(lowered, planned, journal)
    }
  }
  return lowered
}

function noteLowered(lowered: Lowered, { key, input }: PlannedStep, journal: Journal): void {
  const [first] = journal
  const before = ttlBefore(journal, key)
  if (first === undefined || before === undefined) return
  if (!has(journal, key, 'acting') || has(journal, key, 'undo-verified')) return
  const { record, type, ttl } = ttlInput.parse(input)
  const name = recordKey(record, type)
  const known = lowered.get(name)
  // Lowered once more from what we had lowered already: everyday's is still the first one.
  if (known !== undefined && before <= known.to) return
  const at = has(journal, key, 'undoing') ? undefined : verifiedAt(journal, key)
  lowered.set(name, { ttl: before, to: ttl, run: first.run, ...(at === undefined ? {} : { at }) })
}

function noteRestored(lowered: Lowered, { key, input }: PlannedStep, journal: Journal): void {
  if (verifiedAt(journal, key) === undefined || has(journal, key, 'undoing')) return
  const { record, type } = ttlInput.parse(input)
  lowered.delete(recordKey(record, type))
}

function has(journal: Journal, key: StepKey, kind: string): boolean {
  return journal.some(({ event }) => 'step' in event && event.step === key && event.kind === kind)
}

/** When the step was verified going forward. */
function verifiedAt(journal: Journal, key: StepKey): EpochMs | undefined {
  return journal.find(
    ({ event }) => event.kind === 'verified' && event.step === key && event.direction === 'forward',
  )?.at
}

function ttlBefore(journal: Journal, key: StepKey): Seconds | undefined {
  const events = journal.map(({ event }) => event)
  const observed = events.findLast((event) => event.kind === 'observed' && event.step === key)
  const parsed = servedTtl.safeParse(observed?.kind === 'observed' ? observed.before : undefined)
  return parsed.success ? seconds(parsed.data.ttl) : undefined
}

/**
 * What counts as the old TTL: the remembered one while the primary still serves what the run left, or
 * less; somebody who raised it since has made an everyday TTL of their own.
 */
export function oldTtlOf(served: Seconds, remembered: LoweredTtl | undefined): OldTtl {
  if (remembered === undefined || served > remembered.to) return { ttl: served }
  const { ttl, run, at } = remembered
  return { ttl, lowered: { run, ...(at === undefined ? {} : { at }) } }
}
