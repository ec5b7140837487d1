import type { StepKey } from '../kernel/ids.ts'
import type { Milliseconds } from '../kernel/units.ts'
import type { Direction } from './step.ts'

/** One step of a runbook: which kind, with which input, and when it is visited. */
export interface PlannedStep {
  /** Unique within the runbook, stable over software versions: `stage-20.share`. */
  readonly key: StepKey
  readonly kind: string
  /** Short name for the terminal: `stage 20%`. */
  readonly title: string
  /** Plain JSON; parsed by the step's schema whenever the step is asked. */
  readonly input: unknown
  /**
   * When it is visited. Changes: `forward` (their undo belongs to them). A check may also, or only, be
   * asked on the way back: after `select` is undone, caches must drain before the target is disarmed.
   */
  readonly visited: Direction | 'both'
  /** Once this step is verified the run may be left standing here: every caller is whole without us. */
  readonly restsAfter: boolean
  /**
   * On the way back nothing planned before it is touched until it is back. What is no barrier and stuck is
   * passed over, and tried again whenever it is due: a dead target must not keep callers from being sent
   * back. Checks that are visited on the way back are barriers where they say nothing else.
   */
  readonly barrier?: boolean
  /**
   * On the way back it is not visited before these are back, or were left as they are by an operator, however
   * long they are stuck: agents don't leave a side that still keeps their callers. A change waits by itself
   * for later changes of the same thing.
   */
  readonly undoneAfter?: readonly StepKey[]
}

/** Watched from the end of one step to the end of another; when it fails, the run goes back (W4.2). */
export interface Guard {
  readonly key: StepKey
  readonly kind: string
  readonly title: string
  readonly input: unknown
  readonly after: StepKey
  readonly until: StepKey
  /** World time between two looks. */
  readonly every: Milliseconds
}

/** An ordered list of steps with its guards: what a run executes. Kept in the run's first journal entry. */
export interface Runbook {
  /** `wave`, later `failover`, `port` … */
  readonly kind: string
  /** What it is about, for people: `dallas`. */
  readonly name: string
  /** `settings` is the plan itself, as plain data that the engine does not look into: a run goes on with what it was started with. */
  readonly plan: {
    readonly name: string
    readonly digest: string
    readonly file: string
    readonly settings: unknown
  }
  readonly steps: readonly PlannedStep[]
  readonly guards: readonly Guard[]
  /** Named deviations from policy, shown wherever the run is shown. */
  readonly overrides: readonly string[]
}
