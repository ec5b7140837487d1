import { setTimeout as pause } from 'node:timers/promises'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { routes } from './contract/routes.ts'
import { errorResponse } from './error-response.ts'
import {
  BadRequestError,
  CannotListenError,
  NotLoopbackError,
  RouteNotFoundError,
  TooLargeError,
  UnauthorisedError,
  WrongHostError,
} from './errors.ts'
import { hasToken, isLoopback, isOwnHost } from './guard.ts'
import type { ApiParts } from './ports.ts'
import { addHealthRoutes } from './routes/health.ts'
import { addJournalRoutes } from './routes/journal.ts'
import { addRequestRoutes } from './routes/requests.ts'
import { addRunRoutes } from './routes/runs.ts'

export interface ListenAt {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Other machines may reach it, too. */
  readonly exposed: boolean
}

export interface Api {
  readonly url: string
  /** Ends event streams and waits for answers, but not long. */
  close(): Promise<void>
}

/** A request is some hundred bytes. */
const largestBody = 64 * 1024
/** In which a request must have arrived whole: slow senders don't keep connections. */
const arriveWithinMs = 10_000
const closeWithinMs = 2000

/** Answers at an address until it is closed. @throws {NotLoopbackError | CannotListenError} */
export async function serveApi(parts: ApiParts, at: ListenAt): Promise<Api> {
  const { host, port, exposed } = at
  if (!exposed && !isLoopback(host)) {
    throw new NotLoopbackError(`${host} is reached by other machines, and there is no sign-in yet`)
  }
  const closing = new AbortController()
  const api = createApi(parts, host, closing.signal)
  try {
    await api.listen({ host, port })
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new CannotListenError(`can’t listen at ${host}:${port}: ${said}`, { cause })
  }
  return {
    url: urlOf(api, host),
    async close() {
      closing.abort()
      const closed = api.close()
      await Promise.race([closed, pause(closeWithinMs, undefined, { ref: false })])
      api.server.closeAllConnections()
      await closed
    },
  }
}

function urlOf(api: FastifyInstance, host: string): string {
  const address = api.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  // Who listens everywhere is reached on this machine.
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`
}

export function createApi(parts: ApiParts, host: string, closing: AbortSignal): FastifyInstance {
  const api = Fastify({
    bodyLimit: largestBody,
    requestTimeout: arriveWithinMs,
    forceCloseConnections: 'idle',
    logger: false,
  })
  api.removeContentTypeParser('text/plain')
  api.addHook('onRequest', (request) => letIn(request, parts.token, host))
  api.setErrorHandler((thrown, _, reply) => {
    const { status, body } = errorResponse(ownErrorOf(thrown))
    if (status === 500) parts.report(thrown)
    return reply.code(status).send(body)
  })
  api.setNotFoundHandler(({ method }) => {
    throw new RouteNotFoundError(`there is no such route for ${method}`)
  })
  addHealthRoutes(api, parts)
  addRunRoutes(api, parts)
  addJournalRoutes(api, parts, closing)
  addRequestRoutes(api, parts, closing)
  return api
}

/** The name is looked at first: a page of another site learns nothing, not even that a token is missing. */
function letIn({ headers, url }: FastifyRequest, token: string, host: string): Promise<void> {
  if (!isOwnHost(headers.host, host)) {
    return Promise.reject(new WrongHostError('the request is for another host'))
  }
  if (url === routes.health.path || hasToken(headers.authorization, token)) return Promise.resolve()
  return Promise.reject(new UnauthorisedError('the request has no token, or not this server’s'))
}

/** Fastify's own refusals of a request, in our words; anything else as it is. */
function ownErrorOf(thrown: unknown): unknown {
  const status = statusIn(thrown)
  if (status === 413) return new TooLargeError(`the body is larger than ${largestBody} bytes`)
  const isRefusal = status !== undefined && status >= 400 && status < 500
  return isRefusal ? new BadRequestError('the body is not JSON, or not said to be') : thrown
}

function statusIn(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('statusCode' in thrown)) return undefined
  return typeof thrown.statusCode === 'number' ? thrown.statusCode : undefined
}
