import { setTimeout as delay } from 'node:timers/promises'
import type { OpenedApplication } from '../../app/open-application.ts'
import type { JournalEntry, Verb } from '../../engine/run-event.ts'
import type { RunId } from '../../kernel/ids.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Shell, whoAsks, withApplication } from '../shell.ts'
import { watchRun } from './run.ts'

export interface VerbOptions {
  readonly reason?: string
  readonly second?: string
}

/** How long a command waits for the run's own runner to answer before it takes the run up itself. */
const patienceMs = 3000

/**
 * `pause`, `resume`, `hold`, `retry`, `skip`, `rollback`, `cancel`: asks a run, from any terminal.
 *
 * The answer is the run's: granted, or refused with the reason. When no runner has the run, this command
 * answers in its place, and goes on as its runner for `resume`, `retry`, `skip` and `rollback`.
 */
export function askRun(
  shell: Shell,
  verb: Verb,
  name: string,
  options: VerbOptions,
): Promise<ExitCode> {
  return withApplication(shell, async (application) => {
    const run = await application.findRun(name)
    const { journal, state } = await application.readRun(run)
    const before = journal.length
    if (state.outcome !== undefined) {
      shell.printer.problem(`${run}: ${verb} refused: the run has ended (${state.outcome})`)
      return exitCodes.refusedForSafety
    }
    await application.store.request({
      run,
      verb,
      by: whoAsks(),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...(options.second === undefined ? {} : { secondPerson: options.second }),
    })
    const answer = await waitForAnswer(application, run, before)
    if (answer !== undefined) return report(shell, run, answer)
    return takeUp(shell, application, { run, verb, before })
  })
}

type Answer = Extract<JournalEntry['event'], { kind: 'requested' }>

async function waitForAnswer(
  { readRun }: OpenedApplication,
  run: RunId,
  before: number,
): Promise<Answer | undefined> {
  for (let waited = 0; waited < patienceMs; waited += 100) {
    const answer = answerAfter((await readRun(run)).journal, before)
    if (answer !== undefined) return answer
    await delay(100)
  }
  return undefined
}

function answerAfter(journal: readonly JournalEntry[], before: number): Answer | undefined {
  return journal
    .slice(before)
    .map(({ event }) => event)
    .find((event) => event.kind === 'requested')
}

function report({ printer }: Shell, run: RunId, { verb, accepted, because }: Answer): ExitCode {
  if (accepted) printer.line(`${run}: ${verb} granted`)
  else printer.problem(`${run}: ${verb} refused: ${because}`)
  return accepted ? exitCodes.go : exitCodes.refusedForSafety
}

interface Unanswered {
  readonly run: RunId
  readonly verb: Verb
  readonly before: number
}

/** After these a run stands still: whoever asks is not to become its runner. */
const stills: readonly Verb[] = ['pause', 'hold', 'cancel']

/** Nobody runs it: this command does, until it ends, waits for somebody, or Ctrl-C. */
async function takeUp(
  shell: Shell,
  application: OpenedApplication,
  { run, verb, before }: Unanswered,
): Promise<ExitCode> {
  if (stills.includes(verb)) return answerInPlace(shell, application, { run, verb, before })
  shell.printer.line(`nobody is running ${run}: this command takes it up`)
  const exit = await watchRun(shell, application, run)
  const answer = answerAfter((await application.readRun(run)).journal, before)
  // A run that was interrupted is not paused: it needed a runner, not leave to go on.
  return answer?.accepted === false && verb !== 'resume' ? report(shell, run, answer) : exit
}

/** Journals the answer and lets go; a runner that vanished keeps its lease for some seconds yet. */
async function answerInPlace(
  shell: Shell,
  application: OpenedApplication,
  { run, before }: Unanswered,
): Promise<ExitCode> {
  const runner = application.createRunner()
  // Aborted from the start: it answers what was asked and takes no step.
  const noStep = AbortSignal.abort()
  while (!shell.interrupted.aborted) {
    await runner.advance(noStep, run)
    const answer = answerAfter((await application.readRun(run)).journal, before)
    if (answer !== undefined) return report(shell, run, answer)
    await delay(500, undefined, { signal: shell.interrupted }).catch(() => undefined)
  }
  return exitCodes.hold
}
