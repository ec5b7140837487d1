import { mayPass } from '../engine/after-error.ts'
import type { RunStore } from '../engine/ports.ts'
import type { JournalEntry } from '../engine/run-event.ts'
import type { WireClock } from '../kernel/clock.ts'
import { errorFacts } from '../kernel/errors.ts'
import type { RunId } from '../kernel/ids.ts'
import { ms } from '../kernel/units.ts'
import type { JournalBell } from './journal-bell.ts'

/** What another process writes rings no bell here: it is looked for this often. Wire time. */
const lookEvery = ms(150)
/** A database that does not answer is asked again after this. Wire time. */
const askAgain = ms(1000)

export interface FollowParts {
  readonly store: RunStore
  readonly wireClock: WireClock
  readonly journalBell: JournalBell
}

/** Each entry after number `after` once it is durable, until the run has ended or `signal`. */
export async function* followJournal(
  parts: FollowParts,
  run: RunId,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<JournalEntry> {
  let last = after
  while (!signal.aborted) {
    const rung = parts.journalBell.next(run)
    const entries = await read(parts, run, last)
    for (const entry of entries ?? []) {
      yield entry
      last = entry.seq
      if (entry.event.kind === 'ended') return
    }
    if (entries === undefined) await slept(parts.wireClock, askAgain, signal)
    else if (entries.length === 0)
      await Promise.race([rung, slept(parts.wireClock, lookEvery, signal)])
  }
}

/** Undefined while the database does not answer: whoever follows waits too. */
async function read({ store }: FollowParts, run: RunId, after: number) {
  try {
    return await store.readJournal(run, after)
  } catch (thrown) {
    if (mayPass(errorFacts(thrown))) return undefined
    throw thrown
  }
}

function slept(clock: WireClock, duration: ReturnType<typeof ms>, signal: AbortSignal) {
  return clock.sleep(duration, signal).catch(() => undefined)
}
