import type { JournalEntry, RunEvent } from '../engine/run-event.ts'
import type { JournalEntry as EntryOfContract } from '../http/contract/journal.ts'
import { runId } from '../kernel/ids.ts'
import { epochMs } from '../kernel/units.ts'

/** An entry as the engine folds it, from an entry as the API gives it. */
export function entryOf(given: EntryOfContract): JournalEntry {
  const { run, seq, at, event, previousHash, hash } = given
  return { run: runId(run), seq, at: epochMs(at), event: eventOf(event), previousHash, hash }
}

function eventOf(event: EntryOfContract['event']): RunEvent {
  if (isRunEvent(event)) return event
  throw new TypeError('an event has a kind')
}

/** The far side has written it by the same types; they only grow, and what is unknown is passed over. */
function isRunEvent(event: { readonly kind: string }): event is RunEvent {
  return event.kind !== ''
}
