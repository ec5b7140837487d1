import type { RunStore } from '../../src/engine/ports.ts'
import type { AuthorityStore } from '../../src/features/authority/index.ts'
import type { WireClock, WorldClock } from '../../src/kernel/clock.ts'
import type { RunId } from '../../src/kernel/ids.ts'
import { ms } from '../../src/kernel/units.ts'
import { createMemoryAuthorityStore, createMemoryRunStore } from '../../src/store/index.ts'

let promotions = 0

/** The run as a promoted standby knows it, that has only so many entries of its journal. */
export async function promotedStore(
  store: RunStore,
  run: RunId,
  keep: number,
  clocks: { readonly wireClock: WireClock; readonly worldClock: WorldClock },
): Promise<RunStore> {
  const { wireClock, worldClock } = clocks
  const [first, ...kept] = (await store.readJournal(run)).slice(0, keep)
  if (first?.event.kind !== 'run-created') throw new TypeError('a run begins with its first entry')
  let timeline = 'memory/1'
  const standby = createMemoryRunStore({ wireClock, timeline: () => timeline })
  const { kind, name } = first.event.runbook
  await standby.create(first, `${kind} ${name}`)
  const lease = await standby.claim('primary', ms(8000), worldClock.now(), run)
  if (lease === undefined) throw new TypeError('the copied run can be claimed')
  await standby.append(lease, kept)
  await standby.release(lease, worldClock.now())
  promotions += 1
  timeline = `memory/${promotions + 1}`
  return standby
}

/** The record of authority on that standby, with only so many of its versions. */
export async function promotedAuthority(
  record: AuthorityStore,
  subject: string,
  keep: number,
): Promise<AuthorityStore> {
  let timeline = 'memory/1'
  const standby = createMemoryAuthorityStore(() => timeline)
  for (const version of (await record.history(subject)).slice(0, keep)) {
    const { epoch, policyVersion: _, ...change } = version
    await standby.compareAndSet(epoch - 1, change)
  }
  timeline = 'memory/2'
  return standby
}
