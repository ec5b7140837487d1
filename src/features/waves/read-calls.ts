import type { QueueId } from '../../kernel/ids.ts'
import { NotFoundError, type QueueStatistics } from '../platform/index.ts'
import type { Look } from './metric-sources.ts'

/**
 * Ids of the scope's queues: of all or of none. A figure of those that happen to be shown would be one of
 * another site (promise 2).
 *
 * @throws {NotFoundError} naming every queue that the platform does not show
 */
export async function queueIds({ sources, scope, signal }: Look): Promise<readonly QueueId[]> {
  const { platform, queues } = scope
  const found = await sources.platforms.port(platform, 'queues').find(queues, signal)
  const missing = queues.filter((name) => found[name] === undefined)
  if (missing.length > 0)
    throw new NotFoundError(`queues not shown by ${platform}: ${missing.join(', ')}`)
  return Object.values(found)
}

/** What the platform counted in the scope's queues. Throws while it shows nothing. */
export async function readStatistics(look: Look): Promise<QueueStatistics> {
  const { sources, scope, from, to, signal } = look
  const statistics = sources.platforms.port(scope.platform, 'statistics')
  return statistics.queues(await queueIds(look), from, to, signal)
}

/**
 * Calls that the platform was to deliver, and those of them that failed. A call that failed before its queue
 * is in no queue's figures: it is found by the number that was called.
 */
export async function readCalls(
  look: Look,
): Promise<{ readonly offered: number; readonly failed: number }> {
  const { sources, scope, from, to, signal } = look
  const inQueues = await readStatistics(look)
  const statistics = sources.platforms.port(scope.platform, 'statistics')
  const all = await statistics.failed(scope.numbers, from, to, signal)
  const failed = Math.max(all, inQueues.failed)
  return { offered: inQueues.offered + (failed - inQueues.failed), failed }
}
