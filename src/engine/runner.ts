import type { WireClock, WorldClock } from '../kernel/clock.ts'
import type { RunId, StepKey } from '../kernel/ids.ts'
import { type EpochMs, epochMs, later, type Milliseconds, ms } from '../kernel/units.ts'
import type { Command, Look, Surroundings } from './command.ts'
import { decideNext } from './decide-next.ts'
import { decideRequest } from './decide-request.ts'
import { LeaseLostError } from './errors.ts'
import { chainEntries } from './journal.ts'
import { openSteps } from './open-steps.ts'
import { performCommand } from './perform-command.ts'
import type { Performed } from './performed.ts'
import type { Performer } from './performer.ts'
import type { RunRequest, RunStore } from './ports.ts'
import { reopened } from './reopened.ts'
import type { JournalEntry, RunEvent } from './run-event.ts'
import { applyEntry, foldJournal, type RunState, stepState } from './run-state.ts'
import type { Runbook } from './runbook.ts'
import { contextMaker } from './step-context.ts'
import type { StepList } from './step-list.ts'
import { createTenure, type Tenure } from './tenure.ts'

export interface RunnerParts {
  readonly store: RunStore
  readonly steps: StepList
  /**
   * What the steps of a runbook are given to work with; the engine does not look inside. Asked once
   * each time a run is taken up. What it throws (a missing secret, say) stops this visit, not the run.
   */
  readonly portsOf: (runbook: Runbook) => unknown
  readonly worldClock: WorldClock
  readonly wireClock: WireClock
  /** Names this process in leases and in the journal. */
  readonly holder: string
  /** Wire time. A dead runner's run is looked at again this long after its last sign of life. */
  readonly leaseFor: Milliseconds
  /** Longest that a request to a vendor may be on its way. Wire time; below `leaseFor`. */
  readonly longestRequest: Milliseconds
  /** Called after an entry is durable. */
  readonly onEntry?: (entry: JournalEntry, state: RunState) => void
}

/** Why a runner let go of a run. */
export type Stop =
  | { readonly kind: 'ended'; readonly state: RunState }
  | {
      readonly kind: 'waiting'
      readonly until: EpochMs | undefined
      readonly because: string
      /** `person`: it is paused or held, or nothing but a request wakes it. */
      readonly awaits: 'person' | 'time'
      readonly state: RunState
    }
  | { readonly kind: 'interrupted'; readonly state: RunState }
  | { readonly kind: 'lease-lost' }

export interface Runner {
  /**
   * Takes one run that wants to be looked at as far as it goes, then lets go of it.
   *
   * @param only this run and no other
   * @returns undefined when there is nothing to do
   */
  advance(signal: AbortSignal, only?: RunId): Promise<Stop | undefined>
}

/** When to look again at what. May be lost: that costs looks too early, nothing else. */
interface Looks {
  readonly notBefore: Map<StepKey, EpochMs>
  readonly again: Map<StepKey, Look>
  /** This process has not had the run before. */
  readonly isNew: boolean
}

/** A visit that could not even begin is tried again after this. World time. */
const pauseAfterError = ms(10_000)

/** Far enough ahead for a run that waits for somebody: requests wake it. */
const untilAsked = ms(365 * 86_400_000)

/**
 * The loop of one runner: lease, decide, ask the step, journal the answer.
 *
 * Everything it knows of a run is in the journal; what it keeps beside (when to look again) may be lost.
 */
export function createRunner(parts: RunnerParts): Runner {
  const looksOf = new Map<RunId, Looks>()

  return {
    async advance(signal, only) {
      const { store, holder, leaseFor, worldClock } = parts
      const asked = parts.wireClock.now()
      const lease = await store.claim(holder, leaseFor, worldClock.now(), only)
      if (lease === undefined) return undefined
      const known = lease.takenOver ? undefined : looksOf.get(lease.run)
      const looks = known ?? { notBefore: new Map(), again: new Map(), isNew: true }
      looksOf.set(lease.run, { ...looks, isNew: false })
      const tenure = createTenure(parts, lease, asked)
      return tenure.during(takeRun(parts, tenure, looks, signal))
    },
  }
}

/** A run, and what is asked of it, as of the last look. */
interface Seen {
  readonly state: RunState
  readonly requests: readonly RunRequest[]
}

async function takeRun(
  parts: RunnerParts,
  tenure: Tenure,
  looks: Looks,
  signal: AbortSignal,
): Promise<Stop> {
  try {
    const journal = foldJournal(await parts.store.readJournal(tenure.lease().run))
    const over = await takeOver(parts, tenure, journal)
    const taken = looks.isNew ? await comeAfterGap(parts, tenure, over) : over
    // Asked before anything can fail: a pause or a rollback is on record even where the plan's servers
    // or secrets are out of reach.
    const { state: answered } = await answerRequests(parts, tenure, looks, await look(parts, taken))
    const known = { ...looks, isNew: false }
    const ports = await parts.portsOf(answered.runbook)
    const performer = { steps: parts.steps, contextFor: contextMaker(parts, tenure, ports) }
    let seen = await look(parts, answered)
    for (;;) {
      await tenure.renewIfDue()
      seen = await answerRequests(parts, tenure, known, seen)
      const { state } = seen
      const command = decideNext(state, surroundings(parts, looks))
      // What was announced is done first: a run that is left standing has no write on its way.
      const isAnnounced = command.kind === 'act' || command.kind === 'undo'
      if (signal.aborted && !isAnnounced)
        return await letGo(parts, tenure, { kind: 'interrupted', state }, parts.worldClock.now())
      if (command.kind === 'wait') return await stopAt(parts, tenure, state, command)
      const performed = await performCommand(performer, state, command)
      remember(looks, performed)
      const entries = chainEntries(state.head, parts.worldClock.now(), performed.events)
      const intent = await announce(parts, performer, looks, { state, entries, command, signal })
      seen = await append(parts, tenure, { state, entries: [...entries, ...intent] })
    }
  } catch (thrown) {
    if (thrown instanceof LeaseLostError) return { kind: 'lease-lost' }
    await parts.store.release(tenure.lease(), later(parts.worldClock.now(), pauseAfterError))
    throw thrown
  }
}

function remember({ notBefore, again }: Looks, { lookAgain, looked }: Performed): void {
  if (lookAgain !== undefined) notBefore.set(lookAgain.key, lookAgain.at)
  if (looked === undefined) return
  const { key, at, asItWas } = looked
  again.set(key, asItWas ? { at, seenAt: at } : { ...again.get(key), at })
}

function surroundings(
  { worldClock, steps }: RunnerParts,
  { notBefore, again }: Looks,
): Surroundings {
  const { typeOf, patienceOf, thingOf } = steps
  return { now: worldClock.now(), notBefore, looks: again, typeOf, patienceOf, thingOf }
}

interface Announcing extends Chained {
  readonly command: Command
  readonly signal: AbortSignal
}

/**
 * The intent to make a change, where its way back has just been found open: it shares that answer's commit,
 * for both are to be durable before the write goes out and nothing happens between them. Where somebody
 * asked for something meanwhile, or a guard is due, the change is not announced: nothing is half-done then.
 */
async function announce(
  parts: RunnerParts,
  performer: Performer,
  looks: Looks,
  { state, entries, command, signal }: Announcing,
): Promise<readonly JournalEntry[]> {
  if (command.kind !== 'check-way-back' || signal.aborted) return []
  const next = entries.reduce(applyEntry, state)
  const follows = decideNext(next, surroundings(parts, looks))
  if (follows.kind !== 'record-intent') return []
  const { requests } = await look(parts, state)
  if (requests.length > 0) return []
  const { events } = await performCommand(performer, next, follows)
  return chainEntries(next.head, parts.worldClock.now(), events)
}

function stopAt(
  parts: RunnerParts,
  tenure: Tenure,
  state: RunState,
  { until, because }: { readonly until: EpochMs | undefined; readonly because: string },
): Promise<Stop> {
  const wakeAt = until ?? later(parts.worldClock.now(), untilAsked)
  const stop: Stop =
    state.outcome === undefined
      ? { kind: 'waiting', until, because, awaits: awaited(state, until), state }
      : { kind: 'ended', state }
  return letGo(parts, tenure, stop, wakeAt)
}

function awaited(state: RunState, until: EpochMs | undefined): 'person' | 'time' {
  const isHeld = openSteps(state).some(({ key }) => stepState(state, key).held !== undefined)
  return until === undefined || state.paused !== undefined || isHeld ? 'person' : 'time'
}

async function letGo(
  parts: RunnerParts,
  tenure: Tenure,
  stop: Stop,
  wakeAt: number,
): Promise<Stop> {
  await parts.store.release(tenure.lease(), epochMs(wakeAt))
  return stop
}

/**
 * After a holder that vanished: its last request may still be on its way, so nothing is asked before. The same
 * where the database was promoted: it may have had a holder of which the lost commits knew.
 */
async function takeOver(parts: RunnerParts, tenure: Tenure, state: RunState): Promise<RunState> {
  const { takenOver, promotedFrom, timeline, quarantine, holder, fencing } = tenure.lease()
  const isPromoted = promotedFrom !== undefined && timeline !== undefined
  if (!takenOver && !isPromoted) return state
  await parts.wireClock.sleep(ms(quarantine + parts.longestRequest))
  const events: RunEvent[] = takenOver ? [{ kind: 'runner-took-over', holder, fencing }] : []
  if (isPromoted) events.push({ kind: 'database-promoted', from: promotedFrom, to: timeline })
  // What comes next is not known before the world was read back.
  else events.push(...reopened(state, parts.worldClock.now()))
  return note(parts, tenure, state, events)
}

async function note(
  parts: RunnerParts,
  tenure: Tenure,
  state: RunState,
  events: readonly RunEvent[],
): Promise<RunState> {
  const entries = chainEntries(state.head, parts.worldClock.now(), events)
  return (await append(parts, tenure, { state, entries })).state
}

async function look({ store }: RunnerParts, state: RunState): Promise<Seen> {
  return { state, requests: await store.pendingRequests(state.run) }
}

/**
 * Nobody was there when the run wanted to be looked at: a server was stopped, or died between two looks. What
 * people were given time for begins anew. Noted once by each process, so that none keeps a hold from its end.
 */
function comeAfterGap(parts: RunnerParts, tenure: Tenure, state: RunState): Promise<RunState> {
  const { takenOver, promotedFrom, dueSince, holder } = tenure.lease()
  const isGap = parts.worldClock.now() > later(dueSince, parts.leaseFor)
  const isBegun = state.head.seq > 1 && state.outcome === undefined
  // A run that an operator has stopped waits for nobody who comes: `resume` begins the time anew.
  const isNoted = takenOver || promotedFrom !== undefined
  if (isNoted || !isGap || !isBegun || state.paused !== undefined) return Promise.resolve(state)
  const came: RunEvent = { kind: 'runner-came', holder, since: dueSince }
  return note(parts, tenure, state, [came, ...reopened(state, parts.worldClock.now())])
}

async function answerRequests(
  parts: RunnerParts,
  tenure: Tenure,
  looks: Looks,
  seen: Seen,
): Promise<Seen> {
  let current = seen
  for (;;) {
    const { state, requests } = current
    const [request] = requests
    if (request === undefined) return current
    const now = parts.worldClock.now()
    const answer = decideRequest(state, request, { now, takesUp: looks.isNew })
    const entries = chainEntries(state.head, now, answer)
    current = await append(parts, tenure, { state, entries, handled: [request.id] })
    // Whoever asks wants an answer now, not at the next look that was planned.
    looks.notBefore.clear()
  }
}

interface Chained {
  readonly state: RunState
  readonly entries: readonly JournalEntry[]
}

async function append(
  parts: RunnerParts,
  tenure: Tenure,
  { state, entries, handled }: Chained & { readonly handled?: readonly string[] },
): Promise<Seen> {
  if (entries.length === 0) return look(parts, state)
  const requests = await parts.store.append(tenure.lease(), entries, handled)
  const after = entries.reduce((current, entry) => {
    const next = applyEntry(current, entry)
    parts.onEntry?.(entry, next)
    return next
  }, state)
  return { state: after, requests }
}
