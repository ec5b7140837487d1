import {
  type LiveCalls,
  type Statistics,
  UnexpectedAnswerError,
} from '../../../features/platform/index.ts'
import { formatDuration } from '../../../kernel/duration.ts'
import type { QueueId } from '../../../kernel/ids.ts'
import { type EpochMs, epochMs, since } from '../../../kernel/units.ts'
import { chunks, type Genesys, platformNow } from './client.ts'
import { conversationFrom, queueStatisticsFrom, waitingFrom, workloadFrom } from './mapping.ts'
import { aggregates, conversations, observations } from './schema.ts'

const hour = 3_600_000
/** A call that began longer ago than this isn't looked for; the query takes 7 days at most [U]. */
const lookBack = 24 * hour
/** Clauses of a filter aren't bounded in the documentation; so many numbers have been seen to work [U]. */
const mostNumbers = 50

const metrics = ['nOffered', 'tAnswered', 'tAbandon', 'tShortAbandon', 'nError']

/** Figures of queues and single conversations, from analytics (contract §2.7, §2.9). */
export function createStatistics(genesys: Genesys): Statistics {
  const { http, id } = genesys
  return {
    async queues(queues, from, to, signal) {
      const filter = filterOf(queues)
      const counted = await http.read(
        {
          method: 'POST',
          path: '/analytics/conversations/aggregates/query',
          body: { interval: intervalOf(from, to), groupBy: ['queueId'], filter, metrics },
        },
        aggregates,
        signal,
      )
      const found = queueStatisticsFrom(counted)
      if (found === undefined)
        throw new UnexpectedAnswerError(
          `platform ${id} shows no figures yet for ${queues.length} queues in the last ${formatDuration(since(from, to))}`,
          { details: { queues, from, to } },
        )
      return found
    },
    async failed(numbers, from, to, signal) {
      let total = 0
      for (const part of chunks(numbers, mostNumbers))
        total += await countOf(genesys, failedCalls(intervalOf(from, to), part), signal)
      return total
    },
    async workload(queues, signal) {
      const seen = await observe(genesys, queues, 'oUserRoutingStatuses', signal)
      return shown(genesys, workloadFrom(seen, queues.length), queues)
    },
    async waiting(queues, signal) {
      const seen = await observe(genesys, queues, 'oWaiting', signal)
      return shown(genesys, waitingFrom(seen, queues.length), queues)
    },
    async conversationOf(sipCallId, signal) {
      const body = {
        interval: await intervalBefore(genesys, signal),
        segmentFilters: [{ type: 'and', predicates: [matches('protocolCallId', sipCallId)] }],
        paging: { pageSize: 25, pageNumber: 1 },
      }
      return conversationFrom(await details(genesys, body, signal), sipCallId)
    },
  }
}

function observe(
  { http }: Genesys,
  queues: readonly QueueId[],
  metric: string,
  signal: AbortSignal,
) {
  const path = '/analytics/queues/observations/query'
  const body = { filter: filterOf(queues), metrics: [metric] }
  return http.read({ method: 'POST', path, body }, observations, signal)
}

function shown<Found>(
  { id }: Genesys,
  found: Found | undefined,
  queues: readonly QueueId[],
): Found {
  if (found !== undefined) return found
  throw new UnexpectedAnswerError(`platform ${id} does not show all of ${queues.length} queues`)
}

/** Conversations that have begun and not ended. */
export function createLiveCalls(genesys: Genesys): LiveCalls {
  return {
    async count(numbers, signal) {
      const interval = await intervalBefore(genesys, signal)
      const parts = numbers.length === 0 ? [[]] : chunks(numbers, mostNumbers)
      let total = 0
      for (const part of parts) total += await countOf(genesys, openCalls(interval, part), signal)
      return total
    },
  }
}

async function countOf(genesys: Genesys, body: unknown, signal: AbortSignal): Promise<number> {
  const { totalHits } = await details(genesys, body, signal)
  if (totalHits === undefined)
    throw new UnexpectedAnswerError(`platform ${genesys.id} gives no count of conversations`)
  return totalHits
}

/** Calls whose own leg ended in an error: what happens to the legs behind it, the flow may have mended. */
function failedCalls(interval: string, numbers: readonly string[]) {
  const errors = ['error', 'transportFailure'].map((type) => matches('disconnectType', type))
  return {
    interval,
    segmentFilters: [
      { type: 'or', predicates: called(numbers) },
      {
        type: 'and',
        clauses: [{ type: 'or', predicates: errors }],
        predicates: [matches('mediaType', 'voice'), matches('purpose', 'customer')],
      },
    ],
    paging: { pageSize: 1, pageNumber: 1 },
  }
}

/** Records write a number with or without its scheme; both are asked for. */
function called(numbers: readonly string[]) {
  return numbers.flatMap((number) => [matches('dnis', number), matches('dnis', `tel:${number}`)])
}

function openCalls(interval: string, numbers: readonly string[]) {
  return {
    interval,
    conversationFilters: [
      {
        type: 'and',
        predicates: [{ type: 'dimension', dimension: 'conversationEnd', operator: 'notExists' }],
      },
    ],
    segmentFilters: [
      { type: 'and', predicates: [matches('mediaType', 'voice')] },
      ...(numbers.length === 0 ? [] : [{ type: 'or', predicates: called(numbers) }]),
    ],
    paging: { pageSize: 1, pageNumber: 1 },
  }
}

function details({ http }: Genesys, body: unknown, signal: AbortSignal) {
  const path = '/analytics/conversations/details/query'
  return http.read({ method: 'POST', path, body }, conversations, signal)
}

function filterOf(queues: readonly QueueId[]) {
  return {
    type: 'and',
    clauses: [{ type: 'or', predicates: queues.map((queue) => matches('queueId', queue)) }],
    predicates: [matches('mediaType', 'voice')],
  }
}

function matches(dimension: string, value: string) {
  return { type: 'dimension', dimension, operator: 'matches', value }
}

/** By the platform's clock, since its records are written by it. */
async function intervalBefore(genesys: Genesys, signal: AbortSignal): Promise<string> {
  const now = await platformNow(genesys, signal)
  return intervalOf(epochMs(now - lookBack), epochMs(now + hour))
}

function intervalOf(from: EpochMs, to: EpochMs): string {
  return `${new Date(from).toISOString()}/${new Date(to).toISOString()}`
}
