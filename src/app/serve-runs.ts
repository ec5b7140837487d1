import type { JournalEntry } from '../engine/run-event.ts'
import type { RunState } from '../engine/run-state.ts'
import type { Stop } from '../engine/runner.ts'
import type { WorldClock } from '../kernel/clock.ts'
import type { RunId } from '../kernel/ids.ts'
import { ms } from '../kernel/units.ts'
import type { Application } from './application.ts'

/** A dead runner's run must be looked at again within 10 s; its lease takes 8 of them. Wire time. */
const lookEvery = ms(1000)

/** Runs at work at the same time in one process. Each is waits for sockets, so many fit. */
const mostAtOnce = 64

export interface ServeReports {
  /** Why a visit failed; the run is looked at again later. */
  readonly report: (thrown: unknown) => void
  /** What happened to a run, once it is durable. */
  readonly onEntry: (entry: JournalEntry, state: RunState) => void
}

/**
 * Takes up whatever run wants to be looked at, side by side, until `signal`.
 *
 * A visit that fails is reported and the run is looked at again later; it never ends the server.
 */
export async function serveRuns(
  application: Pick<Application, 'store' | 'wireClock' | 'worldClock' | 'createRunner'>,
  signal: AbortSignal,
  { report, onEntry }: ServeReports,
): Promise<void> {
  const { store, wireClock, worldClock } = application
  const runner = application.createRunner(onEntry)
  const visits = new Set<Promise<void>>()
  let wake = () => {}
  const alarms = createAlarms(worldClock, () => wake())
  const endListening = await store.onRequest((run) => {
    // Whoever was awaited has spoken, whichever process answers.
    alarms.off(run)
    wake()
  })

  const visit = async (): Promise<boolean> => {
    try {
      const stop = await runner.advance(signal)
      if (stop?.kind === 'waiting') alarms.set(stop)
      else if (stop !== undefined && stop.kind !== 'lease-lost') alarms.off(stop.state.run)
      return stop !== undefined
    } catch (thrown) {
      report(thrown)
      return false
    }
  }
  const fill = async () => {
    while (!signal.aborted && (await visit())) wake()
  }

  try {
    while (!signal.aborted) {
      if (visits.size < mostAtOnce) {
        const filling = fill().finally(() => visits.delete(filling))
        visits.add(filling)
      }
      const rung = new Promise<void>((resolve) => {
        wake = resolve
      })
      const slept = wireClock.sleep(lookEvery, signal).catch(() => undefined)
      await Promise.race([rung, slept])
    }
    await Promise.all(visits)
  } finally {
    alarms.end()
    await endListening()
  }
}

type Waiting = Extract<Stop, { kind: 'waiting' }>

/** One alarm per run, so that it is looked at when its own time has come: a lab's clock runs faster than ours. */
function createAlarms(worldClock: WorldClock, ring: () => void) {
  const pending = new Map<RunId, AbortController>()
  const off = (run: RunId) => {
    pending.get(run)?.abort()
    pending.delete(run)
  }
  return {
    off,
    set({ state: { run }, until, awaits }: Waiting) {
      off(run)
      const over = new AbortController()
      pending.set(run, over)
      if (awaits === 'person') worldClock.personAwaited?.(over.signal)
      if (until === undefined) return
      const left = ms(Math.max(0, until - worldClock.now()))
      // An alarm that is lost costs a second: the server looks by itself, too.
      worldClock.sleep(left, over.signal).then(ring, () => undefined)
    },
    end() {
      for (const over of pending.values()) over.abort()
    },
  }
}
