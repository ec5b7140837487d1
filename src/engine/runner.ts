import { epoch, type WriteLimits } from '../kernel/authority.ts'
import type { WireClock, WorldClock } from '../kernel/clock.ts'
import type { RunId, StepKey } from '../kernel/ids.ts'
import { type EpochMs, epochMs, later, type Milliseconds, ms } from '../kernel/units.ts'
import { decideNext } from './decide-next.ts'
import { decideRequest } from './decide-request.ts'
import { LeaseLostError } from './errors.ts'
import { chainEntries } from './journal.ts'
import { performCommand } from './perform-command.ts'
import type { Known } from './performer.ts'
import type { Lease, RunStore } from './ports.ts'
import type { JournalEntry, RunEvent } from './run-event.ts'
import { applyEntry, foldJournal, type RunState } from './run-state.ts'
import type { Runbook } from './runbook.ts'
import type { Direction, StepContext } from './step.ts'
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
  const notBefore = new Map<RunId, Map<StepKey, EpochMs>>()

  return {
    async advance(signal, only) {
      const { store, holder, leaseFor, worldClock } = parts
      const asked = parts.wireClock.now()
      const lease = await store.claim(holder, leaseFor, worldClock.now(), only)
      if (lease === undefined) return undefined
      const looks = notBefore.get(lease.run) ?? new Map<StepKey, EpochMs>()
      notBefore.set(lease.run, looks)
      return takeRun(parts, createTenure(parts, lease, asked), looks, signal)
    },
  }
}

async function takeRun(
  parts: RunnerParts,
  tenure: Tenure,
  looks: Map<StepKey, EpochMs>,
  signal: AbortSignal,
): Promise<Stop> {
  try {
    let state = foldJournal(await parts.store.readJournal(tenure.lease().run))
    state = await takeOver(parts, tenure, state)
    // Asked before anything can fail: a pause or a rollback is on record even where the plan's servers
    // or secrets are out of reach.
    state = await answerRequests(parts, tenure, { state, looks })
    const ports = await parts.portsOf(state.runbook)
    for (;;) {
      await tenure.renewIfDue()
      state = await answerRequests(parts, tenure, { state, looks })
      const command = decideNext(state, {
        now: parts.worldClock.now(),
        notBefore: looks,
        typeOf: parts.steps.typeOf,
        patienceOf: parts.steps.patienceOf,
      })
      // What was announced is done first: a run that is left standing has no write on its way.
      const isAnnounced = command.kind === 'act' || command.kind === 'undo'
      if (signal.aborted && !isAnnounced)
        return await letGo(parts, tenure, { kind: 'interrupted', state }, 0)
      if (command.kind === 'wait') return await stopAt(parts, tenure, state, command)
      const performed = await tenure.during(
        performCommand(
          { steps: parts.steps, contextFor: contextMaker(parts, tenure, ports) },
          state,
          command,
        ),
      )
      const { lookAgain } = performed
      if (lookAgain !== undefined) looks.set(lookAgain.key, lookAgain.at)
      state = await append(parts, tenure, { state, events: performed.events })
    }
  } catch (thrown) {
    if (thrown instanceof LeaseLostError) return { kind: 'lease-lost' }
    await parts.store.release(tenure.lease(), later(parts.worldClock.now(), pauseAfterError))
    throw thrown
  }
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
      ? { kind: 'waiting', until, because, state }
      : { kind: 'ended', state }
  return letGo(parts, tenure, stop, wakeAt)
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
  const events = takeOverEvents(tenure.lease())
  if (events.length === 0) return state
  const { quarantine } = tenure.lease()
  await tenure.during(parts.wireClock.sleep(ms(quarantine + parts.longestRequest)))
  return append(parts, tenure, { state, events })
}

function takeOverEvents(lease: Lease): readonly RunEvent[] {
  const { takenOver, holder, fencing, promotedFrom, timeline } = lease
  const events: RunEvent[] = []
  if (takenOver) events.push({ kind: 'runner-took-over', holder, fencing })
  if (promotedFrom !== undefined && timeline !== undefined)
    events.push({ kind: 'database-promoted', from: promotedFrom, to: timeline })
  return events
}

async function answerRequests(
  parts: RunnerParts,
  tenure: Tenure,
  { state, looks }: { readonly state: RunState; readonly looks: Map<StepKey, EpochMs> },
): Promise<RunState> {
  let current = state
  for (const request of await parts.store.pendingRequests(state.run)) {
    const events = decideRequest(current, request, parts.worldClock.now())
    current = await append(parts, tenure, { state: current, events, handled: [request.id] })
    // Whoever asks wants an answer now, not at the next look that was planned.
    looks.clear()
  }
  return current
}

interface Appended {
  readonly state: RunState
  readonly events: readonly RunEvent[]
  readonly handled?: readonly string[]
}

async function append(
  { store, worldClock, onEntry }: RunnerParts,
  tenure: Tenure,
  { state, events, handled }: Appended,
): Promise<RunState> {
  if (events.length === 0) return state
  const entries = chainEntries(state.head, worldClock.now(), events)
  await store.append(tenure.lease(), entries, handled)
  return entries.reduce((current, entry) => {
    const next = applyEntry(current, entry)
    onEntry?.(entry, next)
    return next
  }, state)
}

function contextMaker(parts: RunnerParts, tenure: Tenure, ports: unknown) {
  return (
    startedAt: EpochMs,
    direction: Direction,
    known: Known = { guards: [] },
  ): StepContext<unknown> => ({
    ...known,
    ...writeLimits(parts, tenure),
    // Read anew at each write, because the lease is renewed while a long step is under way.
    get deadline() {
      return deadlineOf(parts, tenure)
    },
    ports,
    clock: parts.worldClock,
    startedAt,
    direction,
  })
}

function deadlineOf({ wireClock, longestRequest }: RunnerParts, tenure: Tenure): EpochMs {
  return epochMs(Math.min(tenure.endsAt(), later(wireClock.now(), longestRequest)))
}

function writeLimits(parts: RunnerParts, tenure: Tenure): WriteLimits {
  return {
    // Ctrl-C does not tear a step that is under way: the loop stops between two.
    signal: tenure.signal,
    epoch: epoch(tenure.lease().fencing),
    deadline: deadlineOf(parts, tenure),
    async confirmLease() {
      const lease = tenure.lease()
      await parts.store.confirm(lease)
      // Our own clock decides too: what was confirmed before a long freeze is confirmed no more.
      if (parts.wireClock.now() >= tenure.endsAt())
        throw new LeaseLostError(lease.run, lease.holder)
    },
  }
}
