import { mayPass } from '../engine/after-error.ts'
import type { RunStore } from '../engine/ports.ts'
import { foldJournal, type RunState } from '../engine/run-state.ts'
import type { Runner, Stop } from '../engine/runner.ts'
import type { WireClock, WorldClock } from '../kernel/clock.ts'
import { errorFacts } from '../kernel/errors.ts'
import type { RunId } from '../kernel/ids.ts'
import { ms } from '../kernel/units.ts'

export interface DriveParts {
  readonly runner: Runner
  readonly store: RunStore
  readonly worldClock: WorldClock
  readonly wireClock: WireClock
  /** Told once of each trouble that is expected to pass, such as a database that restarts. */
  readonly onTrouble?: (thrown: unknown) => void
}

/** How a drive came to its end. */
export type Driven =
  | { readonly kind: 'ended'; readonly state: RunState }
  /** Ctrl-C: the run stands at a safe point between two steps and can be taken up by anyone. */
  | { readonly kind: 'interrupted'; readonly state?: RunState }

/** Another process holds the run: it is asked for again this often. Wire time. */
const askAgain = ms(1000)

/**
 * Takes one run through all its waits until it has ended, or until `signal` says stop.
 *
 * A request to the run (pause, roll back …) wakes it at once; a run that waits for an operator waits here.
 */
export async function driveRun(
  parts: DriveParts,
  run: RunId,
  signal: AbortSignal,
): Promise<Driven> {
  const bell = createBell()
  const endListening = await parts.store.onRequest((asked) => asked === run && bell.ring())
  const visit = createVisits(parts, run, signal)
  try {
    for (;;) {
      bell.reset()
      const stop = await visit()
      if (stop?.kind === 'ended') return { kind: 'ended', state: stop.state }
      if (stop?.kind === 'interrupted') return { kind: 'interrupted', state: stop.state }
      await rest(parts, stop, bell.rung(), signal)
      if (signal.aborted)
        return stop?.kind === 'waiting'
          ? { kind: 'interrupted', state: stop.state }
          : { kind: 'interrupted' }
    }
  } finally {
    await endListening()
  }
}

/** Visits the run; what it can't be asked just now is asked again, and said once. */
function createVisits(
  { runner, store, onTrouble }: DriveParts,
  run: RunId,
  signal: AbortSignal,
): () => Promise<Stop | undefined> {
  let isTold = false
  return async () => {
    try {
      const stop = await runner.advance(signal, run)
      const isOurs = stop !== undefined && stop.kind !== 'lease-lost'
      const known = isOurs ? stop : await endedElsewhere(store, run)
      isTold = false
      return known
    } catch (thrown) {
      if (!mayPass(errorFacts(thrown))) throw thrown
      if (!isTold) onTrouble?.(thrown)
      isTold = true
      return undefined
    }
  }
}

/** A run that is not ours to take up may be over: ended by another process, or just before one died. */
async function endedElsewhere(store: RunStore, run: RunId): Promise<Stop | undefined> {
  const state = foldJournal(await store.readJournal(run))
  return state.outcome === undefined ? undefined : { kind: 'ended', state }
}

/** Waits for the run's own time, a request, or the signal, whichever comes first. */
async function rest(
  { worldClock, wireClock }: DriveParts,
  stop: Stop | undefined,
  rung: Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController()
  const end = () => over.abort()
  signal.addEventListener('abort', end, { once: true })
  if (stop?.kind === 'waiting' && stop.awaits === 'person') worldClock.personAwaited?.(over.signal)
  try {
    await Promise.race([
      rung,
      quiet(sleepFor(stop, worldClock, wireClock, over.signal)),
      aborted(signal),
    ])
  } finally {
    signal.removeEventListener('abort', end)
    over.abort()
  }
}

function sleepFor(
  stop: Stop | undefined,
  worldClock: WorldClock,
  wireClock: WireClock,
  signal: AbortSignal,
): Promise<void> {
  if (stop?.kind !== 'waiting') return wireClock.sleep(askAgain, signal)
  if (stop.until === undefined) return aborted(signal)
  return worldClock.sleep(ms(Math.max(0, stop.until - worldClock.now())), signal)
}

/** A sleep that was cut short is over, not failed. */
async function quiet(sleep: Promise<void>): Promise<void> {
  await sleep.catch(() => undefined)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Remembers a ring that came while nobody listened: a request must not be slept over. */
function createBell() {
  let ring = () => {}
  let rung: Promise<void> = Promise.resolve()
  const reset = () => {
    rung = new Promise((resolve) => {
      ring = resolve
    })
  }
  reset()
  return { reset, ring: () => ring(), rung: () => rung }
}
