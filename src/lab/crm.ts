import type { EpochMs } from '../kernel/units.ts'

/** The CRM into which every completed call is to be written. */
export interface Crm {
  upsert(site: string, at: EpochMs, succeeds: boolean): void
  /** Upserts of a site within `from` (inclusive) and `to` (exclusive). */
  count(site: string, from: EpochMs, to: EpochMs): UpsertCount
}

export interface UpsertCount {
  readonly total: number
  readonly failed: number
}

export function createCrm(): Crm {
  const bySite = new Map<string, { readonly at: EpochMs; readonly succeeds: boolean }[]>()
  return {
    upsert(site, at, succeeds) {
      const list = bySite.get(site)
      if (list === undefined) bySite.set(site, [{ at, succeeds }])
      else list.push({ at, succeeds })
    },
    count(site, from, to) {
      const chosen = (bySite.get(site) ?? []).filter(({ at }) => at >= from && at < to)
      return {
        total: chosen.length,
        failed: chosen.filter(({ succeeds }) => !succeeds).length,
      }
    },
  }
}
