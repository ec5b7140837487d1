import type { WorldClock } from '../kernel/clock.ts'
import type { RunId } from '../kernel/ids.ts'
import { invariant } from '../kernel/invariant.ts'
import { chainEntries, emptyHead } from './journal.ts'
import type { RunStore } from './ports.ts'
import type { Runbook } from './runbook.ts'

/**
 * Stores a new run; the next runner that looks takes it up.
 *
 * @throws {RunAlreadyOpenError} when the same runbook is already being run
 */
export async function startRun(
  { store, worldClock }: { readonly store: RunStore; readonly worldClock: WorldClock },
  { run, runbook, by }: { readonly run: RunId; readonly runbook: Runbook; readonly by: string },
): Promise<void> {
  const keys = new Set(runbook.steps.map(({ key }) => key))
  invariant(keys.size === runbook.steps.length, `two steps of ${runbook.name} have one key`)
  const [first] = chainEntries(emptyHead(run), worldClock.now(), [
    { kind: 'run-created', runbook, by },
  ])
  invariant(first !== undefined, 'one event makes one entry')
  await store.create(first, `${runbook.kind} ${runbook.name}`)
}
