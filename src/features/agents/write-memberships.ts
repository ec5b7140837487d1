import type { AgentId, PlatformId, QueueId } from '../../kernel/ids.ts'
import { type AgentsContext, groupBy } from './agent-input.ts'
import { idOf } from './read-estate.ts'

/** One membership that is to be made, or (`null`) ended. */
export interface MembershipChange {
  readonly queue: string
  readonly agent: AgentId
  readonly joined: boolean | null
}

/** Writes memberships queue by queue, as few calls as the queues allow. */
export async function writeMemberships(
  platform: PlatformId,
  queues: ReadonlyMap<string, QueueId>,
  changes: readonly MembershipChange[],
  context: AgentsContext,
): Promise<void> {
  if (changes.length === 0) return
  const port = context.ports.platforms.port(platform, 'queues')
  for (const [name, ofQueue] of groupBy(changes, ({ queue }) => queue)) {
    const queue = idOf(queues, name)
    const gone = ofQueue.filter(({ joined }) => joined === null).map(({ agent }) => agent)
    const members = ofQueue.flatMap(({ agent, joined }) =>
      joined === null ? [] : [{ agent, joined }],
    )
    if (gone.length > 0) await port.removeMembers(queue, gone, context)
    if (members.length > 0) await port.setMembers(queue, members, context)
  }
}
