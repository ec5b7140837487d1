import { type Json, jsonAt, listAt, textAt } from './json.ts'
import {
  type Answer,
  answer,
  badRequest,
  type Call,
  matchesName,
  notFound,
  operation,
  page,
} from './operation.ts'
import { showRoutingStatus, showUser } from './show-user.ts'
import type { Queue, User } from './state.ts'

const queues = '/api/v2/routing/queues'
const view = ['routing:queue:view']
const manage = ['routing:queue:edit', 'routing:queueMember:manage']
const batch = 100

export const queueOperations = [
  operation(`GET ${queues}`, view, (call) => {
    const ids = call.query.getAll('id').flatMap((text) => text.split(','))
    const found = [...call.config.queues.values()]
      .filter(({ name }) => matchesName(call, name))
      .filter(({ id }) => ids.length === 0 || ids.includes(id))
    return page(call, found.map(showQueue))
  }),
  operation(`GET ${queues}/{queueId}`, view, (call) =>
    withQueue(call, (queue) => answer(showQueue(queue))),
  ),
  operation(
    `GET ${queues}/{queueId}/members`,
    ['routing:queue:view', 'routing:queue:edit', 'routing:queueMember:manage'],
    (call) => withQueue(call, (queue) => listMembers(call, queue)),
  ),
  operation(`POST ${queues}/{queueId}/members`, manage, (call) =>
    withQueue(call, (queue) => addMembers(call, queue)),
  ),
  operation(`PATCH ${queues}/{queueId}/members`, manage, (call) =>
    withQueue(call, (queue) => patchMembers(call, queue)),
  ),
  operation(`PATCH ${queues}/{queueId}/members/{memberId}`, manage, (call) =>
    withQueue(call, (queue) => {
      const member = call.params['memberId'] ?? ''
      const joined = jsonAt(call.body, 'joined')
      if (!queue.members.has(member)) return notFound(`member ${member} of ${queue.name}`)
      if (typeof joined !== 'boolean') return badRequest('joined required')
      queue.members.set(member, joined)
      return { status: 202 }
    }),
  ),
  operation('GET /api/v2/users/{userId}/queues', view, (call) => {
    const id = call.params['userId'] ?? ''
    if (!call.config.users.has(id)) return notFound(`user ${id}`)
    const joined = call.query.get('joined')
    const items: Json[] = []
    for (const queue of call.config.queues.values()) {
      const isJoined = queue.members.get(id)
      if (isJoined === undefined || (joined !== null && joined !== String(isJoined))) continue
      items.push({ id: queue.id, name: queue.name, joined: isJoined })
    }
    return page(call, items)
  }),
]

function showQueue(queue: Queue): Json {
  const joined = [...queue.members.values()].filter(Boolean).length
  return {
    id: queue.id,
    name: queue.name,
    memberCount: queue.members.size,
    userMemberCount: queue.members.size,
    joinedMemberCount: joined,
    skillEvaluationMethod: 'NONE',
    scoringMethod: 'TimestampAndPriority',
    selfUri: `${queues}/${queue.id}`,
  }
}

function listMembers(call: Call, queue: Queue): Answer {
  const joined = call.query.get('joined')
  const items: Json[] = []
  for (const [id, isJoined] of queue.members) {
    const user = call.config.users.get(id)
    if (user === undefined || (joined !== null && joined !== String(isJoined))) continue
    items.push(showMember(call, user, isJoined))
  }
  return page(call, items)
}

function showMember(call: Call, user: User, joined: boolean): Json {
  return {
    id: user.id,
    name: user.name,
    user: showUser(call, user, []),
    ringNumber: 1,
    joined,
    memberBy: 'user',
    routingStatus: showRoutingStatus(call, user),
  }
}

/** Adds members, who are joined at once; with `delete=true` takes them out. Either all or none. */
function addMembers(call: Call, queue: Queue): Answer {
  const ids = listAt(call.body).map((item) => textAt(item, 'id') ?? '')
  const refusal = refuseBatch(call, ids)
  if (refusal !== undefined) return refusal
  const isRemoval = call.query.get('delete') === 'true'
  for (const id of ids) {
    if (isRemoval) queue.members.delete(id)
    else if (!queue.members.has(id)) queue.members.set(id, true)
  }
  return { status: 204 }
}

function patchMembers(call: Call, queue: Queue): Answer {
  const items = listAt(call.body)
  const ids = items.map((item) => textAt(item, 'id') ?? '')
  const refusal = refuseBatch(call, ids)
  if (refusal !== undefined) return refusal
  const stranger = ids.find((id) => !queue.members.has(id))
  if (stranger !== undefined) return notFound(`member ${stranger} of ${queue.name}`)
  for (const item of items) {
    const joined = jsonAt(item, 'joined')
    if (typeof joined === 'boolean') queue.members.set(textAt(item, 'id') ?? '', joined)
  }
  return listMembers(call, queue)
}

function refuseBatch({ body, config }: Call, ids: readonly string[]): Answer | undefined {
  if (!Array.isArray(body) || ids.length === 0) return badRequest('a list of members is needed')
  if (ids.length > batch) return badRequest(`${batch} members at most`)
  const stranger = ids.find((id) => !config.users.has(id))
  return stranger === undefined ? undefined : badRequest(`user ${stranger} doesn't exist`)
}

function withQueue(call: Call, use: (queue: Queue) => Answer): Answer {
  const id = call.params['queueId'] ?? ''
  const queue = call.config.queues.get(id)
  return queue === undefined ? notFound(`queue ${id}`) : use(queue)
}
