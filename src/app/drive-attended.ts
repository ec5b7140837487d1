import { mayPass } from '../engine/after-error.ts'
import type { JournalEntry } from '../engine/run-event.ts'
import type { RunState } from '../engine/run-state.ts'
import { errorFacts } from '../kernel/errors.ts'
import type { RunId } from '../kernel/ids.ts'
import { type Milliseconds, ms } from '../kernel/units.ts'
import type { Application } from './application.ts'
import { driveRun } from './drive-run.ts'

/** Whoever sits before a run that this process drives. */
export interface Attendant {
  /** In whose name the run is paused. */
  readonly by: string
  /** The first Ctrl-C. */
  readonly interrupted: AbortSignal
  /** The second: nothing is waited for any more. */
  readonly hurried: AbortSignal
  /** Who goes on with the run when this process lets go of it; nobody: then it is paused. */
  heir(): Promise<string | undefined>
  onEntry(entry: JournalEntry, state: RunState): void
  onTrouble(thrown: unknown): void
}

type DrivingParts = Pick<Application, 'createRunner' | 'store' | 'worldClock' | 'wireClock'>

/** How it was left. */
export type Left =
  | { readonly kind: 'ended'; readonly state: RunState }
  /** Journalled: it takes no further step until somebody resumes it. */
  | { readonly kind: 'paused' }
  | { readonly kind: 'handed-over'; readonly heir: string }
  /** Let go at once, without an answer to the request to pause. */
  | { readonly kind: 'hurried' }
  /** The database did not take the request to pause. */
  | { readonly kind: 'not-paused' }

/** A database that restarts is back by then; one that is gone must not keep anybody at the terminal. Wire time. */
const databasePatience = ms(10_000)
/** Between two attempts to ask for the pause. Wire time. */
const askAgain = ms(500)

/** Said in the journal, and how the answer is known. */
export const interruptReason = 'Ctrl-C'

/**
 * Drives a run while somebody watches. The first Ctrl-C hands it to whoever goes on with it, else pauses it at
 * the next safe point between two steps; the second lets go at once.
 */
export async function driveAttended(
  application: DrivingParts,
  run: RunId,
  attendant: Attendant,
): Promise<Left> {
  const letGo = new AbortController()
  let left: Left = { kind: 'hurried' }
  const leave = (how: Left) => {
    if (!letGo.signal.aborted) left = how
    letGo.abort()
  }
  const { interrupted, hurried } = attendant
  const { store, worldClock, wireClock } = application
  const after = (duration: Milliseconds, then: () => void) =>
    wireClock.sleep(duration, letGo.signal).then(then, () => undefined)
  const interrupt = () => void interruptRun(application, run, attendant, leave)
  const runner = application.createRunner((entry, state) => {
    attendant.onEntry(entry, state)
    if (interrupted.aborted && isPause(entry) && standsStill(state)) leave({ kind: 'paused' })
  })
  const onTrouble = (thrown: unknown) => {
    attendant.onTrouble(thrown)
    if (interrupted.aborted) void after(databasePatience, () => leave({ kind: 'not-paused' }))
  }
  interrupted.addEventListener('abort', interrupt, { once: true })
  hurried.addEventListener('abort', () => leave({ kind: 'hurried' }), { once: true })
  if (interrupted.aborted) interrupt()
  const parts = { runner, store, worldClock, wireClock, onTrouble }
  const driven = await driveRun(parts, run, letGo.signal)
  interrupted.removeEventListener('abort', interrupt)
  return driven.kind === 'ended' ? driven : left
}

/** Granted, or refused because it is paused already. */
function isPause({ event }: JournalEntry): boolean {
  return event.kind === 'requested' && event.verb === 'pause' && event.reason === interruptReason
}

/** Not for half an hour only: nobody may be there when a hold of an operator's runs out. */
function standsStill({ outcome, paused }: RunState): boolean {
  return outcome === undefined && paused !== undefined && paused.until === undefined
}

async function interruptRun(
  { store, wireClock }: DrivingParts,
  run: RunId,
  { by, heir, hurried }: Attendant,
  leave: (how: Left) => void,
): Promise<void> {
  const deadline = wireClock.now() + databasePatience
  while (!hurried.aborted) {
    try {
      const next = await heir()
      if (next !== undefined) return leave({ kind: 'handed-over', heir: next })
      await store.request({ run, verb: 'pause', by, reason: interruptReason })
      return
    } catch (thrown) {
      if (!mayPass(errorFacts(thrown)) || wireClock.now() > deadline) break
      await wireClock.sleep(askAgain)
    }
  }
  leave({ kind: 'not-paused' })
}
