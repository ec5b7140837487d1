import { foldJournal } from '../engine/run-state.ts'
import type { Run } from '../http/contract/run.ts'
import type { RunDesk } from '../http/ports.ts'
import { epochMs, ms } from '../kernel/units.ts'
import { entryOf } from './entry-of.ts'
import type { StatusOf } from './output/status-lines.ts'

/** A run as the API shows it, and its state with all that people are told: the engine's, folded from its journal. */
export interface ReadRun extends StatusOf {
  readonly shown: Run
}

export async function readRun(desk: RunDesk, name: string): Promise<ReadRun> {
  const shown = await desk.show(name)
  const journal = (await desk.journal(shown.run)).map(entryOf)
  const { now, timeToSafeMs } = shown
  const state = foldJournal(journal)
  return { shown, state, journal, now: epochMs(now), toSafe: ms(timeToSafeMs) }
}
