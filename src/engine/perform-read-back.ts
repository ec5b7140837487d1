import { errorFacts } from '../kernel/errors.ts'
import type { StepKey } from '../kernel/ids.ts'
import { epochMs, later } from '../kernel/units.ts'
import { readBackKey } from './decide-read-back.ts'
import { reopened } from './decide-request.ts'
import { LeaseLostError } from './errors.ts'
import { isNoted, one, type Performed, usualPause } from './performed.ts'
import type { Performer } from './performer.ts'
import { isMade, isUndone, type Reading, sightOf, stepsToCome } from './read-back.ts'
import type { RunEvent } from './run-event.ts'
import { type RunState, stepState } from './run-state.ts'
import type { PlannedStep } from './runbook.ts'
import { traceOf } from './step.ts'
import { mayHaveChanged, preImage } from './step-state.ts'

type ReadBackEvent = Extract<RunEvent, { kind: 'read-back' }>
type Lost = ReadBackEvent['lost'][number]
type Undone = ReadBackEvent['undone'][number]

/**
 * Looks, after a promotion, for what the lost commits made and undid; writes nothing to the outside.
 *
 * All of it is one entry: killed before that, it is read again. Going forward what can't be read is
 * read again until it can; a run that was told to go back goes, and says what it has not seen.
 */
export async function performReadBack(performer: Performer, state: RunState): Promise<Performed> {
  if (state.promotion?.readBack?.direction === 'back')
    return one({ kind: 'read-back', looked: 0, lost: [], undone: [] })
  const forward = await lookForward(performer, state)
  const made = state.direction === 'back' ? nothing : await lookAtMade(performer, state, forward)
  const looked = forward.looked + made.looked
  const failed = forward.failed ?? made.failed
  const { lost } = forward
  const { undone } = made
  if (failed === undefined) {
    const readBack: ReadBackEvent = { kind: 'read-back', looked, lost, undone }
    const isAsJournalled = lost.length === 0 && undone.length === 0
    return { events: [readBack, ...(isAsJournalled ? reopened(state, nowOf(performer)) : [])] }
  }
  if (state.direction === 'back') {
    const unread = [{ step: failed.step, because: errorFacts(failed.thrown).message }]
    return one({ kind: 'read-back', looked, lost, undone, unread })
  }
  return lookAgain(performer, state, failed)
}

/** What was read of a change; nothing of a check, which changes none. */
type Read =
  | { readonly kind: 'check' }
  | {
      readonly kind: 'read'
      readonly reading: Reading
      readonly now: unknown
      readonly done: boolean
    }
  | { readonly kind: 'failed'; readonly step: StepKey; readonly thrown: unknown }

interface Looks {
  readonly looked: number
  readonly failed?: Extract<Read, { kind: 'failed' }>
}

const nothing: Looks & { readonly undone: readonly Undone[] } = { looked: 0, undone: [] }

async function lookForward(
  performer: Performer,
  state: RunState,
): Promise<Looks & { readonly lost: readonly Lost[] }> {
  const lost: Lost[] = []
  // Steps by hand, of which nothing can be read: done, if anything after them is.
  const unreadable: Lost[] = []
  let looked = 0
  for (const planned of stepsToCome(state)) {
    const read = await readStep(performer, state, planned)
    if (read.kind === 'failed') return { looked, lost, failed: read }
    if (read.kind === 'check') continue
    looked += 1
    const { reading, now, done } = read
    const found = { step: planned.key, trace: reading.trace, now, done }
    const sight = sightOf(reading)
    if (sight === 'ends') break
    if (sight === 'by-hand') unreadable.push(found)
    if (sight === 'lost') lost.push(...unreadable.splice(0), found)
  }
  return { looked, lost }
}

async function lookAtMade(
  performer: Performer,
  state: RunState,
  { lost }: { readonly lost: readonly Lost[] },
): Promise<Looks & { readonly undone: readonly Undone[] }> {
  const undone: Undone[] = []
  const standing = stillStanding(performer, state, lost)
  for (const [index, planned] of standing.entries()) {
    const read = await readStep(performer, state, planned)
    if (read.kind === 'failed') return { looked: index, undone, failed: read }
    if (read.kind === 'check' || !isUndone(read.reading)) continue
    undone.push({ step: planned.key, trace: read.reading.trace, now: read.now })
  }
  return { looked: standing.length, undone }
}

/**
 * Changes that were made, the last one first: in the order in which they are undone. Not those whose thing a
 * later step has changed again, or may have: a lowered TTL that was restored since.
 */
function stillStanding(
  performer: Performer,
  state: RunState,
  lost: readonly Lost[],
): readonly PlannedStep[] {
  const changedLater = new Set<string>()
  return state.runbook.steps.toReversed().filter((planned) => {
    const step = stepState(state, planned.key)
    if (!mayHaveChanged(step) && !lost.some(({ step: key }) => key === planned.key)) return false
    const thing = thingOf(performer, planned)
    if (thing === undefined) return isMade(step)
    if (changedLater.has(thing)) return false
    changedLater.add(thing)
    return isMade(step)
  })
}

/** A kind that this version does not know has none that could be known. */
function thingOf({ steps }: Performer, planned: PlannedStep): string | undefined {
  try {
    const { definition, input } = steps.bind(planned)
    return definition.type === 'change' ? definition.leaves?.thing(input) : undefined
  } catch {
    return undefined
  }
}

async function readStep(
  performer: Performer,
  state: RunState,
  planned: PlannedStep,
): Promise<Read> {
  try {
    const { definition, input } = performer.steps.bind(planned)
    if (definition.type === 'check') return { kind: 'check' }
    const context = performer.contextFor(nowOf(performer), 'forward')
    const now = (await definition.observe(input, context)) ?? null
    const { phase } = stepState(state, planned.key)
    const before = preImage(phase)
    const reading = {
      phase,
      trace: traceOf(definition, input, now),
      ...(before === undefined ? {} : { traceBefore: traceOf(definition, input, before) }),
    }
    return { kind: 'read', reading, now, done: definition.isDone(input, now) }
  } catch (thrown) {
    if (thrown instanceof LeaseLostError) throw thrown
    return { kind: 'failed', step: planned.key, thrown }
  }
}

/** Nothing is written until it was read; so it is asked again, whatever the error. */
function lookAgain(
  performer: Performer,
  { promotion }: RunState,
  { step, thrown }: NonNullable<Looks['failed']>,
): Performed {
  const error = errorFacts(thrown)
  const now = nowOf(performer)
  const lookAgain = { key: readBackKey, at: later(now, usualPause) }
  const last = promotion?.readBack?.failed
  const isTold = last?.step === step && last.error.code === error.code && isNoted(last, now)
  return { events: isTold ? [] : [{ kind: 'read-back-failed', step, error }], lookAgain }
}

function nowOf(performer: Performer) {
  return performer.contextFor(epochMs(0), 'forward').clock.now()
}
