import {
  type Authority,
  type AuthorityChange,
  AuthorityMovedError,
  type AuthorityStore,
} from '../features/authority/index.ts'
import { epoch } from '../kernel/authority.ts'

/** Numbers granted by commits that are lost are fewer than this, in a simulation. */
const skipped = 1_000_000

/**
 * Authority in this process's memory, for simulations and tests.
 *
 * @param timeline which history this is on now: another one after a promotion
 */
export function createMemoryAuthorityStore(timeline = () => 'memory/1'): AuthorityStore {
  const histories = new Map<string, readonly Authority[]>()
  const writtenUnder = new Map<string, string>()
  const first = timeline()
  const historyOf = (subject: string) => histories.get(subject) ?? []
  const number = (last: Authority | undefined, next: AuthorityChange): Authority => {
    const promoted = (writtenUnder.get(next.subject) ?? first) !== timeline()
    const { policyVersion = 0, epoch: before = 0 } = last ?? {}
    const step = promoted ? skipped : 1
    return { ...next, policyVersion: policyVersion + step, epoch: epoch(before + step) }
  }
  return {
    read: (subject) => Promise.resolve(historyOf(subject).at(-1)),
    history: (subject) => Promise.resolve(historyOf(subject)),
    // Thrown inside a promise's executor: a refusal is a rejection, as it is in PostgreSQL.
    compareAndSet: (expectedEpoch, next) =>
      new Promise((resolve) => {
        const history = historyOf(next.subject)
        const last = history.at(-1)
        const found = last?.epoch ?? 0
        if (found !== expectedEpoch) {
          throw new AuthorityMovedError(next.subject, expectedEpoch, found)
        }
        const made = number(last, next)
        histories.set(next.subject, [...history, made])
        writtenUnder.set(next.subject, timeline())
        resolve(made)
      }),
  }
}
