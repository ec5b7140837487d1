import type { CallLog } from './calls.ts'
import type { Json, JsonRecord } from './json.ts'
import type { OrgConfig, OrgFacts } from './state.ts'

/** What an operation is given. */
export interface Call {
  readonly facts: OrgFacts
  readonly config: OrgConfig
  readonly calls: CallLog
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Json | undefined
}

export interface Answer {
  readonly status: number
  readonly body?: Json
  readonly headers?: Readonly<Record<string, string>>
}

export interface Operation {
  /** `PUT /api/v2/architect/ivrs/{ivrId}`, as the contract names it. */
  readonly name: string
  readonly permissions: Permissions
  readonly perform: (call: Call) => Answer
}

export interface Permissions {
  readonly mode: 'any' | 'all'
  readonly list: readonly string[]
}

export function operation(
  name: string,
  permissions: readonly string[],
  perform: (call: Call) => Answer,
): Operation {
  return { name, permissions: { mode: 'any', list: permissions }, perform }
}

export const nothingNeeded: readonly string[] = []
export const telephony: readonly string[] = ['telephony:plugin:all']

export function answer(body: Json, status = 200): Answer {
  return { status, body }
}

/** The error body of every operation (contract §2.1). */
export function refuse(status: number, code: string, message: string, more?: JsonRecord): Answer {
  const body = { message, code, status, messageParams: {}, details: [], errors: [], ...more }
  return { status, body }
}

export function notFound(what: string): Answer {
  return refuse(404, 'not.found', `${what} not found`)
}

/** A stale `version` in the body: somebody else wrote in between. */
export function versionConflict(what: string, theirs: number, ours: number): Answer {
  const message = `The version ${theirs} of ${what} is stale, the current version is ${ours}`
  return refuse(409, 'general.version.conflict', message)
}

export function badRequest(message: string): Answer {
  return refuse(400, 'bad.request', message)
}

/** One page of a listing, with the paging fields that every listing has. */
export function page(call: Call, items: readonly Json[], more?: JsonRecord): Answer {
  const pageSize = whole(call.query.get('pageSize'), 25)
  const pageNumber = whole(call.query.get('pageNumber'), 1)
  if (pageSize > 500) return badRequest('pageSize is 500 at most')
  const pageCount = Math.ceil(items.length / pageSize)
  const at = (number: number) => `${call.path}?pageSize=${pageSize}&pageNumber=${number}`
  return answer({
    entities: items.slice((pageNumber - 1) * pageSize, pageNumber * pageSize),
    pageSize,
    pageNumber,
    total: items.length,
    pageCount,
    selfUri: at(pageNumber),
    firstUri: at(1),
    lastUri: at(Math.max(pageCount, 1)),
    ...(pageNumber < pageCount ? { nextUri: at(pageNumber + 1) } : {}),
    ...(pageNumber > 1 ? { previousUri: at(pageNumber - 1) } : {}),
    ...more,
  })
}

function whole(text: string | null, otherwise: number): number {
  const value = Number(text)
  return text !== null && Number.isInteger(value) && value > 0 ? value : otherwise
}

export function isoTime(instant: number): string {
  return new Date(instant).toISOString()
}

/** Whether the listing's `name` filter, which may end in `*`, lets a name through. */
export function matchesName(call: Call, name: string): boolean {
  const wanted = call.query.get('name')?.toLowerCase()
  if (wanted === undefined || wanted === '') return true
  const text = name.toLowerCase()
  if (wanted.startsWith('*') && wanted.endsWith('*')) return text.includes(wanted.slice(1, -1))
  return wanted.endsWith('*') ? text.startsWith(wanted.slice(0, -1)) : text === wanted
}
