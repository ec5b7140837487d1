import { sayReadBack } from '../engine/decide-read-back.ts'
import { openSteps } from '../engine/open-steps.ts'
import type { JournalEntry } from '../engine/run-event.ts'
import { type RunState, stepState } from '../engine/run-state.ts'
import type { PlannedStep } from '../engine/runbook.ts'
import type { StepState } from '../engine/step-state.ts'
import type { JournalEntry as EntryOfContract } from '../http/contract/journal.ts'
import type * as contract from '../http/contract/run.ts'
import type { EpochMs, Milliseconds } from '../kernel/units.ts'

/** A run as the API shows it. */
export function describeRun(state: RunState, now: EpochMs, toSafe: Milliseconds): contract.Run {
  const { run, runbook, by, createdAt, direction, outcome, rollbackBecause, paused, head } = state
  const { kind, name, plan } = runbook
  return {
    run,
    runbook: { kind, name, plan: plan.name },
    by,
    createdAt,
    now,
    direction,
    ...(outcome === undefined ? {} : { outcome }),
    ...(rollbackBecause === undefined ? {} : { rollbackBecause }),
    ...(paused === undefined ? {} : { paused }),
    ...describeReadBack(state),
    entries: head.seq,
    head: head.hash,
    timeToSafeMs: outcome === undefined ? toSafe : 0,
    overrides: [...runbook.overrides],
    steps: runbook.steps.map((planned) => describeStep(planned, stepState(state, planned.key))),
    open: openSteps(state).map(({ key }) => key),
  }
}

/** Of an open run, for lists: which way it goes, and what stops it. */
export function describeDoing(
  state: RunState,
): Pick<contract.RunSummary, 'direction' | 'paused' | 'held'> {
  const { direction, paused, runbook, promotion } = state
  const asFound = promotion?.readBack?.found === undefined ? [] : [{ because: sayReadBack(state) }]
  const held = runbook.steps.flatMap(({ key }) => {
    const because = stepState(state, key).held?.because
    return because === undefined ? [] : [{ step: key, because }]
  })
  return { direction, ...(paused === undefined ? {} : { paused }), held: [...asFound, ...held] }
}

function describeReadBack(state: RunState): Pick<contract.Run, 'readBack'> {
  const readBack = state.promotion?.readBack
  if (readBack === undefined) return {}
  const { from, to, found = { lost: [], undone: [] } } = readBack
  const keys = (those: readonly { readonly step: string }[]) => those.map(({ step }) => step)
  const because = sayReadBack(state)
  return { readBack: { from, to, because, lost: keys(found.lost), undone: keys(found.undone) } }
}

function describeStep(planned: PlannedStep, step: StepState): contract.Step {
  const { key, kind, title, visited } = planned
  const { phase, seen, waitingFor, held, trouble } = step
  return {
    ...{ key, kind, title, visited, phase: phase.kind },
    ...(seen === undefined ? {} : { seen }),
    ...(waitingFor === undefined ? {} : { waitingFor }),
    ...(held === undefined ? {} : { heldBecause: held.because }),
    ...(held?.expects === undefined ? {} : { expects: held.expects }),
    ...(trouble === undefined ? {} : { trouble: describeTrouble(trouble) }),
  }
}

function describeTrouble({ error, attempts }: NonNullable<StepState['trouble']>) {
  const { code, message } = error
  return { code, message, attempts }
}

/** The entry as it was hashed. */
export function describeEntry(entry: JournalEntry): EntryOfContract {
  const { run, seq, at, event, previousHash, hash } = entry
  return { run, seq, at, event, previousHash, hash }
}
