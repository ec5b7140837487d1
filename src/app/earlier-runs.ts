import type { RunStore } from '../engine/ports.ts'
import type { JournalEntry } from '../engine/run-event.ts'
import {
  type Dns,
  type OldTtl,
  oldTtlOf,
  recordKey,
  rememberTtls,
} from '../features/dns-control/index.ts'
import type { Plan } from '../features/plan/index.ts'
import type { WaveId } from '../kernel/ids.ts'

/** Journals of all runs of waves, the oldest first: what they left behind is told by them alone. */
export async function readEarlierRuns(
  store: RunStore,
): Promise<readonly (readonly JournalEntry[])[]> {
  const runs = (await store.list()).toSorted((a, b) => a.createdAt - b.createdAt)
  const waves = runs.filter(({ runbook }) => runbook.startsWith('wave '))
  return Promise.all(waves.map(({ run }) => store.readJournal(run)))
}

/**
 * TTLs before the wave: waited out, and put back at its end (W1.1). What the primary serves now, unless
 * an earlier run lowered it and left it so. A record that is not there has none.
 */
export async function readOldTtls(
  plan: Plan,
  wave: WaveId,
  { dns, earlier }: { readonly dns: Dns; readonly earlier: readonly (readonly JournalEntry[])[] },
): Promise<Readonly<Record<string, OldTtl>>> {
  const remembered = rememberTtls(earlier)
  const records = (plan.waves[wave]?.sites ?? []).flatMap((site) => plan.sites[site]?.records ?? [])
  const { signal } = new AbortController()
  const read = records.map(async ({ name, type }): Promise<readonly [string, OldTtl][]> => {
    const record = await dns.provider(name).readRecord(name, type, signal)
    const key = recordKey(name, type)
    return record === undefined ? [] : [[key, oldTtlOf(record.ttl, remembered.get(key))]]
  })
  return Object.fromEntries((await Promise.all(read)).flat())
}
