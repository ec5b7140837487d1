import type { RunRequest } from '../engine/ports.ts'
import { type JournalEntry, type Verb, verbs } from '../engine/run-event.ts'
import { applyEntry, foldJournal, type RunState } from '../engine/run-state.ts'
import { timeToSafe } from '../engine/time-to-safe.ts'
import type { RunNews } from '../http/contract/journal.ts'
import type { Answer, AskRun } from '../http/contract/request.ts'
import type { RunDesk } from '../http/ports.ts'
import { type RunId, stepKey } from '../kernel/ids.ts'
import { invariant } from '../kernel/invariant.ts'
import type { Application } from './application.ts'
import { describeDoing, describeEntry, describeRun } from './describe-run.ts'
import { followJournal } from './follow-journal.ts'
import { loadPlan } from './plan-files.ts'
import { waveOf } from './wave-of.ts'

/** The desk of this process, on its own database. */
export function createRunDesk(application: Application): RunDesk {
  const { store, steps, worldClock, findRun, readRun, startWave } = application
  return {
    async list() {
      const runs = await store.list()
      return Promise.all(
        runs.map(async (summary) => {
          if (summary.outcome !== undefined) return summary
          return { ...summary, ...describeDoing((await readRun(summary.run)).state) }
        }),
      )
    },
    async show(name) {
      const { state } = await readRun(await findRun(name))
      return describeRun(state, worldClock.now(), timeToSafe(state, steps))
    },
    async journal(name) {
      return (await store.readJournal(await findRun(name))).map(describeEntry)
    },
    async start({ planFile, wave, by }) {
      const plan = loadPlan(planFile)
      return { run: await startWave(plan, waveOf(plan, wave), by) }
    },
    ask: async (name, wish, signal) => askRun(application, await findRun(name), wish, signal),
    follow: (name, after, signal) => followRun(application, name, after, signal),
  }
}

async function askRun(
  application: Application,
  run: RunId,
  wish: AskRun,
  signal: AbortSignal,
): Promise<Answer> {
  const { state } = await application.readRun(run)
  if (state.outcome !== undefined) return hasEnded(run, state.outcome)
  const request = await application.store.request({ run, ...requestOf(wish) })
  for await (const { event } of followJournal(application, run, state.head.seq, signal)) {
    if (event.kind === 'requested' && event.request === request) {
      return { answered: true, run, granted: event.accepted, because: event.because }
    }
    // Its last entry was on its way as we asked.
    if (event.kind === 'ended') return hasEnded(run, event.outcome)
  }
  return { answered: false, run, request }
}

function hasEnded(run: RunId, outcome: string): Answer {
  return { answered: true, run, granted: false, because: `the run has ended (${outcome})` }
}

function requestOf(wish: AskRun): Omit<RunRequest, 'id' | 'run'> {
  const { verb, by, reason, secondPerson, step, typed, asOf } = wish
  invariant(isVerb(verb), `${verb} is not a verb`)
  return {
    verb,
    by,
    ...(reason === undefined ? {} : { reason }),
    ...(secondPerson === undefined ? {} : { secondPerson }),
    ...(step === undefined ? {} : { step: stepKey(step) }),
    ...(typed === undefined ? {} : { typed }),
    ...(asOf === undefined ? {} : { asOf }),
  }
}

function isVerb(text: string): text is Verb {
  return verbs.some((verb) => verb === text)
}

/** Time to safe is that after each entry, so the entries before are folded too, whoever wants them. */
async function* followRun(
  application: Application,
  name: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<RunNews> {
  const run = await application.findRun(name)
  let state: RunState | undefined
  for await (const entry of followJournal(application, run, 0, signal)) {
    state = stateAfter(state, entry)
    if (entry.seq <= after) continue
    yield { entry: describeEntry(entry), timeToSafeMs: timeToSafe(state, application.steps) }
  }
}

/** The state after one more entry, the first one included. */
export function stateAfter(state: RunState | undefined, entry: JournalEntry): RunState {
  return state === undefined ? foldJournal([entry]) : applyEntry(state, entry)
}
