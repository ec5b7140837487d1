import type { z } from 'zod'
import {
  NotFoundError,
  PlatformConflictError,
  RateLimitedError,
  UnreachableError,
} from '../../features/platform/index.ts'
import type { WriteLimits } from '../../kernel/authority.ts'
import type { Clock, WireClock } from '../../kernel/clock.ts'
import type { ChangeoverError } from '../../kernel/errors.ts'
import { type EpochMs, later, type Milliseconds, ms } from '../../kernel/units.ts'
import type { HttpRequest, HttpResponse, HttpTransport } from '../../protocols/http/transport.ts'
import { type Asked, errorOfAnswer, malformedAnswer } from './answer-errors.ts'
import type { CountCall } from './call-meter.ts'
import type { RateBudget } from './rate-budget.ts'
import { blankSecrets, parsedJson } from './redact.ts'

/** One call: the path is below the base URL; a query member that is undefined is left out. */
export interface Call {
  readonly method?: HttpRequest['method']
  readonly path: string
  /** What messages call it, where method and path don't tell. */
  readonly named?: string
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as a form instead. */
  readonly form?: Readonly<Record<string, string>>
}

/** How requests are signed in. */
export interface Authorise {
  /** Headers for the next request; may fetch a token. `deadline` on the wire clock. */
  headers(options: {
    readonly signal: AbortSignal
    readonly deadline: EpochMs
  }): Promise<Readonly<Record<string, string>>>
  /** Told that what `headers` gave was refused (401). True: ask again, it will give others. */
  refused(): boolean
  /** What `headers` gave lately, to be blanked wherever it is echoed. */
  secrets?(): readonly string[]
}

export interface HttpClientOptions {
  readonly transport: HttpTransport
  readonly wireClock: WireClock
  /**
   * Time of the far side, in which its Retry-After and its rate windows pass: a lab's may run faster than
   * the wire's, never slower. Absent: the wire's, which is the same outside a lab.
   */
  readonly vendorClock?: Clock
  /** Scheme, host, and the path that all calls share. */
  readonly baseUrl: string
  readonly authorise?: Authorise
  readonly budget?: RateBudget
  /** Values that must never be seen in an error, whatever the other side echoes. */
  readonly secrets?: readonly string[]
  /** One request takes at most this long. 10 s. */
  readonly timeout?: Milliseconds
  /** A read with all its waiting takes at most this long; a write has its own deadline. 30 s. */
  readonly readPatience?: Milliseconds
  /** First chance to name an answer that is no success: for vendors that put everything into one status. */
  readonly explain?: (answer: HttpResponse, asked: Asked) => ChangeoverError | undefined
  /** Told how each request that left has gone. */
  readonly onCall?: CountCall
}

/**
 * JSON over HTTP with the closed set of platform errors.
 *
 * Nothing is sent twice here but what was refused unprocessed (429 with a Retry-After that fits, 401 with
 * a new token): the engine retries.
 */
export interface HttpClient {
  read<Schema extends z.ZodType>(
    call: Call,
    schema: Schema,
    signal: AbortSignal,
  ): Promise<z.output<Schema>>
  /** As `read`, with the lease confirmed immediately before each request leaves. */
  write<Schema extends z.ZodType>(
    call: Call,
    schema: Schema,
    limits: WriteLimits,
  ): Promise<z.output<Schema>>
}

interface Bounds {
  readonly signal: AbortSignal
  readonly deadline: EpochMs
  readonly beforeSending: () => Promise<void>
}

const defaultTimeout = ms(10_000)
const defaultReadPatience = ms(30_000)

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { wireClock } = options
  return {
    read: (call, schema, signal) =>
      perform(options, call, schema, {
        signal,
        deadline: later(wireClock.now(), options.readPatience ?? defaultReadPatience),
        beforeSending: () => Promise.resolve(),
      }),
    write: (call, schema, limits) =>
      perform(options, call, schema, {
        signal: limits.signal,
        deadline: limits.deadline,
        beforeSending: () => limits.confirmLease(),
      }),
  }
}

async function perform<Schema extends z.ZodType>(
  options: HttpClientOptions,
  call: Call,
  schema: Schema,
  bounds: Bounds,
): Promise<z.output<Schema>> {
  const asked = askedOf(options, call)
  const answer = await answered(options, call, asked, bounds)
  const parsed = schema.safeParse(answer.body === '' ? undefined : parsedJson(answer.body))
  options.onCall?.(parsed.success ? 'ok' : 'failed')
  if (parsed.success) return parsed.data
  throw malformedAnswer(
    answer,
    asked,
    parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the body'}: ${issue.message}`),
  )
}

async function answered(
  options: HttpClientOptions,
  call: Call,
  asked: Asked,
  bounds: Bounds,
): Promise<HttpResponse> {
  let mayRenew = true
  for (;;) {
    const answer = await sendOnce(options, call, asked, bounds)
    if (answer.status >= 200 && answer.status < 300) return answer
    if (answer.status === 401 && mayRenew && options.authorise?.refused() === true) {
      mayRenew = false
      options.onCall?.('ok')
      continue
    }
    if (answer.status !== 429) throw countedError(options, answer, asked)
    await waitOutLimit(options, answer, asked, bounds)
  }
}

function countedError(
  { explain, onCall }: HttpClientOptions,
  answer: HttpResponse,
  asked: Asked,
): ChangeoverError {
  const error = explain?.(answer, asked) ?? errorOfAnswer(answer, asked)
  onCall?.(isExpected(error) ? 'ok' : 'failed')
  return error
}

/** Answers that our calls are made for: whether something is there, and whether somebody else was faster. */
function isExpected(error: ChangeoverError): boolean {
  return error instanceof NotFoundError || error instanceof PlatformConflictError
}

async function sendOnce(
  options: HttpClientOptions,
  call: Call,
  asked: Asked,
  bounds: Bounds,
): Promise<HttpResponse> {
  const { wireClock, budget } = options
  await waitForBudget(options, asked, bounds)
  const signIn = await options.authorise?.headers(bounds)
  await bounds.beforeSending()
  const left = bounds.deadline - wireClock.now()
  if (left <= 0) throw new UnreachableError(`${asked.what}: not sent, its deadline had passed`)
  const timeout = ms(Math.min(left, options.timeout ?? defaultTimeout))
  try {
    const request = requestOf(options.baseUrl, call, signIn ?? {})
    const answer = await options.transport(request, { signal: bounds.signal, timeout })
    learnLimit(budget, answer.headers)
    return answer
  } catch (cause) {
    bounds.signal.throwIfAborted()
    options.onCall?.('failed')
    const because = blankSecrets(cause instanceof Error ? cause.message : '', asked.secrets)
    throw new UnreachableError(
      `${asked.what}: no answer from ${hostOf(options.baseUrl)}: ${because}`,
      {
        cause,
        details: { host: hostOf(options.baseUrl) },
      },
    )
  }
}

async function waitForBudget(options: HttpClientOptions, asked: Asked, bounds: Bounds) {
  for (;;) {
    const wait = options.budget?.take() ?? ms(0)
    if (wait === 0) return
    await waitOrGiveUp(options, wait, asked, bounds)
  }
}

async function waitOutLimit(
  options: HttpClientOptions,
  answer: HttpResponse,
  asked: Asked,
  bounds: Bounds,
): Promise<void> {
  const clock = vendorClockOf(options)
  const wait = retryAfterOf(answer.headers, clock)
  options.onCall?.(wait === undefined ? 'failed' : 'limited')
  if (wait === undefined) throw errorOfAnswer(answer, asked)
  options.budget?.holdUntil(later(clock.now(), wait))
  await waitOrGiveUp(options, wait, asked, bounds)
}

const vendorClockOf = ({ wireClock, vendorClock }: HttpClientOptions): Clock =>
  vendorClock ?? wireClock

async function waitOrGiveUp(
  options: HttpClientOptions,
  wait: Milliseconds,
  asked: Asked,
  bounds: Bounds,
) {
  // The vendor's seconds are at most as long as the wire's: what fits there fits here.
  if (options.wireClock.now() + wait >= bounds.deadline)
    throw new RateLimitedError(`${asked.what}: the rate limit is used up for another ${wait} ms`, {
      details: { retryAfterMs: wait },
    })
  await vendorClockOf(options).sleep(wait, bounds.signal)
}

/** Seconds, or the HTTP date of RFC 9110 §10.2.3. */
function retryAfterOf(headers: HttpResponse['headers'], clock: Clock): Milliseconds | undefined {
  const text = headers['retry-after'] ?? headers['inin-ratelimit-reset']
  if (text === undefined) return undefined
  const inSeconds = Number(text)
  if (Number.isFinite(inSeconds)) return ms(Math.max(inSeconds * 1000, 1))
  const instant = Date.parse(text)
  return Number.isNaN(instant) ? undefined : ms(Math.max(instant - clock.now(), 1))
}

function learnLimit(budget: RateBudget | undefined, headers: HttpResponse['headers']) {
  const [count, allowed, resetIn] = ['count', 'allowed', 'reset'].map((name) =>
    Number(headers[`inin-ratelimit-${name}`] ?? Number.NaN),
  )
  if (count === undefined || allowed === undefined || resetIn === undefined) return
  if (count >= 0 && allowed > 0 && resetIn >= 0) budget?.learn({ count, allowed, resetIn })
}

function requestOf(
  baseUrl: string,
  call: Call,
  signIn: Readonly<Record<string, string>>,
): HttpRequest {
  const url = urlOf(baseUrl, call)
  const method = call.method ?? 'GET'
  const headers = { accept: 'application/json', ...signIn }
  if (call.form !== undefined) {
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    return {
      method,
      url,
      headers: { ...headers, ...type },
      body: `${new URLSearchParams(call.form)}`,
    }
  }
  if (call.body === undefined) return { method, url, headers }
  const type = { 'content-type': 'application/json' }
  return { method, url, headers: { ...headers, ...type }, body: JSON.stringify(call.body) }
}

function urlOf(baseUrl: string, call: Call): string {
  const query = new URLSearchParams(
    Object.entries(call.query ?? {}).flatMap(([name, value]) =>
      (value === undefined ? [] : [value].flat()).map((each): [string, string] => [name, each]),
    ),
  )
  const base = baseUrl.replace(/\/+$/, '')
  return query.size === 0 ? `${base}${call.path}` : `${base}${call.path}?${query}`
}

function askedOf(options: HttpClientOptions, call: Call): Asked {
  return {
    what: call.named ?? `${call.method ?? 'GET'} ${call.path || '/'}`,
    get secrets() {
      return [...(options.secrets ?? []), ...(options.authorise?.secrets?.() ?? [])]
    },
  }
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url
}
