import type { StepKey } from '../kernel/ids.ts'
import { type EpochMs, later, type Milliseconds, ms } from '../kernel/units.ts'
import type { Command, Surroundings } from './command.ts'
import { type RunState, stepState } from './run-state.ts'
import type { PlannedStep } from './runbook.ts'
import { mayHaveChanged, preImage } from './step-state.ts'
import { isAtRest } from './visits.ts'

/*
 * What this run has done must stay so until it ends or takes it back (X7). Layers of fencing stop a holder
 * that has lost its lease; what slips through all of them (a process frozen between its last check and the
 * send, a request delayed inside the vendor) is found here by looking again.
 */

/**
 * So long after a holder vanished, or a write ended in an error, one of its writes may still arrive. Nothing of
 * ours starts one later: what is left are bytes of a connection that its other end closes when idle, within minutes.
 */
const latestArrival = ms(15 * 60_000)

/** World time between two looks while a write may come late and callers depend on the run: the bound of X7. */
export const closeLooks = ms(60_000)
/** Else what is looked for is somebody else's doing. */
export const wideLooks = ms(30 * 60_000)
/** While nobody depends on the run: three days of waiting for caches are not to be a day's worth of calls. */
export const restingLooks = ms(12 * 3_600_000)

type Around = Pick<Surroundings, 'now' | 'looks' | 'thingOf'>
type LookAgain = Extract<Command, { kind: 'look-again' }>

/** The first that is to be looked at again by now. */
export function dueAgain(state: RunState, around: Around): LookAgain | undefined {
  return lookAt(state, around, (planned) => around.now >= nextLook(state, planned, around))
}

/** Before a run ends everything is looked at once more: what it says of itself then is what people go by. */
export function dueBeforeEnd(state: RunState, around: Around): LookAgain | undefined {
  return lookAt(state, around, ({ key }) => {
    const tried = around.looks.get(key)?.at ?? stepState(state, key).endedAt
    return !isOfTheEnd(state, tried)
  })
}

/** What could not be looked at before the end. */
export function unseenAtEnd(state: RunState, around: Around): readonly PlannedStep[] {
  return standing(state, around.thingOf).filter(
    (planned) => !isOfTheEnd(state, goodSince(state, planned, around)),
  )
}

/**
 * Not older than the last that happened in the run, but for a minute. Told from the journal and not from now:
 * however long the looks themselves take, each is made once.
 */
function isOfTheEnd({ lastAt }: RunState, at: EpochMs | undefined): boolean {
  return at !== undefined && lastAt <= later(at, closeLooks)
}

/** When the next look at something that is done is due; undefined where nothing is. */
export function nextLooks(state: RunState, around: Around): readonly EpochMs[] {
  return standing(state, around.thingOf).map((planned) => nextLook(state, planned, around))
}

/**
 * The changes whose effect must be found in the world now: of each thing the last one made or, going back, the
 * last one undone. What is under way, or was left to itself by an operator, is nothing to hold on to.
 */
export function standing(
  state: RunState,
  thingOf: Surroundings['thingOf'],
): readonly PlannedStep[] {
  // What stands is not known before the world was read back, and what was found then was judged.
  if (state.promotion?.readBack !== undefined) return []
  const { steps } = state.runbook
  const byThing = new Map<string, PlannedStep>()
  for (const planned of state.direction === 'forward' ? steps : steps.toReversed()) {
    const stands = howItStands(state, planned)
    const thing = stands === 'untouched' ? undefined : thingOf(planned)
    if (thing === undefined) continue
    if (stands === 'whole') byThing.set(thing, planned)
    else byThing.delete(thing)
  }
  return [...byThing.values()]
}

function howItStands(state: RunState, { key }: PlannedStep): 'untouched' | 'whole' | 'open' {
  const step = stepState(state, key)
  const { phase } = step
  if (state.direction === 'back' && phase.kind === 'back')
    return step.skippedBack === true ? 'open' : 'whole'
  if (state.direction === 'back' && phase.kind === 'verified') return 'untouched'
  if (phase.kind === 'verified') return phase.changed ? 'whole' : 'open'
  return mayHaveChanged(step) || phase.kind === 'skipped' ? 'open' : 'untouched'
}

function lookAt(
  state: RunState,
  around: Around,
  isDue: (planned: PlannedStep) => boolean,
): LookAgain | undefined {
  if (state.paused !== undefined) return undefined
  const step = standing(state, around.thingOf).find(isDue)
  if (step === undefined) return undefined
  const before = preImage(stepState(state, step.key).phase)
  return { kind: 'look-again', step, before, ours: mayBeOurs(state, step, around) }
}

/**
 * Whether what is found otherwise may have been written since it was last seen by a late write of this run.
 *
 * Going forward a run only acts, and to act late is to do what is done already: unless the thing was changed by
 * an earlier step too, whose act is another. What is found undone was undone by somebody else.
 */
function mayBeOurs(state: RunState, planned: PlannedStep, around: Around): boolean {
  const { unsettledSince } = state
  if (unsettledSince === undefined) return false
  if (state.direction === 'forward' && !isChangedBefore(state, planned, around)) return false
  const seen = goodSince(state, planned, around) ?? state.createdAt
  return seen <= later(unsettledSince, latestArrival)
}

function isChangedBefore(state: RunState, planned: PlannedStep, { thingOf }: Around): boolean {
  const { steps } = state.runbook
  return steps
    .slice(0, steps.indexOf(planned))
    .some((one) => mayHaveChanged(stepState(state, one.key)) && thingOf(one) === thingOf(planned))
}

function nextLook(state: RunState, planned: PlannedStep, around: Around): EpochMs {
  const last = around.looks.get(planned.key)?.at
  if (last !== undefined) return later(last, interval(state, last))
  const { endedAt } = stepState(state, planned.key)
  // Done before somebody came after a gap: whoever comes looks first.
  if (endedAt === undefined || endedAt < state.attendedSince) return state.attendedSince
  return later(endedAt, interval(state, endedAt))
}

function interval(state: RunState, from: EpochMs): Milliseconds {
  const { unsettledSince } = state
  const isSettled = unsettledSince === undefined || from > later(unsettledSince, latestArrival)
  if (isAtRest(state)) return restingLooks
  return isSettled ? wideLooks : closeLooks
}

function goodSince(
  state: RunState,
  { key }: { readonly key: StepKey },
  { looks }: Around,
): EpochMs | undefined {
  return looks.get(key)?.seenAt ?? stepState(state, key).endedAt
}
