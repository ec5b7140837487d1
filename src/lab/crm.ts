import type { EpochMs } from '../kernel/units.ts'
import type { Side } from './estate.ts'

/** The CRM into which every completed call is to be written. */
export interface Crm {
  upsert(site: string, write: Upsert): void
  /** Upserts of a site within `from` (inclusive) and `to` (exclusive); of one side's calls where it is given. */
  count(site: string, from: EpochMs, to: EpochMs, side?: Side): UpsertCount
}

export interface Upsert {
  readonly at: EpochMs
  /** Which platform handled the call. */
  readonly side: Side
  readonly succeeds: boolean
}

export interface UpsertCount {
  readonly total: number
  readonly failed: number
}

export function createCrm(): Crm {
  const bySite = new Map<string, Upsert[]>()
  return {
    upsert(site, write) {
      const list = bySite.get(site)
      if (list === undefined) bySite.set(site, [write])
      else list.push(write)
    },
    count(site, from, to, side) {
      const chosen = (bySite.get(site) ?? [])
        .filter(({ at }) => at >= from && at < to)
        .filter((write) => side === undefined || write.side === side)
      return {
        total: chosen.length,
        failed: chosen.filter(({ succeeds }) => !succeeds).length,
      }
    },
  }
}
