import { errorFacts } from '../kernel/errors.ts'
import type { StepKey } from '../kernel/ids.ts'
import { epochMs, later } from '../kernel/units.ts'
import { readBackKey } from './decide-read-back.ts'
import { LeaseLostError } from './errors.ts'
import { isNoted, one, type Performed, usualPause } from './performed.ts'
import type { Performer } from './performer.ts'
import { isMade, isUndone, type Reading, type Sight, sightOf, stepsToCome } from './read-back.ts'
import { reopened } from './reopened.ts'
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
  const [failed] = [...forward.failures, ...made.failures]
  const { lost } = forward
  const { undone } = made
  if (state.direction === 'back') {
    const unread = forward.failures.map(({ step, thrown }) => {
      return { step, because: errorFacts(thrown).message }
    })
    const said = unread.length === 0 ? {} : { unread }
    return one({ kind: 'read-back', looked, lost, undone, ...said })
  }
  if (failed === undefined) {
    const readBack: ReadBackEvent = { kind: 'read-back', looked, lost, undone }
    const isAsJournalled = lost.length === 0 && undone.length === 0
    return { events: [readBack, ...(isAsJournalled ? reopened(state, nowOf(performer)) : [])] }
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

type Failed = Extract<Read, { kind: 'failed' }>

interface Looks {
  readonly looked: number
  readonly failures: readonly Failed[]
}

interface LooksBack extends Looks {
  readonly undone: readonly Undone[]
}

const nothing: LooksBack = { looked: 0, failures: [], undone: [] }

async function lookForward(
  performer: Performer,
  state: RunState,
): Promise<Looks & { readonly lost: readonly Lost[] }> {
  const lost: Lost[] = []
  // Steps by hand, of which nothing can be read: done, if anything after them is.
  const unreadable: Lost[] = []
  const failures: Failed[] = []
  let looked = 0
  for await (const { planned, read, later } of readToCome(performer, state, failures)) {
    looked += 1
    const { sight, found } = sightOfStep(performer, planned, read, later)
    if (sight === 'ends') break
    if (sight === 'by-hand') unreadable.push(found)
    if (sight === 'lost') lost.push(...unreadable.splice(0), found)
  }
  return { looked, lost, failures }
}

/**
 * Every change to come, in order, as it is read. Going forward what can't be read ends it, and is read again until it
 * can be; going back what is behind it may have been made all the same.
 */
async function* readToCome(performer: Performer, state: RunState, failures: Failed[]) {
  const toCome = stepsToCome(state)
  for (const [index, planned] of toCome.entries()) {
    const read = await readStep(performer, state, planned)
    if (read.kind === 'failed') failures.push(read)
    if (read.kind === 'failed' && state.direction === 'forward') return
    if (read.kind === 'read') yield { planned, read, later: toCome.slice(index + 1) }
  }
}

function sightOfStep(
  performer: Performer,
  planned: PlannedStep,
  { reading, now, done }: Extract<Read, { kind: 'read' }>,
  later: readonly PlannedStep[],
): { readonly sight: Sight; readonly found: Lost } {
  const sight = sightOf(reading)
  const found = { step: planned.key, trace: reading.trace, now, done }
  if (sight === 'ends' && isReplaced(performer, planned, now, later))
    return { sight: 'lost', found: { ...found, replaced: true } }
  return { sight, found }
}

/** Whether the thing is as a later step of its kind leaves it, so that nothing of this one can be seen: a share that rose twice. */
function isReplaced(
  performer: Performer,
  planned: PlannedStep,
  now: unknown,
  later: readonly PlannedStep[],
): boolean {
  const thing = thingOf(performer, planned)
  return later.some((one) => {
    if (thing === undefined || one.kind !== planned.kind || thingOf(performer, one) !== thing)
      return false
    const { definition, input } = performer.steps.bind(one)
    return definition.type === 'change' && traceOf(definition, input, now) === 'all'
  })
}

async function lookAtMade(
  performer: Performer,
  state: RunState,
  { lost }: { readonly lost: readonly Lost[] },
): Promise<LooksBack> {
  const undone: Undone[] = []
  const byHand: StepKey[] = []
  const standing = stillStanding(performer, state, lost)
  for (const [index, planned] of standing.entries()) {
    const read = await readStep(performer, state, planned)
    if (read.kind === 'failed') return { looked: index, undone, failures: [read] }
    if (read.kind === 'check') continue
    const { trace } = read.reading
    if (trace === 'unreadable') byHand.push(planned.key)
    if (isUndone(read.reading)) undone.push({ step: planned.key, trace, now: read.now })
  }
  const askedAgain = handsToAskAgain(state, undone, byHand)
  return { looked: standing.length, undone: [...undone, ...askedAgain], failures: [] }
}

/**
 * What a person did by hand for a step that was undone, was undone by hand with it, most likely: it is asked for again
 * before the step is done again. It comes directly before the first of them, or after.
 */
function handsToAskAgain(
  { runbook }: RunState,
  undone: readonly Undone[],
  byHand: readonly StepKey[],
): readonly Undone[] {
  const keys = runbook.steps.map(({ key }) => key)
  const places = undone.map(({ step }) => keys.indexOf(step))
  if (places.length === 0) return []
  let first = Math.min(...places)
  while (byHand.some((key) => key === keys[first - 1])) first -= 1
  return byHand
    .filter((key) => keys.indexOf(key) >= first)
    .map((step) => ({ step, trace: 'unreadable', now: null }))
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
  { step, thrown }: Failed,
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
