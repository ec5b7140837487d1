import type { WireClock } from '../../../kernel/clock.ts'
import type { HttpHandler, HttpRequest, HttpResponse } from '../../../protocols/http/transport.ts'
import { accountOperations } from './api-account.ts'
import { analyticsOperations } from './api-analytics.ts'
import { conversationOperations } from './api-conversations.ts'
import { licenceOperations } from './api-licences.ts'
import { numberOperations } from './api-numbers.ts'
import { queueOperations } from './api-queues.ts'
import { siteOperations } from './api-sites.ts'
import { tableOperations } from './api-tables.ts'
import { trunkOperations } from './api-trunks.ts'
import { userOperations } from './api-users.ts'
import { createFaults, type FaultKind, type Faults } from './faults.ts'
import { parseJson } from './json.ts'
import { createTokens, spend, type Tokens } from './oauth.ts'
import {
  type Answer,
  badRequest,
  type Call,
  notFound,
  type Operation,
  refuse,
} from './operation.ts'
import type { GenesysOrg } from './org.ts'
import { missing } from './permissions.ts'
import { createRouter, type Match } from './router.ts'

/** Every operation that the lab serves, beside `POST /oauth/token`. */
export const genesysOperations: readonly Operation[] = [
  ...accountOperations,
  ...trunkOperations,
  ...numberOperations,
  ...siteOperations,
  ...tableOperations,
  ...queueOperations,
  ...userOperations,
  ...licenceOperations,
  ...analyticsOperations,
  ...conversationOperations,
]

export interface GenesysApi {
  /** Serves the login host (`/oauth/token`) and the API host (`/api/v2/…`) in one. */
  readonly handler: HttpHandler
  readonly faults: Faults
  readonly tokens: Tokens
}

/** What a front makes of this status: the connection breaks without an answer. */
export const droppedConnection: HttpResponse = { status: 0, headers: {}, body: '' }

const tokenOperation = 'POST /oauth/token'
const largestBody = 512_000

/** Puts the HTTP API in front of an organisation. */
export function createGenesysApi(org: GenesysOrg, wire: WireClock): GenesysApi {
  const faults = createFaults(org.facts.now)
  const tokens = createTokens(org.facts)
  const route = createRouter(genesysOperations)

  const handler: HttpHandler = async (request) => {
    const url = new URL(request.url, 'http://lab')
    // The vendor's SDK puts both hosts behind one by a prefix.
    const path = url.pathname.replace(/^\/(login|platform)(?=\/)/, '')
    if (`${request.method} ${path}` === tokenOperation) {
      return suffer(faults.strike(tokenOperation), wire, () => tokens.issue(request))
    }
    const match = route(request.method, path)
    if (match === undefined) return respond(notFound(`${request.method} ${path}`))
    const admission = admitRequest(org, tokens, { request, match })
    if ('status' in admission) return respond(admission)
    const fault = faults.strike(match.operation.name)
    const call = { ...readCall(org, request, match), path, query: url.searchParams }
    const response = await suffer(fault, wire, () => perform(call, match, { faults, fault }))
    return { ...response, headers: { ...response.headers, ...admission.headers } }
  }
  return { handler, faults, tokens }
}

/** The token, the rate, the rights: what is checked before an operation is looked at. */
function admitRequest(
  { facts }: GenesysOrg,
  tokens: Tokens,
  { request, match }: { readonly request: HttpRequest; readonly match: Match },
): Answer | { readonly headers: Readonly<Record<string, string>> } {
  const token = tokens.ofRequest(request)
  if (token === undefined) return refuse(401, 'bad.credentials', 'Invalid login credentials.')
  const { allowed, headers, wait } = spend(token, facts)
  if (!allowed)
    return {
      ...tooMany(wait, facts.ratePerMinute),
      headers: { ...headers, 'retry-after': String(wait) },
    }
  const lacking = missing(facts.client, match.operation.permissions)
  if (lacking.length > 0) {
    const message = `Unable to perform the requested action. You are missing the following permission(s): ${lacking.join(', ')}`
    return { ...refuse(403, 'missing.any.permissions', message), headers }
  }
  if ((request.body?.length ?? 0) > largestBody) {
    return {
      ...refuse(413, 'request.too.large', 'The request is larger than 512000 bytes'),
      headers,
    }
  }
  const isBroken = hasBody(request) && parseJson(request.body ?? '') === undefined
  return isBroken
    ? { ...badRequest('The request could not be parsed as JSON'), headers }
    : { headers }
}

function tooMany(wait: number, value: number): Answer {
  const message = `Rate limit exceeded the maximum. Retry the request in [${wait}] seconds`
  const limit = { key: 'token.rate.per.minute', namespace: 'platform.api', value }
  return refuse(429, 'too.many.requests', message, { limit })
}

function hasBody({ body }: HttpRequest): boolean {
  return body !== undefined && body !== ''
}

function readCall({ facts, config, calls }: GenesysOrg, request: HttpRequest, match: Match) {
  const body = hasBody(request) ? parseJson(request.body ?? '') : undefined
  return { facts, config, calls, params: match.params, body }
}

function perform(
  call: Call,
  { operation }: Match,
  { faults, fault }: { readonly faults: Faults; readonly fault: FaultKind | undefined },
): Answer {
  if (operation.name.startsWith('GET ') || operation.name.endsWith('/query')) {
    return operation.perform({ ...call, config: faults.stale(operation.name) ?? call.config })
  }
  if (fault?.kind === 'lying') {
    return operation.perform({ ...call, config: structuredClone(call.config) })
  }
  faults.beforeWrite(call.config)
  return operation.perform(call)
}

/** Does the operation as far as the fault lets it be done, and answers as the fault has it. */
async function suffer(
  fault: FaultKind | undefined,
  wire: WireClock,
  act: () => Answer,
): Promise<HttpResponse> {
  switch (fault?.kind) {
    case undefined:
    case 'lying':
    case 'lagging':
      return respond(act())
    case 'status': {
      const wait = fault.retryAfter ?? (fault.status === 429 ? 1 : undefined)
      const refused = refuse(fault.status, 'lab.fault', 'a fault was scripted')
      const headers = wait === undefined ? {} : { 'retry-after': String(wait) }
      return respond({ ...refused, headers })
    }
    case 'slow': {
      const done = act()
      await wire.sleep(fault.by)
      return respond(done)
    }
    case 'dropped':
      if (fault.after) act()
      return droppedConnection
  }
}

function respond({ status, body, headers }: Answer): HttpResponse {
  const text = body === undefined ? '' : JSON.stringify(body)
  const type: Record<string, string> = text === '' ? {} : { 'content-type': 'application/json' }
  const correlation = { 'inin-correlation-id': `lab-${status}` }
  return { status, headers: { ...type, ...correlation, ...headers }, body: text }
}
