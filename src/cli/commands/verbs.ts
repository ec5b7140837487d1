import { setTimeout as delay } from 'node:timers/promises'
import type { OpenedApplication } from '../../app/open-application.ts'
import { createRunDesk } from '../../app/run-desk.ts'
import type { JournalEntry, Verb } from '../../engine/run-event.ts'
import type { Answer, AskRun } from '../../http/contract/request.ts'
import { type RunId, runId } from '../../kernel/ids.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type ServerUp, serverOf } from '../open-desk.ts'
import { type Shell, whoAsks, withApplication } from '../shell.ts'
import { watchRun } from './run.ts'

export interface VerbOptions {
  readonly reason?: string
  readonly second?: string
}

/** How long a command waits for the run's own runner to answer before it takes the run up itself. */
const patienceMs = 3000

interface Asking {
  readonly verb: Verb
  readonly name: string
  readonly options: VerbOptions
}

/**
 * `pause`, `resume`, `hold`, `retry`, `skip`, `rollback`, `cancel`: asks a run, from any terminal.
 *
 * The answer is the run's: granted, or refused with the reason. When no runner has the run and no server is up,
 * this command answers in its place, and goes on as its runner for `resume`, `retry`, `skip` and `rollback`.
 */
export async function askRun(
  shell: Shell,
  verb: Verb,
  name: string,
  options: VerbOptions,
): Promise<ExitCode> {
  const asking = { verb, name, options }
  const server = await serverOf(shell)
  if (server !== undefined) return askAtServer(shell, server, asking)
  return withApplication(shell, async (application) => {
    const desk = createRunDesk(application)
    const answer = await desk.ask(name, wishOf(asking), AbortSignal.timeout(patienceMs))
    if (answer.answered) return report(shell, verb, answer)
    const { run, request } = answer
    return takeUp(shell, application, { run: runId(run), verb, request })
  })
}

function wishOf({ verb, options: { reason, second } }: Asking): AskRun {
  return {
    verb,
    by: whoAsks(),
    ...(reason === undefined ? {} : { reason }),
    ...(second === undefined ? {} : { secondPerson: second }),
  }
}

/** The server has it answered by the run's runner, which is its own if nobody else has the run. */
async function askAtServer(shell: Shell, { desk }: ServerUp, asking: Asking): Promise<ExitCode> {
  const { verb, name } = asking
  try {
    const answer = await desk.ask(name, wishOf(asking), shell.interrupted)
    if (answer.answered) return report(shell, verb, answer)
  } catch (thrown) {
    if (!shell.interrupted.aborted) throw thrown
  }
  shell.printer.problem(
    `${name}: ${verb} is on record and not answered yet; whoever has the run answers it before its next step`,
  )
  return exitCodes.hold
}

function report(
  { printer }: Shell,
  verb: Verb,
  { run, granted, because }: Extract<Answer, { answered: true }>,
): ExitCode {
  if (granted) printer.line(`${run}: ${verb} granted`)
  else printer.problem(`${run}: ${verb} refused: ${because}`)
  return granted ? exitCodes.go : exitCodes.refusedForSafety
}

interface Unanswered {
  readonly run: RunId
  readonly verb: Verb
  readonly request: string
}

/** After these a run stands still: whoever asks is not to become its runner. */
const stills: readonly Verb[] = ['pause', 'hold', 'cancel']

/** Nobody runs it: this command does, until it ends, waits for somebody, or Ctrl-C. */
async function takeUp(
  shell: Shell,
  application: OpenedApplication,
  unanswered: Unanswered,
): Promise<ExitCode> {
  const { run, verb, request } = unanswered
  if (stills.includes(verb)) return answerInPlace(shell, application, unanswered)
  shell.printer.line(`nobody is running ${run}: this command takes it up`)
  const exit = await watchRun(shell, application, run)
  const answer = answerTo((await application.readRun(run)).journal, request)
  return answer?.granted === false ? report(shell, verb, { ...answer, run }) : exit
}

function answerTo(journal: readonly JournalEntry[], request: string) {
  const found = journal
    .map(({ event }) => event)
    .find((event) => event.kind === 'requested' && event.request === request)
  if (found?.kind !== 'requested') return undefined
  return { answered: true, granted: found.accepted, because: found.because } as const
}

/** Journals the answer and lets go; a runner that vanished keeps its lease for some seconds yet. */
async function answerInPlace(
  shell: Shell,
  application: OpenedApplication,
  { run, verb, request }: Unanswered,
): Promise<ExitCode> {
  const runner = application.createRunner()
  // Aborted from the start: it answers what was asked and takes no step.
  const noStep = AbortSignal.abort()
  while (!shell.interrupted.aborted) {
    await runner.advance(noStep, run)
    const answer = answerTo((await application.readRun(run)).journal, request)
    if (answer !== undefined) return report(shell, verb, { ...answer, run })
    await delay(500, undefined, { signal: shell.interrupted }).catch(() => undefined)
  }
  return exitCodes.hold
}
