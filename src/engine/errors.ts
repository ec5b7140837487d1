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
 * To do: `changeover status <run>` shows it and who has it; go on with it (`changeover resume <run>` where nobody has
 * it), or take it back first: `changeover rollback <run>`.
 */
export class RunAlreadyOpenError extends ChangeoverError {
  readonly code = 'engine.run-already-open'
  readonly remedy = 'operator'

  constructor(runbook: string, run: RunId) {
    super(`${runbook} is already being run as ${run}`, { details: { runbook, run } })
  }
}

/** What is known where no run was found. */
interface Known {
  /** Where runs are kept, for people. */
  readonly place?: string
  readonly runs: readonly RunId[]
}

/** So many of the runs that there are, the latest. */
const mostNamed = 5

/**
 * No run has this id or name.
 *
 * To do: take one of the runs that the message names; if it is not among them, see whether `CHANGEOVER_DATA` (or
 * `DATABASE_URL`) names the place where it was begun.
 */
export class RunNotFoundError extends ChangeoverError {
  readonly code = 'engine.run-not-found'
  readonly remedy = 'operator'

  constructor(run: string, known?: Known) {
    const where = known?.place === undefined ? '' : ` in ${known.place}`
    super(`there is no run ${run}${where}${namesOf(known)}`, { details: { run, ...known } })
  }
}

function namesOf(known: Known | undefined): string {
  if (known === undefined) return ''
  const { runs } = known
  if (runs.length === 0) return '; it has none'
  const more = runs.length > mostNamed ? ` and ${runs.length - mostNamed} before them` : ''
  return `; it has ${runs.slice(-mostNamed).join(', ')}${more}`
}
