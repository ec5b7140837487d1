import type { z } from 'zod'
import type { AgentQueue } from '../../../features/platform/index.ts'
import { type AgentId, agentId, queueId } from '../../../kernel/ids.ts'
import { type Genesys, listAll, pageSize } from './client.ts'
import { pages } from './pages.ts'
import type { queue } from './schema.ts'

type Queue = z.output<typeof queue>
type AgentQueues = Readonly<Record<AgentId, readonly AgentQueue[]>>

/** Joined, and not joined: `GET /users/{id}/queues` answers for one of the two. */
const callsPerAgent = 2
/** Fewer are asked for one by one, without a look at what queues there are. */
const fewAgents = 5

/**
 * Every queue of each of these agents, by whichever way makes fewer calls: two for each agent, or the members
 * of every queue, a hundred to a page. No call answers for several agents (contract §2.7).
 */
export async function queuesOfAgents(
  genesys: Genesys,
  agents: readonly AgentId[],
  signal: AbortSignal,
): Promise<AgentQueues> {
  if (agents.length < fewAgents) return agentByAgent(genesys, agents, signal)
  const all = await listAll(genesys.http, { path: '/routing/queues' }, pages.queues, signal)
  const calls = all.map(callsFor).reduce((sum, each) => sum + each, 0)
  return calls <= agents.length * callsPerAgent
    ? queueByQueue(genesys, agents, all, signal)
    : agentByAgent(genesys, agents, signal)
}

/** A count may be behind the truth, so that a queue is read also when it says that nobody is in it. */
function callsFor({ memberCount = 0 }: Queue): number {
  return Math.max(1, Math.ceil(memberCount / pageSize))
}

async function queueByQueue(
  { http }: Genesys,
  agents: readonly AgentId[],
  queues: readonly Queue[],
  signal: AbortSignal,
): Promise<AgentQueues> {
  const found = new Map<AgentId, AgentQueue[]>(agents.map((agent) => [agent, []]))
  for (const { id, name } of queues) {
    const path = `/routing/queues/${encodeURIComponent(id)}/members`
    for (const member of await listAll(http, { path }, pages.queueMembers, signal)) {
      // Who is not said to be waiting aside is taken to be offered calls (promise 7).
      const { joined = true } = member
      found.get(agentId(member.id))?.push({ queue: queueId(id), name, joined })
    }
  }
  return Object.fromEntries(found)
}

async function agentByAgent(
  { http }: Genesys,
  agents: readonly AgentId[],
  signal: AbortSignal,
): Promise<AgentQueues> {
  const found: Record<AgentId, readonly AgentQueue[]> = {}
  for (const agent of agents) {
    // Left out, `joined` means true; those who only belong are asked for as well.
    const all = await Promise.all(
      [true, false].map(async (joined) => {
        const path = `/users/${encodeURIComponent(agent)}/queues`
        const query = { joined: String(joined) }
        const queues = await listAll(http, { path, query }, pages.queues, signal)
        return queues.map(({ id, name }) => ({ queue: queueId(id), name, joined }))
      }),
    )
    found[agent] = all.flat()
  }
  return found
}
