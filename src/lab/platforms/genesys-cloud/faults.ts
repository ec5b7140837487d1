import type { Milliseconds } from '../../../kernel/units.ts'
import type { OrgConfig } from './state.ts'

/** What goes wrong when an operation is called. */
export type FaultKind =
  /** Answers this status; the operation isn't done. */
  | {
      readonly kind: 'status'
      readonly status: 429 | 500 | 502 | 503 | 504
      readonly retryAfter?: number
    }
  /** Answers late, by the wire clock. The operation is done first. */
  | { readonly kind: 'slow'; readonly by: Milliseconds }
  /** Answers as if it were done, and changes nothing. */
  | { readonly kind: 'lying' }
  /** The connection breaks; `after` the operation was done, or before. */
  | { readonly kind: 'dropped'; readonly after: boolean }
  /**
   * Of a read: after any write, the next `reads` of it (or those within `within`, world time)
   * still show what was before that write.
   */
  | { readonly kind: 'lagging'; readonly reads?: number; readonly within?: Milliseconds }

export interface Fault {
  /** Operation as the contract names it, `PUT /api/v2/architect/ivrs/{ivrId}`; `*` is every one. */
  readonly operation: string
  readonly fault: FaultKind
  /** How many calls it spoils; for ever when absent. A lagging one counts writes. */
  readonly times?: number
}

/** Scripted misfortune, by operation, in the order in which it was scripted. */
export interface Faults {
  script(fault: Fault): void
  /** Takes away everything that was scripted. */
  clear(): void
  /** The fault that spoils this call, if any; one call of it is used up. */
  strike(operation: string): FaultKind | undefined
  /** To be told before any write: what lagging reads will go on to show. */
  beforeWrite(config: OrgConfig): void
  /** What a lagging read shows; undefined when it shows the truth. */
  stale(operation: string): OrgConfig | undefined
}

interface Entry {
  readonly operation: string
  readonly fault: FaultKind
  left: number
  stale?: { readonly config: OrgConfig; reads: number; readonly until: number }
}

export function createFaults(now: () => number): Faults {
  let entries: Entry[] = []
  const matches = (entry: Entry, operation: string) =>
    entry.operation === '*' || entry.operation === operation

  return {
    script({ operation, fault, times }) {
      entries.push({ operation, fault, left: times ?? Number.POSITIVE_INFINITY })
    },
    clear() {
      entries = []
    },
    strike(operation) {
      const found = entries.find(
        (entry) => entry.left > 0 && entry.fault.kind !== 'lagging' && matches(entry, operation),
      )
      if (found === undefined) return undefined
      found.left -= 1
      return found.fault
    },
    beforeWrite(config) {
      for (const entry of entries) {
        if (entry.fault.kind !== 'lagging' || entry.left <= 0 || isStale(entry, now())) continue
        entry.left -= 1
        const { reads, within } = entry.fault
        entry.stale = {
          config: structuredClone(config),
          reads: reads ?? Number.POSITIVE_INFINITY,
          until: within === undefined ? Number.POSITIVE_INFINITY : now() + within,
        }
      }
    },
    stale(operation) {
      const found = entries.find((entry) => matches(entry, operation) && isStale(entry, now()))
      if (found?.stale === undefined) return undefined
      found.stale.reads -= 1
      return found.stale.config
    },
  }
}

function isStale({ stale }: Entry, now: number): boolean {
  return stale !== undefined && stale.reads > 0 && now < stale.until
}
