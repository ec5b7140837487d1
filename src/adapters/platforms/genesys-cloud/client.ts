import type { z } from 'zod'
import { UnauthorisedError, UnexpectedAnswerError } from '../../../features/platform/index.ts'
import type { Clock, WireClock } from '../../../kernel/clock.ts'
import type { PlatformId } from '../../../kernel/ids.ts'
import { type EpochMs, epochMs } from '../../../kernel/units.ts'
import type { HttpResponse, HttpTransport } from '../../../protocols/http/transport.ts'
import {
  type Authorise,
  type CountCall,
  createHttpClient,
  type HttpClient,
  parsedJson,
} from '../../http-client/index.ts'
import type { Page } from './pages.ts'
import { serverDate, token, tokenRefusal } from './schema.ts'
import { type GenesysSession, type GenesysSessions, sessionOf } from './session.ts'

export interface ClientOptions {
  /** API host, with or without a scheme. */
  readonly api: string
  /** Login host, with or without a scheme. */
  readonly login: string
  readonly clientId: string
  readonly clientSecret: string
  readonly transport: HttpTransport
  readonly wireClock: WireClock
  /** Told how each request went. */
  readonly onCall?: CountCall
  /** Absent: this connection's own. */
  readonly sessions?: GenesysSessions
  /** The platform's: its rate windows and the lives of its tokens pass in it. */
  readonly vendorClock: Clock
}

/** What every part of the adapter works with. */
export interface Genesys {
  readonly id: PlatformId
  readonly http: HttpClient
  readonly wireClock: WireClock
}

/** The largest page that every listing used here accepts. */
export const pageSize = 100
/** A listing longer than this is a loop in somebody's paging. */
const mostPages = 500
/** A token is renewed this long before it ends, so that none ends under way. */
const renewAhead = 60_000

/** HTTP to one organisation: signed in, within its rate limit. */
export function createGenesysHttp(options: ClientOptions): HttpClient {
  const session = sessionOf(options.sessions ?? new Map(), options, options.vendorClock)
  return createHttpClient({
    transport: options.transport,
    wireClock: options.wireClock,
    vendorClock: options.vendorClock,
    baseUrl: `${withScheme(options.api)}/api/v2`,
    authorise: createClientCredentials(options, session),
    budget: session.budget,
    secrets: [options.clientSecret],
    ...(options.onCall === undefined ? {} : { onCall: options.onCall }),
  })
}

/** OAuth client credentials: one token shared by all requests, fetched once however many wait for it. */
function createClientCredentials(options: ClientOptions, session: GenesysSession): Authorise {
  const { clientId, clientSecret, transport, wireClock, vendorClock } = options
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64')
  const http = createHttpClient({
    transport,
    wireClock,
    vendorClock,
    baseUrl: withScheme(options.login),
    authorise: {
      headers: () => Promise.resolve({ authorization: `Basic ${basic}` }),
      refused: () => false,
    },
    secrets: [clientSecret, basic],
    ...(options.onCall === undefined ? {} : { onCall: options.onCall }),
    explain: explainRefusal,
  })
  let fetching: Promise<string> | undefined
  /** The last one too: who still asks with it may be told of it. */
  let given: readonly string[] = []

  // It is everybody's, so nobody's abort ends it; the client's own timeout does.
  const { signal } = new AbortController()
  const fetchToken = async () => {
    const form = { grant_type: 'client_credentials' }
    const answer = await http.read({ method: 'POST', path: '/oauth/token', form }, token, signal)
    const life = answer.expires_in * 1000
    const until = vendorClock.now() + Math.max(life - renewAhead, life / 2)
    session.held = { token: answer.access_token, until: epochMs(until) }
    given = [answer.access_token, ...given].slice(0, 2)
    return answer.access_token
  }
  const tokenFor = (waiting: AbortSignal) => {
    const { held } = session
    if (held !== undefined && vendorClock.now() < held.until) return Promise.resolve(held.token)
    fetching ??= fetchToken().finally(() => {
      fetching = undefined
    })
    return unlessAborted(fetching, waiting)
  }

  return {
    headers: async ({ signal }) => ({ authorization: `Bearer ${await tokenFor(signal)}` }),
    refused: () => {
      session.held = undefined
      return true
    },
    // A session may have its token of a connection before this one.
    secrets: () => (session.held === undefined ? given : [session.held.token, ...given]),
  }
}

function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.finally(() => signal.removeEventListener('abort', abort)).then(resolve, reject)
  })
}

/** RFC 6749 §5.2: unknown credentials may be 400 as well as 401. */
function explainRefusal({ status, body }: HttpResponse): UnauthorisedError | undefined {
  const parsed = tokenRefusal.safeParse(parsedJson(body))
  if (!parsed.success || status >= 500) return undefined
  return new UnauthorisedError(
    `POST /oauth/token: ${status}, ${parsed.data.error}; the client id and secret are not accepted`,
    { details: { status, vendorCode: parsed.data.error } },
  )
}

/**
 * Every item of a listing, page after page.
 *
 * @throws {UnexpectedAnswerError} when it has no end: half of a listing is none
 */
export async function listAll<Item>(
  http: HttpClient,
  call: {
    readonly path: string
    readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>
  },
  schema: z.ZodType<Page<Item>>,
  signal: AbortSignal,
): Promise<readonly Item[]> {
  const items: Item[] = []
  for (let page = 1; page <= mostPages; page += 1) {
    const query = { ...call.query, pageSize: String(pageSize), pageNumber: String(page) }
    const answer = await http.read({ path: call.path, query }, schema, signal)
    items.push(...answer.entities)
    const more =
      answer.pageCount === undefined ? typeof answer.nextUri === 'string' : page < answer.pageCount
    if (!more) return items
  }
  throw new UnexpectedAnswerError(`GET ${call.path}: no end after ${mostPages} pages`)
}

/** The platform's own clock: what its analytics count by. */
export async function platformNow({ http }: Genesys, signal: AbortSignal): Promise<EpochMs> {
  const { currentDate } = await http.read({ path: '/date' }, serverDate, signal)
  return epochMs(Date.parse(currentDate))
}

/** Pieces of at most `size`, for calls that take no more at once. */
export function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

function withScheme(host: string): string {
  const url = host.includes('://') ? host : `https://${host}`
  return url.replace(/\/+$/, '')
}
