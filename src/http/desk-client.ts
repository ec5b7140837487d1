import type { z } from 'zod'
import { ChangeoverError, type Remedy } from '../kernel/errors.ts'
import { Journal, RunNews } from './contract/journal.ts'
import { Answer } from './contract/request.ts'
import { type Route, routes } from './contract/routes.ts'
import { Run, StartedRun } from './contract/run.ts'
import { ErrorBody, ServerFacts } from './contract/server.ts'
import { ServerUnreachableError } from './errors.ts'
import type { RunDesk } from './ports.ts'
import { readEvents } from './read-events.ts'

export interface ServerAddress {
  readonly url: string
  readonly token: string
}

/** The desk of a server, over HTTP, and who that server is. */
export interface DeskClient extends RunDesk {
  facts(signal: AbortSignal): Promise<ServerFacts>
}

/** An error that a server answered with: its code and facts, as if it had been thrown here, and which server it was. */
class AnsweredError extends ChangeoverError {
  readonly code: string
  readonly remedy: Remedy

  constructor({ code, remedy, message, details }: ErrorBody['error'], server: string) {
    super(message, { details: { ...details, server } })
    this.code = code
    this.remedy = remedy
  }
}

/** @throws {ServerUnreachableError} from every method, when nobody answers there */
export function createDeskClient(address: ServerAddress): DeskClient {
  const parsed = async <Schema extends z.ZodType>(schema: Schema, answer: Promise<unknown>) =>
    understood(schema, await answer)
  return {
    facts: (signal) => parsed(ServerFacts, ask(address, routes.server, { signal })),
    list: async () => (await parsed(routes.listRuns.answers, ask(address, routes.listRuns))).runs,
    show: (run) => parsed(Run, ask(address, routes.showRun, { run })),
    journal: async (run) => (await parsed(Journal, ask(address, routes.journal, { run }))).entries,
    start: (body) => parsed(StartedRun, ask(address, routes.startRun, { body })),
    ask: (run, body, signal) => parsed(Answer, ask(address, routes.askRun, { run, body, signal })),
    follow: (run, after, signal) => follow(address, run, after, signal),
  }
}

/** The answer as the contract has it, or the error that says that it is no answer of ours. */
function understood<Schema extends z.ZodType>(schema: Schema, answer: unknown): z.output<Schema> {
  const { success, data, error: cause } = schema.safeParse(answer)
  if (success) return data
  throw new ServerUnreachableError('what answered is no Changeover', { cause })
}

interface Asked {
  readonly run?: string
  readonly body?: object
  readonly signal?: AbortSignal
}

async function ask(address: ServerAddress, route: Route, asked: Asked = {}): Promise<unknown> {
  const response = await send(address, route, asked)
  return await jsonOf(response)
}

async function send(
  { url, token }: ServerAddress,
  { method, path }: Route,
  { run = '', body, signal, headers = {} }: Asked & { readonly headers?: Record<string, string> },
): Promise<Response> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await reached(
    fetch(new URL(path.replace(':run', encodeURIComponent(run)), url), {
      method,
      headers: { authorization: `Bearer ${token}`, ...json, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
      redirect: 'error',
    }),
    signal,
  )
  if (response.ok) return response
  const answer = ErrorBody.safeParse(await jsonOf(response))
  if (!answer.success) throw new ServerUnreachableError(`no Changeover answers at ${url}`)
  throw new AnsweredError(answer.data.error, url)
}

/** Waits for the far side; whoever gave up waiting is told so, not that the server is gone. */
async function reached<Value>(
  work: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  try {
    return await work
  } catch (cause) {
    signal?.throwIfAborted()
    throw new ServerUnreachableError('the server does not answer', { cause })
  }
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch (cause) {
    throw new ServerUnreachableError('what answered is no Changeover', { cause })
  }
}

async function* follow(
  address: ServerAddress,
  run: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<RunNews> {
  const headers = { 'last-event-id': String(after) }
  const response = await send(address, routes.events, { run, signal, headers })
  const events = readEvents(response.body ?? new ReadableStream())
  for (;;) {
    const next = await reached(events.next(), signal)
    if (next.done === true) return
    yield understood(RunNews, JSON.parse(next.value))
  }
}
