import { setTimeout as delay } from 'node:timers/promises'
import type { OpenedApplication } from '../../app/open-application.ts'
import type { RunRequest } from '../../engine/ports.ts'
import type { JournalEntry, Verb } from '../../engine/run-event.ts'
import { type RunState, stepState } from '../../engine/run-state.ts'
import { handsAwaited } from '../../engine/visits.ts'
import { type RunId, type StepKey, stepKey } from '../../kernel/ids.ts'
import { UsageError } from '../errors.ts'
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
 * answers in its place, and goes on as its runner for `resume`, `retry`, `confirm`, `skip` and `rollback`.
 */
export function askRun(
  shell: Shell,
  verb: Verb,
  name: string,
  options: VerbOptions,
): Promise<ExitCode> {
  const { reason, second } = options
  return withApplication(shell, async (application) =>
    askIn(shell, application, {
      run: await application.findRun(name),
      verb,
      by: whoAsks(),
      ...(reason === undefined ? {} : { reason }),
      ...(second === undefined ? {} : { secondPerson: second }),
    }),
  )
}

export interface ConfirmOptions {
  readonly typed?: string
  readonly step?: string
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
  return withApplication(shell, async (application) => {
    const run = await application.findRun(name)
    const { state } = await application.readRun(run)
    const named = options.step === undefined ? undefined : stepKey(options.step)
    const step = named ?? handsAwaited(state)[0]?.key
    if (step !== undefined) showWhatIsToDo(shell, state, step)
    const typed = options.typed ?? (await askFor(shell, state, step))
    const request = { run, verb: 'confirm', by: whoAsks() } as const
    return askIn(shell, application, {
      ...request,
      ...(step === undefined ? {} : { step }),
      ...(typed === undefined ? {} : { typed }),
    })
  })
}

function showWhatIsToDo({ printer }: Shell, state: RunState, step: StepKey): void {
  const { held } = stepState(state, step)
  if (held?.expects !== undefined) printer.line(held.because)
}

function askFor(
  { ask }: Shell,
  state: RunState,
  step: StepKey | undefined,
): Promise<string | undefined> {
  const expects = step === undefined ? undefined : stepState(state, step).held?.expects
  if (expects === undefined) return Promise.resolve(undefined)
  if (ask === undefined)
    throw new UsageError(`confirm: there is no terminal to ask at; give --typed "${expects}"`)
  return ask(`Is all of it done? Then type ${expects}`)
}

async function askIn(
  shell: Shell,
  application: OpenedApplication,
  request: Omit<RunRequest, 'id'>,
): Promise<ExitCode> {
  const { run, verb } = request
  const { journal, state } = await application.readRun(run)
  const before = journal.length
  if (state.outcome !== undefined) {
    shell.printer.problem(`${run}: ${verb} refused: the run has ended (${state.outcome})`)
    return exitCodes.refusedForSafety
  }
  await application.store.request(request)
  const answer = await waitForAnswer(application, run, before)
  if (answer !== undefined) return report(shell, run, answer)
  return takeUp(shell, application, { run, verb, before })
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
