import { type Interval, parseGranularity, parseInterval, passesFilter } from './analytics-filter.ts'
import type { Measurement } from './calls.ts'
import { type Json, jsonAt, textAt, textsAt } from './json.ts'
import { type Answer, answer, badRequest, type Call, isoTime, operation } from './operation.ts'
import { showRoutingStatus } from './show-user.ts'
import type { Queue } from './state.ts'

const month = 31 * 86_400_000
const mostIntervals = 10_000

export const analyticsOperations = [
  operation(
    'POST /api/v2/analytics/conversations/aggregates/query',
    ['analytics:conversationAggregate:view'],
    aggregate,
  ),
  operation(
    'POST /api/v2/analytics/queues/observations/query',
    ['analytics:queueObservation:view'],
    observe,
  ),
]

function aggregate(call: Call): Answer {
  const interval = parseInterval(textAt(call.body, 'interval'))
  if (interval === undefined) return badRequest('interval must be from/to')
  if (interval.to - interval.from > month) return badRequest('the interval is 31 days at most')
  const granularity = textAt(call.body, 'granularity')
  const width = granularity === undefined ? undefined : parseGranularity(granularity)
  if (granularity !== undefined && width === undefined) return badRequest('granularity is unknown')
  if (width !== undefined && (interval.to - interval.from) / width > mostIntervals) {
    return badRequest('the granularity is too fine for the interval')
  }
  const queues = queuesOf(call)
  const groups = textsAt(call.body, 'groupBy').includes('queueId')
    ? queues.map((queue) => ({ group: { mediaType: 'voice', queueId: queue.id }, queues: [queue] }))
    : [{ group: { mediaType: 'voice' }, queues }]
  const results: Json[] = []
  for (const each of groups) {
    const data = intervals(interval, width).flatMap((part) => summarise(call, each.queues, part))
    if (data.length > 0) results.push({ group: each.group, data })
  }
  return answer({ results })
}

/** Queues that the filter lets through; all calls of the lab are inbound voice. */
function queuesOf({ body, config }: Call): readonly Queue[] {
  const fixed = new Map([
    ['mediaType', 'voice'],
    ['direction', 'inbound'],
    ['originatingDirection', 'inbound'],
  ])
  return [...config.queues.values()].filter(({ id }) =>
    passesFilter(jsonAt(body, 'filter'), (dimension) => {
      const value = dimension === 'queueId' ? id : fixed.get(dimension)
      return value === undefined ? [] : [value]
    }),
  )
}

function intervals({ from, to }: Interval, width: number | undefined): readonly Interval[] {
  if (width === undefined) return [{ from, to }]
  const count = Math.ceil((to - from) / width)
  return Array.from({ length: count }, (_, index) => ({
    from: from + index * width,
    to: Math.min(from + (index + 1) * width, to),
  }))
}

/** One data entry with the metrics that have any value: nothing measured is left out, not zero. */
function summarise(call: Call, queues: readonly Queue[], interval: Interval): readonly Json[] {
  const visible = call.facts.now() - call.facts.timing.analyticsDelay
  const to = Math.min(interval.to, visible + 1)
  const found = queues.flatMap(({ name }) =>
    within(call.calls.measurements(name), { from: interval.from, to }),
  )
  const metrics: Json[] = []
  for (const metric of textsAt(call.body, 'metrics')) {
    const values = found.filter((each) => each.metric === metric).map(({ value }) => value)
    if (values.length > 0) metrics.push({ metric, stats: statistics(metric, values) })
  }
  const span = `${isoTime(interval.from)}/${isoTime(interval.to)}`
  return metrics.length === 0 ? [] : [{ interval: span, metrics }]
}

function within(all: readonly Measurement[], { from, to }: Interval): readonly Measurement[] {
  return all.slice(firstAt(all, from), firstAt(all, to))
}

/** Index of the first measurement at the instant or later. */
function firstAt(all: readonly Measurement[], instant: number): number {
  let low = 0
  let high = all.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((all[middle]?.at ?? Number.POSITIVE_INFINITY) < instant) low = middle + 1
    else high = middle
  }
  return low
}

/** Metrics that count have a count; those that measure have a sum and bounds too. */
function statistics(metric: string, values: readonly number[]): Json {
  if (metric.startsWith('n')) return { count: values.length }
  let [sum, min, max] = [0, Number.POSITIVE_INFINITY, 0]
  for (const value of values) {
    sum += value
    min = Math.min(min, value)
    max = Math.max(max, value)
  }
  return { count: values.length, sum, min, max }
}

function observe(call: Call): Answer {
  const metrics = textsAt(call.body, 'metrics')
  if (metrics.length === 0) return badRequest('metrics required')
  const results = queuesOf(call).map((queue) => {
    const observed = new Map(Object.entries(observations(call, queue)))
    const data = metrics.flatMap((metric): readonly Json[] => {
      if (metric === 'oUserRoutingStatuses') return routingStatuses(call, queue)
      const count = observed.get(metric)
      return count === undefined ? [] : [{ metric, stats: { count } }]
    })
    return { group: { queueId: queue.id, mediaType: 'voice' }, data }
  })
  return answer({ results })
}

function observations({ config, facts, calls }: Call, queue: Queue): Record<string, number> {
  const live = [...calls.live()].filter((conversation) => conversation.queue === queue.name)
  const interacting = live.filter(({ answeredAt }) => answeredAt !== undefined).length
  const users = [...queue.members.keys()].flatMap((id) => config.users.get(id) ?? [])
  const onQueue = users.filter(
    ({ presenceId }) => facts.presences.get(presenceId)?.systemPresence === 'OnQueue',
  ).length
  return {
    oWaiting: live.length - interacting,
    oInteracting: interacting,
    oAlerting: 0,
    oOnQueueUsers: onQueue,
    oOffQueueUsers: users.length - onQueue,
    oActiveUsers: users.filter(({ phoneReachable }) => phoneReachable).length,
    oMemberUsers: users.length,
  }
}

/** One figure per routing status of the queue's members; a status that nobody has is left out. */
function routingStatuses(call: Call, { members }: Queue): readonly Json[] {
  const counts = new Map<string, number>()
  for (const id of members.keys()) {
    const user = call.config.users.get(id)
    if (user === undefined) continue
    const { status } = showRoutingStatus(call, user)
    counts.set(String(status), (counts.get(String(status)) ?? 0) + 1)
  }
  return [...counts].map(([qualifier, count]) => ({
    metric: 'oUserRoutingStatuses',
    qualifier,
    stats: { count },
  }))
}
