import { z } from 'zod'
import { Journal, RunNews } from './journal.ts'
import { Answer, AskRun } from './request.ts'
import { Run, RunSummary, StartedRun, StartRun } from './run.ts'
import { Health, ServerFacts } from './server.ts'

/** One thing that can be asked over HTTP. */
export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly what: string
  readonly takes?: z.ZodType
  readonly status: number
  readonly answers: z.ZodType
}

/** Everything that the server answers; docs/api-reference.md is written from it. */
export const routes = {
  health: {
    method: 'GET',
    path: '/healthz',
    what: 'whether the database answers; 503 and `not-ready` if it does not. Needs no token',
    status: 200,
    answers: Health,
  },
  server: {
    method: 'GET',
    path: '/v1/server',
    what: 'which server this is',
    status: 200,
    answers: ServerFacts,
  },
  listRuns: {
    method: 'GET',
    path: '/v1/runs',
    what: 'every run, oldest first',
    status: 200,
    answers: z.object({ runs: z.array(RunSummary) }),
  },
  startRun: {
    method: 'POST',
    path: '/v1/runs',
    what: 'starts a wave; the server carries it on, with the secrets of its own environment',
    takes: StartRun,
    status: 201,
    answers: StartedRun,
  },
  showRun: {
    method: 'GET',
    path: '/v1/runs/:run',
    what: 'one run with its steps; `:run` is its id, or the name of a wave, which stands for its latest run',
    status: 200,
    answers: Run,
  },
  journal: {
    method: 'GET',
    path: '/v1/runs/:run/journal',
    what: 'every entry of its journal, in order',
    status: 200,
    answers: Journal,
  },
  events: {
    method: 'GET',
    path: '/v1/runs/:run/events',
    what: 'server-sent events: each entry as soon as it is durable, from the first, or from the one after `Last-Event-ID`. The stream ends with the run, or with the server: connect again with the last id',
    status: 200,
    answers: RunNews,
  },
  askRun: {
    method: 'POST',
    path: '/v1/runs/:run/requests',
    what: 'asks the run for something, and waits up to 20 s for its answer, granted or refused; 202 and `answered: false` if nobody has answered by then',
    takes: AskRun,
    status: 200,
    answers: Answer,
  },
} as const satisfies Readonly<Record<string, Route>>
