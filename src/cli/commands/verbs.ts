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
 * becomes its runner for `resume`, `retry`, `skip` and `rollback`; the others need none.
 */
export function askRun(
  shell: Shell,
  verb: Verb,
  name: string,
  options: VerbOptions,
): Promise<ExitCode> {
  return withApplication(shell, async (application) => {
    const run = await application.findRun(name)
    const before = (await application.readRun(run)).journal.length
    await application.store.request({
      run,
      verb,
      by: whoAsks(),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...(options.second === undefined ? {} : { secondPerson: options.second }),
    })
    const answer = await waitForAnswer(application, run, before)
    if (answer !== undefined) return report(shell, run, answer)
    return takeUp(shell, application, { run, before })
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

/** Nobody runs it: this command does, until it ends, waits for somebody, or Ctrl-C. */
async function takeUp(
  shell: Shell,
  application: OpenedApplication,
  { run, before }: { readonly run: RunId; readonly before: number },
): Promise<ExitCode> {
  shell.printer.line(`nobody is running ${run}: this command takes it up`)
  const exit = await watchRun(shell, application, run)
  const answer = answerAfter((await application.readRun(run)).journal, before)
  return answer?.accepted === false ? report(shell, run, answer) : exit
}
