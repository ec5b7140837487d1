import { setTimeout as delay } from 'node:timers/promises'
import type { OpenedApplication } from '../../app/open-application.ts'
import { createRunDesk } from '../../app/run-desk.ts'
import type { Verb } from '../../engine/run-event.ts'
import type { Answer, AskRun } from '../../http/contract/request.ts'
import type { RunDesk } from '../../http/ports.ts'
import { type RunId, runId } from '../../kernel/ids.ts'
import { UsageError } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type ServerUp, serverOf } from '../open-desk.ts'
import { inForce } from '../output/in-force.ts'
import type { Printer } from '../output/print.ts'
import { readRun } from '../read-run.ts'
import { type Shell, whoAsks, withApplication } from '../shell.ts'
import { watchRun } from './run.ts'
import { stepMeant } from './step-meant.ts'

export interface VerbOptions {
  readonly reason?: string
  readonly second?: string
  /** Of `retry` and `skip`: which, where several are open. */
  readonly step?: string
  readonly json?: true
}

/** How long a command waits for the run's own runner to answer before it takes the run up itself. */
const patienceMs = 3000

interface Asking {
  readonly name: string
  readonly wish: AskRun & { readonly verb: Verb }
}

/**
 * `pause`, `resume`, `hold`, `retry`, `skip`, `rollback`, `cancel`: asks a run, from any terminal.
 *
 * The answer is the run's: granted, or refused with the reason. When no runner has the run and no server is up,
 * this command answers in its place, and goes on as its runner for `resume`, `retry`, `skip` and `rollback`.
 */
export function askRun(
  shell: Shell,
  verb: Verb,
  name: string,
  options: VerbOptions,
): Promise<ExitCode> {
  const { reason, second } = options
  const wish = {
    verb,
    by: whoAsks(),
    ...(reason === undefined ? {} : { reason }),
    ...(second === undefined ? {} : { secondPerson: second }),
  }
  const asker = askerOf(shell, options)
  return ask(asker, name, async (desk) => {
    if (verb !== 'retry' && verb !== 'skip') return wish
    const shown = await desk.show(name)
    return { ...wish, ...(await stepMeant(asker.shell, verb, shown, options.step)) }
  })
}

export interface ConfirmOptions {
  readonly typed?: string
  readonly step?: string
  readonly json?: true
}

/**
 * `confirm`: says that a step by hand was done, by typing what it asks for. Shows what was to be done, and on a
 * terminal asks for the text; what is confirmed is the step that was shown, and no other.
 */
export function confirmByHand(
  shell: Shell,
  name: string,
  options: ConfirmOptions,
): Promise<ExitCode> {
  const asker = askerOf(shell, options)
  return ask(asker, name, async (desk) => {
    const { steps, entries } = await desk.show(name)
    const awaited = steps.filter(({ expects }) => expects !== undefined)
    const shown = awaited.find(({ key }) => options.step === undefined || key === options.step)
    if (shown?.heldBecause !== undefined) asker.shell.printer.line(shown.heldBecause)
    const step = options.step ?? shown?.key
    const typed = options.typed ?? (await askFor(shell, shown?.expects))
    return {
      verb: 'confirm',
      by: whoAsks(),
      asOf: entries,
      ...(step === undefined ? {} : { step }),
      ...(typed === undefined ? {} : { typed }),
    }
  })
}

function askFor({ ask }: Shell, expects: string | undefined): Promise<string | undefined> {
  if (expects === undefined) return Promise.resolve(undefined)
  if (ask === undefined)
    throw new UsageError(`confirm: there is no terminal to ask at; give --typed "${expects}"`)
  return ask(`Is all of it done? Then type ${expects}`)
}

/** Where it is asked, and how the answer is told. */
interface Asker {
  readonly shell: Shell
  /** The answer as the API gives it, for programs; all else is said beside it. */
  readonly json?: Printer['line']
}

function askerOf(shell: Shell, { json }: { readonly json?: true }): Asker {
  if (json === undefined) return { shell }
  const { printer } = shell
  const beside = (text = '') => printer.problem(text)
  return { shell: { ...shell, printer: { ...printer, line: beside } }, json: printer.line }
}

async function ask(
  asker: Asker,
  name: string,
  wishAt: (desk: RunDesk) => Promise<Asking['wish']>,
): Promise<ExitCode> {
  const { shell } = asker
  const server = await serverOf(shell)
  if (server !== undefined)
    return askAtServer(asker, server, { name, wish: await wishAt(server.desk) })
  return withApplication(shell, async (application) => {
    const desk = createRunDesk(application)
    const wish = await wishAt(desk)
    const answer = await desk.ask(name, wish, AbortSignal.timeout(patienceMs))
    if (answer.answered) return report(asker, desk, wish.verb, answer)
    const { run, request } = answer
    return takeUp(asker, application, { run: runId(run), verb: wish.verb, request })
  })
}

/** The server has it answered by the run's runner, which is its own if nobody else has the run. */
async function askAtServer(
  asker: Asker,
  { desk }: ServerUp,
  { name, wish }: Asking,
): Promise<ExitCode> {
  const { shell, json } = asker
  const { verb } = wish
  try {
    const answer = await desk.ask(name, wish, shell.interrupted)
    if (answer.answered) return await report(asker, desk, verb, answer)
    json?.(JSON.stringify(answer, null, 2))
  } catch (thrown) {
    if (!shell.interrupted.aborted) throw thrown
  }
  shell.printer.problem(
    `${name}: ${verb} is on record and not answered yet; whoever has the run answers it before its next step`,
  )
  return exitCodes.hold
}

type Answered = Extract<Answer, { answered: true }>

/** Granted: what is in force now; refused: why. */
async function report(
  { shell: { printer }, json }: Asker,
  desk: RunDesk,
  verb: Verb,
  answer: Answered,
): Promise<ExitCode> {
  const { run, granted, because } = answer
  if (json !== undefined) json(JSON.stringify(answer, null, 2))
  else if (granted)
    printer.line(`${run}: ${verb} granted: ${inForce(verb, await readRun(desk, run))}`)
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
  asker: Asker,
  application: OpenedApplication,
  unanswered: Unanswered,
): Promise<ExitCode> {
  const { shell, json } = asker
  const { run, verb } = unanswered
  if (stills.includes(verb)) return answerInPlace(asker, application, unanswered)
  shell.printer.line(`nobody is running ${run}: this command takes it up`)
  const exit = await watchRun(shell, application, run)
  const answer = await answerTo(application, unanswered)
  // Granted it was told as it happened.
  if (answer === undefined || (answer.granted && json === undefined)) return exit
  const reported = await report(asker, createRunDesk(application), verb, answer)
  return answer.granted ? exit : reported
}

async function answerTo(
  application: OpenedApplication,
  { run, request }: Unanswered,
): Promise<Answered | undefined> {
  const { journal } = await application.readRun(run)
  const found = journal
    .map(({ event }) => event)
    .find((event) => event.kind === 'requested' && event.request === request)
  if (found?.kind !== 'requested') return undefined
  return { answered: true, run, granted: found.accepted, because: found.because }
}

/** Journals the answer and lets go; a runner that vanished keeps its lease for some seconds yet. */
async function answerInPlace(
  asker: Asker,
  application: OpenedApplication,
  unanswered: Unanswered,
): Promise<ExitCode> {
  const { run, verb } = unanswered
  const { interrupted } = asker.shell
  const runner = application.createRunner()
  // Aborted from the start: it answers what was asked and takes no step.
  const noStep = AbortSignal.abort()
  while (!interrupted.aborted) {
    await runner.advance(noStep, run)
    const answer = await answerTo(application, unanswered)
    if (answer !== undefined) return report(asker, createRunDesk(application), verb, answer)
    await delay(500, undefined, { signal: interrupted }).catch(() => undefined)
  }
  return exitCodes.hold
}
