import { type Json, jsonAt, numberAt, textAt, textsAt } from './json.ts'
import {
  type Answer,
  answer,
  badRequest,
  type Call,
  matchesName,
  notFound,
  operation,
  page,
  refuse,
  telephony,
  versionConflict,
} from './operation.ts'
import type { DidPool, Ivr, OrgConfig, User } from './state.ts'

const ivrs = '/api/v2/architect/ivrs'
const edges = '/api/v2/telephony/providers/edges'

export const numberOperations = [
  operation(`GET ${ivrs}`, ['routing:callRoute:view'], (call) => {
    const dnis = call.query.get('dnis')
    const found = [...call.config.ivrs.values()]
      .filter(({ name }) => matchesName(call, name))
      .filter((ivr) => dnis === null || ivr.dnis.includes(dnis))
    return page(
      call,
      found.map((ivr) => showIvr(ivr, call)),
    )
  }),
  operation(`POST ${ivrs}`, ['routing:callRoute:add'], createIvr),
  operation(`GET ${ivrs}/{ivrId}`, ['routing:callRoute:view'], (call) =>
    withIvr(call, (ivr) => answer(showIvr(ivr, call))),
  ),
  operation(`PUT ${ivrs}/{ivrId}`, ['routing:callRoute:edit'], (call) =>
    withIvr(call, (ivr) => replaceIvr(call, ivr)),
  ),
  operation(`GET ${edges}/didpools`, telephony, (call) =>
    page(call, [...call.config.didPools.values()].map(showPool)),
  ),
  operation(`POST ${edges}/didpools`, telephony, createPool),
  operation(`GET ${edges}/didpools/dids`, telephony, listPoolNumbers),
  operation(`GET ${edges}/didpools/{didPoolId}`, telephony, (call) =>
    withPool(call, (pool) => answer(showPool(pool))),
  ),
  operation(`DELETE ${edges}/didpools/{didPoolId}`, telephony, (call) =>
    withPool(call, (pool) => {
      call.config.didPools.delete(pool.id)
      return { status: 200 }
    }),
  ),
  operation(`GET ${edges}/dids`, telephony, listDids),
]

function showIvr(ivr: Ivr, { facts }: Call): Json {
  const flow = facts.flows.get(ivr.flowId ?? '')
  return {
    ...ivr.rest,
    id: ivr.id,
    name: ivr.name,
    version: ivr.version,
    state: 'active',
    dnis: ivr.dnis,
    ...(flow === undefined ? {} : { openHoursFlow: { id: flow.id, name: flow.name } }),
    selfUri: `${ivrs}/${ivr.id}`,
  }
}

function createIvr(call: Call): Answer {
  const name = textAt(call.body, 'name')
  if (!name) return badRequest('name required')
  const refusal = refuseNumbers(call, undefined)
  if (refusal !== undefined) return refusal
  const ivr = { id: call.facts.newId(), name, version: 1, ...readIvr(call) }
  call.config.ivrs.set(ivr.id, ivr)
  return answer(showIvr(ivr, call))
}

function replaceIvr(call: Call, ivr: Ivr): Answer {
  const name = textAt(call.body, 'name')
  if (!name) return badRequest('name required')
  const version = numberAt(call.body, 'version')
  if (version === undefined) return badRequest('version required')
  if (version !== ivr.version) return versionConflict(ivr.name, version, ivr.version)
  const refusal = refuseNumbers(call, ivr)
  if (refusal !== undefined) return refusal
  Object.assign(ivr, readIvr(call), { name, version: version + 1 })
  return answer(showIvr(ivr, call))
}

/** A number is bound to at most one IVR, and only to a number that a DID pool holds. */
function refuseNumbers(call: Call, self: Ivr | undefined): Answer | undefined {
  for (const number of textsAt(call.body, 'dnis')) {
    const other = holderOf(number, call.config)
    if (other !== undefined && other.of !== self) {
      return refuse(409, 'dnis.in.use', `${number} is assigned to ${other.of.name}`)
    }
    if (poolOf(number, call.config) === undefined) {
      return badRequest(`${number} is in no DID pool`)
    }
  }
  return undefined
}

function readIvr({ body, facts }: Call): Pick<Ivr, 'dnis' | 'flowId' | 'rest'> {
  const rest: Record<string, Json> = {}
  for (const member of ['description', 'closedHoursFlow', 'holidayHoursFlow', 'scheduleGroup']) {
    const value = jsonAt(body, member)
    if (value !== undefined) rest[member] = value
  }
  const flowId = facts.flows.get(textAt(body, 'openHoursFlow', 'id') ?? '')?.id
  return { dnis: textsAt(body, 'dnis'), flowId, rest }
}

function showPool(pool: DidPool): Json {
  return {
    id: pool.id,
    name: pool.name,
    version: pool.version,
    state: 'active',
    startPhoneNumber: pool.start,
    endPhoneNumber: pool.end,
    provider: pool.provider,
    selfUri: `${edges}/didpools/${pool.id}`,
  }
}

function createPool(call: Call): Answer {
  const name = textAt(call.body, 'name')
  const start = textAt(call.body, 'startPhoneNumber')
  const end = textAt(call.body, 'endPhoneNumber')
  if (!name || !start || !end) {
    return badRequest('name, startPhoneNumber, endPhoneNumber required')
  }
  if (!isRange(start, end)) return badRequest('a range of E.164 numbers, 10000 at most, is needed')
  if (numbersOf({ start, end }).some((number) => poolOf(number, call.config) !== undefined)) {
    return refuse(409, 'did.pool.overlap', 'the range overlaps that of another pool')
  }
  const provider = textAt(call.body, 'provider') ?? 'PURE_CLOUD'
  const pool = { id: call.facts.newId(), name, version: 1, start, end, provider }
  call.config.didPools.set(pool.id, pool)
  return answer(showPool(pool))
}

function isRange(start: string, end: string): boolean {
  const [first, last] = [Number(start.slice(1)), Number(end.slice(1))]
  const isE164 = [start, end].every((number) => /^\+[1-9]\d{3,14}$/.test(number))
  return isE164 && first <= last && last - first < 10_000
}

function listPoolNumbers(call: Call): Answer {
  const type = call.query.get('type')
  const match = call.query.get('numberMatch') ?? ''
  const wanted = call.query.getAll('id').flatMap((ids) => ids.split(','))
  const items: Json[] = []
  for (const pool of call.config.didPools.values()) {
    if (wanted.length > 0 && !wanted.includes(pool.id)) continue
    for (const number of numbersOf(pool)) {
      const owner = holderOf(number, call.config)
      if (!number.includes(match) || (type === 'UNASSIGNED' && owner !== undefined)) continue
      items.push({
        number,
        assigned: owner !== undefined,
        didPool: { id: pool.id },
        ...ownerOf(owner),
      })
    }
  }
  return page(call, items)
}

function listDids(call: Call): Answer {
  const wanted = call.query.get('phoneNumber')
  const { ivrs: routes, users } = call.config
  const assigned = [
    ...[...routes.values()].flatMap((ivr) => ivr.dnis),
    ...[...users.values()].flatMap((user) => user.numbers),
  ]
  const items = assigned
    .filter((number) => wanted === null || wanted === number)
    .map((number): Json => {
      const didPool = poolOf(number, call.config)
      const holder = holderOf(number, call.config)
      return {
        id: `${holder?.of.id}-${number.slice(1)}`,
        name: number,
        phoneNumber: number,
        ...(didPool === undefined ? {} : { didPool: { id: didPool.id, name: didPool.name } }),
        ...ownerOf(holder),
      }
    })
  return page(call, items)
}

/** Who has a number: a call route or a user, never both. */
interface Holder {
  readonly of: Ivr | User
  readonly ownerType: 'IVR_CONFIG' | 'USER'
}

function ownerOf(holder: Holder | undefined): { readonly [member: string]: Json } {
  if (holder === undefined) return {}
  const { of, ownerType } = holder
  return { owner: { id: of.id, name: of.name }, ownerType }
}

function holderOf(number: string, { ivrs: routes, users }: OrgConfig): Holder | undefined {
  for (const ivr of routes.values())
    if (ivr.dnis.includes(number)) return { of: ivr, ownerType: 'IVR_CONFIG' }
  for (const user of users.values())
    if (user.numbers.includes(number)) return { of: user, ownerType: 'USER' }
  return undefined
}

function poolOf(number: string, { didPools }: OrgConfig): DidPool | undefined {
  const value = Number(number.slice(1))
  for (const pool of didPools.values()) {
    const isInside = Number(pool.start.slice(1)) <= value && value <= Number(pool.end.slice(1))
    if (isInside && pool.start.length === number.length) return pool
  }
  return undefined
}

function numbersOf({ start, end }: Pick<DidPool, 'start' | 'end'>): readonly string[] {
  const first = Number(start.slice(1))
  const count = Number(end.slice(1)) - first + 1
  return Array.from({ length: count }, (_, index) => `+${first + index}`)
}

function withIvr(call: Call, use: (ivr: Ivr) => Answer): Answer {
  const id = call.params['ivrId'] ?? ''
  const ivr = call.config.ivrs.get(id)
  return ivr === undefined ? notFound(`IVR ${id}`) : use(ivr)
}

function withPool(call: Call, use: (pool: DidPool) => Answer): Answer {
  const id = call.params['didPoolId'] ?? ''
  const pool = call.config.didPools.get(id)
  return pool === undefined ? notFound(`DID pool ${id}`) : use(pool)
}
