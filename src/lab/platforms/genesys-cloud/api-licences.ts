import { type Json, jsonAt, listAt, textAt, textsAt } from './json.ts'
import {
  type Answer,
  answer,
  badRequest,
  type Call,
  notFound,
  nothingNeeded,
  operation,
  page,
} from './operation.ts'
import { licencesInForce, type User } from './state.ts'

const view = ['authorization:grant:add', 'authorization:license:view']

export const licenceOperations = [
  operation('GET /api/v2/license/definitions', view, ({ facts }) =>
    answer(facts.licences.map((id) => ({ id, description: id }))),
  ),
  operation('GET /api/v2/license/users', nothingNeeded, (call) => {
    const now = call.facts.now()
    const items = [...call.config.users.values()].map((user) => ({
      id: user.id,
      licenses: licencesInForce(user, now),
    }))
    return page(call, items)
  }),
  operation('POST /api/v2/license/users', view, (call) => {
    const found: Record<string, Json> = {}
    for (const id of textsAt(call.body)) {
      const user = call.config.users.get(id)
      if (user !== undefined) found[id] = licencesInForce(user, call.facts.now())
    }
    return answer(found)
  }),
  operation('GET /api/v2/license/users/{userId}', view, ({ config, facts, params }) => {
    const id = params['userId'] ?? ''
    const user = config.users.get(id)
    if (user === undefined) return notFound(`user ${id}`)
    return answer({
      id,
      licenses: licencesInForce(user, facts.now()).map((licence) => ({ id: licence })),
      selfUri: `/api/v2/license/users/${id}`,
    })
  }),
  operation('POST /api/v2/license/organization', ['authorization:grant:add'], assign),
]

/** Accepted at once, in force only after the platform's delay (W5.1). */
function assign(call: Call): Answer {
  const assignments = listAt(call.body, 'assignments')
  if (assignments.length === 0) return badRequest('assignments required')
  const isWhole = assignments.every((assignment) =>
    ['userIdsAdd', 'userIdsRemove'].every((list) => Array.isArray(jsonAt(assignment, list))),
  )
  if (!isWhole) return badRequest('userIdsAdd and userIdsRemove required')
  const results = assignments.flatMap((assignment) => {
    const licence = textAt(assignment, 'licenseId') ?? ''
    return [
      ...textsAt(assignment, 'userIdsAdd').map((id) => apply(call, { id, licence, change: add })),
      ...textsAt(assignment, 'userIdsRemove').map((id) =>
        apply(call, { id, licence, change: remove }),
      ),
    ]
  })
  return answer(results)
}

interface LicenceChange {
  readonly id: string
  readonly licence: string
  readonly change: (user: User, licence: string, call: Call) => void
}

function apply(call: Call, { id, licence, change }: LicenceChange): Json {
  const user = call.config.users.get(id)
  const isDone = user !== undefined && call.facts.licences.includes(licence)
  if (isDone) change(user, licence, call)
  return { userId: id, licenseId: licence, result: isDone ? 'success' : 'failure' }
}

function add(user: User, licence: string, { facts }: Call): void {
  const term = user.licences.get(licence)
  const isOver = term?.until !== undefined && facts.now() >= term.until
  if (term === undefined || isOver) user.licences.set(licence, { from: facts.licenceInstant() })
  else delete term.until
}

function remove(user: User, licence: string, { facts }: Call): void {
  const term = user.licences.get(licence)
  if (term === undefined) return
  if (facts.now() < term.from) user.licences.delete(licence)
  else term.until ??= facts.licenceInstant()
}
