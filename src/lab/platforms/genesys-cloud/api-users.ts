import { type Json, listAt, numberAt, textAt, textsAt } from './json.ts'
import {
  type Answer,
  answer,
  badRequest,
  type Call,
  notFound,
  nothingNeeded,
  operation,
  page,
  refuse,
} from './operation.ts'
import { setPresence } from './presence.ts'
import { showPresence, showRoutingStatus, showStations, showUser } from './show-user.ts'
import type { PresenceDefinition, User } from './state.ts'

const users = '/api/v2/users'

export const userOperations = [
  operation(`GET ${users}`, nothingNeeded, (call) => {
    const ids = call.query.getAll('id').flatMap((text) => text.split(','))
    const found = sortedUsers(call).filter(({ id }) => ids.length === 0 || ids.includes(id))
    return page(
      call,
      found.map((user) => showUser(call, user, expansion(call))),
    )
  }),
  operation(`POST ${users}/search`, ['directory:user:view'], searchUsers),
  operation(`PUT ${users}/presences/bulk`, ['presence:userPresence:edit'], setPresences),
  operation(`GET ${users}/{userId}`, nothingNeeded, (call) =>
    withUser(call, (user) => answer(showUser(call, user, expansion(call)))),
  ),
  operation(`GET ${users}/{userId}/presences/purecloud`, nothingNeeded, (call) =>
    withUser(call, (user) => answer(showPresence(call, user))),
  ),
  operation(`PATCH ${users}/{userId}/presences/purecloud`, nothingNeeded, (call) =>
    withUser(call, (user) => changeTo(call, user, call.body) ?? answer(showPresence(call, user))),
  ),
  operation(`GET ${users}/{userId}/routingstatus`, nothingNeeded, (call) =>
    withUser(call, (user) => answer(showRoutingStatus(call, user))),
  ),
  operation(`PUT ${users}/{userId}/routingstatus`, nothingNeeded, (call) =>
    withUser(call, (user) => {
      const status = textAt(call.body, 'status')
      // Routing status follows presence; asking for one puts nobody on queue (contract §2.6).
      if (status !== 'IDLE' && status !== 'OFF_QUEUE') return badRequest('IDLE or OFF_QUEUE')
      return answer(showRoutingStatus(call, user))
    }),
  ),
  operation(`GET ${users}/{userId}/station`, ['telephony:otherStationAssociation:view'], (call) =>
    withUser(call, (user) => answer(showStations(user))),
  ),
  operation('GET /api/v2/presence/definitions', ['presence:presenceDefinition:view'], (call) =>
    answer({
      entities: [...call.facts.presences.values()].map(showDefinition),
      total: call.facts.presences.size,
    }),
  ),
]

function showDefinition({ id, name, type, systemPresence }: PresenceDefinition): Json {
  return {
    id,
    name,
    type,
    languageLabels: { en_US: name },
    systemPresence,
    deactivated: false,
    divisionId: '*',
    selfUri: `/api/v2/presence/definitions/${id}`,
  }
}

/** By name, so that pages stay the same while agents come and go in the line of the idle. */
function sortedUsers({ config }: Call): readonly User[] {
  return [...config.users.values()].sort((a, b) => (a.email < b.email ? -1 : 1))
}

function expansion({ query }: Call): readonly string[] {
  return query.getAll('expand').flatMap((text) => text.split(','))
}

function searchUsers(call: Call): Answer {
  const size = numberAt(call.body, 'pageSize') ?? 25
  const number = numberAt(call.body, 'pageNumber') ?? 1
  if (size < 1 || size > 500 || number < 1) return badRequest('pageSize is 1 to 500')
  const criteria = listAt(call.body, 'query')
  const found = sortedUsers(call).filter((user) =>
    criteria.every((criterion) => meets(user, criterion)),
  )
  const expand = textsAt(call.body, 'expand')
  return answer({
    total: found.length,
    pageCount: Math.ceil(found.length / size),
    pageSize: size,
    pageNumber: number,
    types: ['users'],
    results: found
      .slice((number - 1) * size, number * size)
      .map((user) => showUser(call, user, expand)),
  })
}

/** One criterion: any of its values in any of its fields. */
function meets(user: User, criterion: Json): boolean {
  const value = textAt(criterion, 'value')
  const wanted = [...textsAt(criterion, 'values'), ...(value === undefined ? [] : [value])]
  const fields = textsAt(criterion, 'fields').map((field) => fieldOf(user, field).toLowerCase())
  const type = textAt(criterion, 'type')
  const isMet = wanted.some((text) => fields.some((field) => compare(type, field, text)))
  return textAt(criterion, 'operator') === 'NOT' ? !isMet : isMet
}

function fieldOf(user: User, field: string): string {
  switch (field) {
    case 'email':
    case 'username':
      return user.email
    case 'id':
    case 'guid':
      return user.id
    case 'name':
      return user.name
    case 'state':
      return 'active'
    default:
      return ''
  }
}

function compare(type: string | undefined, field: string, text: string): boolean {
  const wanted = text.toLowerCase()
  if (type === 'STARTS_WITH') return field.startsWith(wanted)
  if (type === 'CONTAINS' || type === 'QUERY_STRING') return field.includes(wanted)
  return field === wanted
}

function setPresences(call: Call): Answer {
  const shown: Json[] = []
  for (const item of listAt(call.body)) {
    const id = textAt(item, 'id') ?? ''
    const user = call.config.users.get(id)
    if (user === undefined) return notFound(`user ${id}`)
    const refusal = changeTo(call, user, item)
    if (refusal !== undefined) return refusal
    shown.push(showPresence(call, user))
  }
  return answer(shown)
}

/** undefined once it is done. */
function changeTo(call: Call, user: User, wanted: Json | undefined): Answer | undefined {
  const id = textAt(wanted, 'presenceDefinition', 'id')
  if (id === undefined) return badRequest('presenceDefinition.id required')
  const definition = call.facts.presences.get(id)
  if (definition === undefined) return badRequest(`presence definition ${id} doesn't exist`)
  if (setPresence(user, definition, call)) return undefined
  return refuse(409, 'presence.no.station', `${user.email} has no station and can't be on queue`)
}

function withUser(call: Call, use: (user: User) => Answer): Answer {
  const id = call.params['userId'] ?? ''
  const user = call.config.users.get(id)
  return user === undefined ? notFound(`user ${id}`) : use(user)
}
