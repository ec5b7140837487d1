import { z } from 'zod'
import { runId } from '../../kernel/ids.ts'
import type { EpochMs } from '../../kernel/units.ts'
import { AuthorityMovedError } from './errors.ts'
import type { Authority, AuthorityChange, AuthorityStore } from './ports.ts'

/** What a policy version says of the callers of its subject. */
export interface Policy {
  readonly boundary: number
  readonly selected: 'source' | 'target'
}

/** On whose behalf which subject's policy is changed. */
export const subjectInput = {
  /** The smallest unit that the lever moves: a DNS name (D3). */
  subject: z.string().min(1),
  run: z.string().min(1).transform(runId),
}

interface Change {
  readonly subject: string
  readonly run: Authority['byRun']
}

/** Before anything was ever recorded, the source has every caller. */
const original: Policy = { boundary: 0, selected: 'source' }

export function policyOf(authority: Authority | null | undefined): Policy {
  return authority ?? original
}

/** `all at the source`, `10 % at the target, the rest returned`. */
export function describePolicy({ boundary, selected }: Policy): string {
  if (selected === 'source') return 'all at the source'
  if (boundary >= 10_000) return 'all at the target'
  return `${boundary / 100} % at the target, the rest returned`
}

/**
 * Makes `change` of the policy the next version, if `expected` is in force; nothing when it is so already.
 *
 * Only the named part changes: what another step of the run decides stays as it is. Going back is a new
 * version too, never an old number again (D3).
 *
 * @throws {AuthorityMovedError} when neither is in force, or another run made it so
 */
export async function moveAuthority(
  store: AuthorityStore,
  move: {
    readonly subject: Change
    readonly expected: Partial<Policy>
    readonly next: Partial<Policy>
    readonly before: Authority | null
    readonly now: EpochMs
    /** Asked just before the record is changed, as before every write to the outside. */
    readonly confirmLease: () => Promise<void>
    /** An undo: makes a version of its own even where nothing is to be changed, so that a write of a holder before, frozen on its way, finds another epoch and is refused. */
    readonly always?: true
    /** The epoch that the world shows already. One that the record does not have is of a commit that is lost (D3): the next must be newer. */
    readonly shown?: number
  },
): Promise<Authority | undefined> {
  const { subject, run } = move.subject
  const current = await store.read(subject)
  const policy = policyOf(current)
  const found = current?.epoch ?? 0
  const untouched = found === (move.before?.epoch ?? 0)
  const isThere = holds(policy, move.next)
  const isOurs = untouched || current?.byRun === run
  const mustRise = (move.shown ?? 0) > found && isOurs
  if (isThere && !mustRise && !(move.always === true && untouched)) return current
  if (!isThere && !(holds(policy, move.expected) && isOurs))
    throw new AuthorityMovedError(subject, move.before?.epoch ?? 0, found)
  const wanted: Policy = { ...policyOnly(policy), ...move.next }
  const next: AuthorityChange = {
    subject,
    policy: describePolicy(wanted),
    ...wanted,
    since: move.now,
    byRun: run,
  }
  await move.confirmLease()
  return store.compareAndSet(found, next)
}

function policyOnly({ boundary, selected }: Policy): Policy {
  return { boundary, selected }
}

function holds(policy: Policy, wanted: Partial<Policy>): boolean {
  const { boundary = policy.boundary, selected = policy.selected } = wanted
  return policy.boundary === boundary && policy.selected === selected
}
