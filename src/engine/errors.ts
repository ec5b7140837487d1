import { ChangeoverError } from '../kernel/errors.ts'
import type { RunId, StepKey } from '../kernel/ids.ts'

/**
 * Another runner holds the run now, or the database was promoted and knows nothing of this lease; this one
 * stopped before it wrote (promise 5).
 *
 * To do: nothing. The new holder reads back what was under way and goes on.
 */
export class LeaseLostError extends ChangeoverError {
  readonly code = 'engine.lease-lost'
  readonly remedy = 'wait'

  constructor(run: RunId, holder: string) {
    super(`run ${run} is no longer held by ${holder}; nothing was written`, {
      details: { run, holder },
    })
  }
}

/**
 * What a step had verified is found otherwise, and no write of this run can have done it: somebody changed
 * it, or the vendor took it back. Nothing is written over it.
 *
 * To do: find out who changed it and why. Once it is put right, `changeover retry <run>` looks, does what is
 * left to do and goes on; `skip` leaves it as it is found, `rollback` takes everything back.
 */
export class ChangedByOthersError extends ChangeoverError {
  readonly code = 'engine.changed-by-others'
  readonly remedy = 'operator'

  constructor(title: string, found: string) {
    super(`${title} was verified, and is found changed by somebody else: ${found}`, {
      details: { title, found },
    })
  }
}

/**
 * What a step found before it changed something was in commits that are lost since the database failed
 * over, so the step can't put it back by itself. The way back goes on with the others first.
 *
 * To do: put it back by hand, as `changeover journal show <run>` and the plan say it was before; then
 * `changeover skip <run> --step <step>` with a reason and a second person.
 */
export class PreImageLostError extends ChangeoverError {
  readonly code = 'engine.pre-image-lost'
  readonly remedy = 'operator'

  constructor(step: StepKey) {
    super(`what was there before ${step} is lost with the database's last commits`, {
      details: { step },
    })
  }
}

/**
 * The same runbook is already being executed; a second run beside it would be a second authority.
 *
 * To do: `changeover status` shows it; go on with that one, or roll it back first.
 */
export class RunAlreadyOpenError extends ChangeoverError {
  readonly code = 'engine.run-already-open'
  readonly remedy = 'operator'

  constructor(runbookName: string, open: RunId) {
    super(`${runbookName} is already being run as ${open}`, { details: { runbookName, open } })
  }
}

/**
 * No run has this id or name.
 *
 * To do: `changeover status` lists the runs of this data directory.
 */
export class RunNotFoundError extends ChangeoverError {
  readonly code = 'engine.run-not-found'
  readonly remedy = 'operator'

  constructor(run: string) {
    super(`there is no run ${run}`, { details: { run } })
  }
}
