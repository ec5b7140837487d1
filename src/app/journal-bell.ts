import type { RunId } from '../kernel/ids.ts'

/** Tells those who follow a run that its journal has grown, so that they need not look all the time. */
export interface JournalBell {
  ring(run: RunId): void
  /** Resolves with the next ring. To be asked for before looking: a ring in between is not missed. */
  next(run: RunId): Promise<void>
}

interface Waiting {
  readonly rung: Promise<void>
  readonly ring: () => void
}

export function createJournalBell(): JournalBell {
  const waiting = new Map<RunId, Waiting>()
  return {
    ring(run) {
      waiting.get(run)?.ring()
      waiting.delete(run)
    },
    next(run) {
      const known = waiting.get(run) ?? createWaiting()
      waiting.set(run, known)
      return known.rung
    },
  }
}

function createWaiting(): Waiting {
  let ring = () => {}
  const rung = new Promise<void>((resolve) => {
    ring = resolve
  })
  return { rung, ring: () => ring() }
}
