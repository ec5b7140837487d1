import type { JournalEntry, RunNews } from './contract/journal.ts'
import type { Answer, AskRun } from './contract/request.ts'
import type { Run, RunSummary, StartedRun, StartRun } from './contract/run.ts'
import type { ServerFacts } from './contract/server.ts'

/**
 * Where runs are started, looked at and asked: over HTTP at a server, or in this process on its database.
 *
 * A run is named by its id, or by its wave, which stands for the wave's latest run.
 */
export interface RunDesk {
  list(): Promise<readonly RunSummary[]>
  show(name: string): Promise<Run>
  journal(name: string): Promise<readonly JournalEntry[]>
  start(wish: StartRun): Promise<StartedRun>
  /**
   * Waits for the run's answer; until `signal`, then it says that there is none yet.
   *
   * A run that has ended answers too: it refuses.
   */
  ask(name: string, wish: AskRun, signal: AbortSignal): Promise<Answer>
  /**
   * Each entry once it is durable, those after number `after`; ends after the run's last one, or with `signal`.
   * Over HTTP it also ends when the server does.
   */
  follow(name: string, after: number, signal: AbortSignal): AsyncIterable<RunNews>
}

/** What a server is made of. */
export interface ApiParts {
  readonly desk: RunDesk
  /** What a run can be asked for. */
  readonly verbs: readonly string[]
  /** Whoever sends it may do everything: not for logs, nor for errors. */
  readonly token: string
  readonly facts: ServerFacts
  /** Whether the database answers. */
  isReady(): Promise<boolean>
  /** Told of what went wrong unexpectedly; the caller is told only that it did. */
  report(thrown: unknown): void
}
