import { parseInterval, passesFilter } from './analytics-filter.ts'
import type { Conversation } from './calls.ts'
import { type Json, listAt, numberAt, textAt } from './json.ts'
import {
  type Answer,
  answer,
  badRequest,
  type Call,
  isoTime,
  notFound,
  nothingNeeded,
  operation,
} from './operation.ts'
import { findByName } from './state.ts'

const view = ['analytics:conversationDetail:view', 'analytics:agentConversationDetail:view']
const week = 7 * 86_400_000

export const conversationOperations = [
  operation('POST /api/v2/analytics/conversations/details/query', view, queryDetails),
  operation('GET /api/v2/analytics/conversations/{conversationId}/details', view, (call) => {
    const id = call.params['conversationId'] ?? ''
    const found = call.calls.conversations().find((conversation) => conversation.id === id)
    return found === undefined ? notFound(`conversation ${id}`) : answer(showDetails(call, found))
  }),
  operation('GET /api/v2/conversations', nothingNeeded, (call) => {
    const entities = [...call.calls.live()].map(showLive)
    return answer({ entities, pageNumber: 1, pageCount: 1, total: entities.length })
  }),
]

function queryDetails(call: Call): Answer {
  const interval = parseInterval(textAt(call.body, 'interval'))
  if (interval === undefined) return badRequest('interval must be from/to')
  if (interval.to - interval.from > week) return badRequest('the interval is 7 days at most')
  const size = numberAt(call.body, 'paging', 'pageSize') ?? 25
  const number = numberAt(call.body, 'paging', 'pageNumber') ?? 1
  if (size < 1 || size > 100 || number < 1) return badRequest('pageSize is 1 to 100')
  const visible = call.facts.now() - call.facts.timing.analyticsDelay
  const found = candidates(call)
    .filter(({ startedAt, endedAt }) => {
      const isOver = endedAt !== undefined && endedAt < interval.from
      return startedAt < interval.to && startedAt <= visible && !isOver
    })
    .filter((conversation) => isWanted(call, conversation))
  if (textAt(call.body, 'order') === 'desc') found.reverse()
  const shown = found.slice((number - 1) * size, number * size)
  const conversations = shown.map((conversation) => showDetails(call, conversation))
  return answer({ totalHits: found.length, ...(shown.length === 0 ? {} : { conversations }) })
}

/** By an index where the query asks for one Call-ID or for what has not ended: polls ask nothing else. */
function candidates({ body, calls }: Call): readonly Conversation[] {
  const needed = [...listAt(body, 'conversationFilters'), ...listAt(body, 'segmentFilters')]
    .filter((filter) => textAt(filter, 'type') === 'and')
    .flatMap((filter) => listAt(filter, 'predicates'))
  for (const predicate of needed) {
    const dimension = textAt(predicate, 'dimension')
    const operator = textAt(predicate, 'operator') ?? 'matches'
    if (dimension === 'protocolCallId' && operator === 'matches') {
      return calls.bySipCallId(textAt(predicate, 'value') ?? '')
    }
    if (dimension === 'conversationEnd' && operator === 'notExists') return [...calls.live()]
  }
  return calls.conversations()
}

function isWanted(call: Call, conversation: Conversation): boolean {
  const dimensions = (dimension: string) => {
    if (dimension === 'purpose') return purposesOf(conversation)
    const value = dimensionOf(call, conversation, dimension)
    return value === undefined ? [] : [value]
  }
  const filters = [
    ...listAt(call.body, 'conversationFilters'),
    ...listAt(call.body, 'segmentFilters'),
  ]
  return filters.every((filter) => passesFilter(filter, dimensions))
}

function purposesOf({ queuedAt, answeredAt }: Conversation): readonly string[] {
  return [
    'customer',
    ...(queuedAt === undefined ? [] : ['acd']),
    ...(answeredAt === undefined ? [] : ['agent']),
  ]
}

/** One dimension at a time, since a query looks at every conversation of its interval. */
function dimensionOf(
  call: Call,
  conversation: Conversation,
  dimension: string,
): string | undefined {
  switch (dimension) {
    case 'conversationId':
      return conversation.id
    case 'conversationStart':
      return isoTime(conversation.startedAt)
    case 'conversationEnd':
    case 'segmentEnd':
      return conversation.endedAt === undefined ? undefined : isoTime(conversation.endedAt)
    case 'originatingDirection':
    case 'direction':
      return 'inbound'
    case 'mediaType':
      return 'voice'
    case 'protocolCallId':
      return conversation.sipCallId
    case 'ani':
      return `tel:${conversation.from}`
    case 'dnis':
    case 'sessionDnis':
      return `tel:${conversation.dnis}`
    case 'queueId':
      return queueId(call, conversation)
    case 'userId':
      return userId(call, conversation)
    case 'disconnectType':
      return disconnectType(conversation)
    default:
      return undefined
  }
}

function queueId({ config }: Call, { queue }: Conversation): string | undefined {
  return queue === undefined ? undefined : findByName(config.queues.values(), queue)?.id
}

function userId({ config }: Call, { agent }: Conversation): string | undefined {
  if (agent === undefined) return undefined
  return [...config.users.values()].find(({ email }) => email === agent)?.id
}

function disconnectType({ how, returnedAt }: Conversation): string | undefined {
  if (how === undefined) return undefined
  if (how === 'failed') return 'error'
  return returnedAt === undefined ? 'peer' : 'transfer'
}

function showDetails(call: Call, conversation: Conversation): Json {
  const { id, startedAt, endedAt } = conversation
  return {
    conversationId: id,
    conversationStart: isoTime(startedAt),
    ...(endedAt === undefined ? {} : { conversationEnd: isoTime(endedAt) }),
    originatingDirection: 'inbound',
    conversationInitiator: 'customer',
    participants: showParticipants(call, conversation),
  }
}

function showParticipants(call: Call, conversation: Conversation): readonly Json[] {
  const { startedAt, queuedAt, answeredAt, agent } = conversation
  const customer = showSession(call, conversation, { purpose: 'customer', from: startedAt })
  const acd =
    queuedAt === undefined
      ? []
      : [showSession(call, conversation, { purpose: 'acd', from: queuedAt })]
  const answering =
    answeredAt === undefined
      ? []
      : [
          showSession(call, conversation, {
            purpose: 'agent',
            from: answeredAt,
            ...(agent ? { agent } : {}),
          }),
        ]
  return [customer, ...acd, ...answering]
}

function showSession(
  call: Call,
  conversation: Conversation,
  { purpose, from, agent }: { purpose: string; from: number; agent?: string },
): Json {
  const { id, sessionId, endedAt } = conversation
  const queue = purpose === 'customer' ? undefined : queueId(call, conversation)
  const type = disconnectType(conversation)
  const user = agent === undefined ? undefined : userId(call, conversation)
  const segment = {
    segmentStart: isoTime(from),
    segmentType: purpose === 'agent' ? 'interact' : 'system',
    ...(endedAt === undefined ? {} : { segmentEnd: isoTime(endedAt) }),
    ...(type === undefined ? {} : { disconnectType: type }),
    ...(queue === undefined ? {} : { queueId: queue }),
  }
  return {
    participantId: `${id}-${purpose}`,
    purpose,
    ...(user === undefined ? {} : { userId: user }),
    sessions: [
      {
        sessionId: `${sessionId}-${purpose}`,
        mediaType: 'voice',
        direction: 'inbound',
        ani: `tel:${conversation.from}`,
        dnis: `tel:${conversation.dnis}`,
        sessionDnis: `tel:${conversation.dnis}`,
        edgeId: call.facts.edgeId,
        // Only the leg from the carrier carries the carrier's Call-ID.
        ...(purpose === 'customer' ? { protocolCallId: conversation.sipCallId } : {}),
        segments: [segment],
      },
    ],
  }
}

function showLive(conversation: Conversation): Json {
  const { id, from, dnis, startedAt, answeredAt } = conversation
  return {
    id,
    startTime: isoTime(startedAt),
    state: answeredAt === undefined ? 'offering' : 'connected',
    participants: [
      {
        id: `${id}-customer`,
        purpose: 'customer',
        startTime: isoTime(startedAt),
        address: `tel:${from}`,
        ani: `tel:${from}`,
        dnis: `tel:${dnis}`,
      },
    ],
    selfUri: `/api/v2/conversations/${id}`,
  }
}
