import { z } from 'zod'
import {
  ForbiddenError,
  NotFoundError,
  UnauthorisedError,
  UnexpectedAnswerError,
} from '../../../features/platform/index.ts'
import type { WriteLimits } from '../../../kernel/authority.ts'
import type { WireClock } from '../../../kernel/clock.ts'
import type { ChangeoverError } from '../../../kernel/errors.ts'
import type { PlatformId } from '../../../kernel/ids.ts'
import type { HttpResponse, HttpTransport } from '../../../protocols/http/transport.ts'
import {
  type Asked,
  type CountCall,
  createHttpClient,
  type HttpClient,
  parsedJson,
} from '../../http-client/index.ts'
import { rpcError } from './schema.ts'

/** Kamailio's remote procedures; a read's method changes nothing, a write confirms the lease first. */
export interface SbcRpc {
  read<Schema extends z.ZodType>(
    method: string,
    schema: Schema,
    signal: AbortSignal,
    params?: readonly (string | number)[],
  ): Promise<z.output<Schema>>
  write(method: string, params: readonly (string | number)[], limits: WriteLimits): Promise<void>
}

/** What every part of the adapter works with. */
export interface Sbc {
  readonly id: PlatformId
  readonly rpc: SbcRpc
  readonly wireClock: WireClock
}

export interface EndpointOptions {
  readonly url: string
  /** Sent as Bearer: Kamailio's RPC has no sign-in of its own, what stands in front of it does. */
  readonly token: string | undefined
  readonly transport: HttpTransport
  readonly wireClock: WireClock
  /** Told how each request went. */
  readonly onCall?: CountCall | undefined
}

const resultOf = z.object({ result: z.unknown() }).transform(({ result }) => result)

export function createSbcRpc(options: EndpointOptions): SbcRpc {
  const http = createEndpoint(options, explainRpc)
  // One request per HTTP exchange, so the id tells nothing apart.
  const call = (method: string, params: readonly (string | number)[]) =>
    ({
      method: 'POST',
      path: '',
      named: method,
      body: { jsonrpc: '2.0', id: 1, method, params },
    }) as const
  return {
    read: (method, schema, signal, params = []) =>
      http.read(call(method, params), resultOf.pipe(schema), signal),
    async write(method, params, limits) {
      await http.write(call(method, params), resultOf, limits)
    },
  }
}

/** JSON over HTTP to one address, signed in by a token if there is one. */
export function createEndpoint(
  { url, token, transport, wireClock, onCall }: EndpointOptions,
  explain?: (answer: HttpResponse, asked: Asked) => ChangeoverError | undefined,
): HttpClient {
  const signIn = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return createHttpClient({
    transport,
    wireClock,
    baseUrl: url,
    authorise: { headers: () => Promise.resolve(signIn), refused: () => false },
    secrets: token === undefined ? [] : [token],
    ...(explain === undefined ? {} : { explain }),
    ...(onCall === undefined ? {} : { onCall }),
  })
}

/** Every failure of an RPC is HTTP 500 with a message; only the message tells which (contract §4.7). */
function explainRpc(answer: HttpResponse, { what }: Asked): ChangeoverError | undefined {
  const parsed = rpcError.safeParse(parsedJson(answer.body))
  if (!parsed.success || answer.status === 401 || answer.status === 403) return undefined
  const { message } = parsed.data.error
  const facts = { details: { status: answer.status, rpc: message } }
  if (/not found/i.test(message))
    return new NotFoundError(
      `${what}: the SBC has no such procedure (${message}); are dispatcher and dialog loaded?`,
      facts,
    )
  return new UnexpectedAnswerError(`${what}: the SBC refused, ${message}`, facts)
}

/** What an error says of a right, for the account's check. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof UnauthorisedError ||
    error instanceof ForbiddenError ||
    error instanceof NotFoundError
  )
}
