import {
  type AgentQueue,
  type AgentStatus,
  type Agents,
  NotFoundError,
  PlatformConflictError,
  type Queues,
  UnsupportedByPlatformError,
} from '../../../features/platform/index.ts'
import type { WriteLimits } from '../../../kernel/authority.ts'
import type { WireClock } from '../../../kernel/clock.ts'
import {
  type AgentId,
  agentId,
  type PlatformId,
  type QueueId,
  queueId,
} from '../../../kernel/ids.ts'
import type { HttpClient } from '../../http-client/index.ts'
import { readBack } from '../read-back.ts'
import { anything, type PbxAgent, pbxAgent, pbxAgents } from './schema.ts'

/** The PBX's agents by the REST contract in README.md; an agent's id is the extension. */
export interface PbxOptions {
  readonly id: PlatformId
  readonly http: HttpClient
  readonly wireClock: WireClock
}

/** At a PBX a listed agent is offered calls, so `joined` means listed; the queue's id is its name. */
export function createPbxQueues(pbx: PbxOptions): Queues {
  return {
    // The contract lists agents, not queues; a queue that nobody is in can't be told from none.
    find: (names) =>
      Promise.resolve(Object.fromEntries(names.map((name) => [name, queueId(name)]))),
    async members(queue, signal) {
      const query = { queue }
      const { agents } = await pbx.http.read({ path: '', query }, pbxAgents, signal)
      return agents
        .filter(({ queues }) => queues.includes(queue))
        .map(({ extension }) => ({ agent: agentId(extension), joined: true }))
    },
    async ofAgents(agents, signal) {
      const found: Record<AgentId, readonly AgentQueue[]> = {}
      for (const agent of agents) {
        const { queues = [] } = (await lookUp(pbx, agent, signal)) ?? {}
        found[agent] = queues.map((name) => ({ queue: queueId(name), name, joined: true }))
      }
      return found
    },
    async setMembers(queue, members, limits) {
      for (const { agent, joined } of members)
        await setListed(pbx, { agent, queue, listed: joined }, limits)
    },
    async removeMembers(queue, agents, limits) {
      for (const agent of agents) await setListed(pbx, { agent, queue, listed: false }, limits)
    },
  }
}

export function createPbxAgents(pbx: PbxOptions): Agents {
  const statusesOf = async (agents: readonly AgentId[], signal: AbortSignal) => {
    const statuses: AgentStatus[] = []
    for (const agent of agents) statuses.push(statusFrom(agent, await lookUp(pbx, agent, signal)))
    return statuses
  }
  return {
    async find(names, signal) {
      const known: [string, AgentId][] = []
      for (const name of names)
        if ((await lookUp(pbx, agentId(name), signal)) !== undefined)
          known.push([name, agentId(name)])
      return Object.fromEntries(known)
    },
    status: statusesOf,
    onQueue: async (agents, signal) =>
      (await statusesOf(agents, signal)).filter(({ onQueue }) => onQueue).map(({ agent }) => agent),
    async setOnQueue(agents, onQueue, limits) {
      for (const agent of agents) {
        const status = statusFrom(agent, await lookUp(pbx, agent, limits.signal))
        if (status.onQueue !== onQueue) refuse(pbx, status, onQueue)
      }
    },
  }
}

/** Membership is all there is to switch at a PBX; that is the Queues port's to do. */
function refuse(pbx: PbxOptions, { agent, because }: AgentStatus, onQueue: boolean): never {
  if (onQueue)
    throw new PlatformConflictError(
      `agent ${agent} can't be put on queue at ${pbx.id}: ${because}`,
      {
        details: { agent },
      },
    )
  throw new UnsupportedByPlatformError(
    pbx.id,
    'agents',
    `take agent ${agent} out of the PBX's queues: being listed is what offers calls there`,
  )
}

function statusFrom(agent: AgentId, found: PbxAgent | undefined): AgentStatus {
  const registered = found?.signedIn === true
  const queues = found?.queues ?? []
  const words = found === undefined ? 'unknown to the PBX' : `signed ${registered ? 'in' : 'out'}`
  return {
    agent,
    registered,
    onQueue: registered && queues.length > 0,
    because: `${words}, in ${queues.length === 0 ? 'no queue' : queues.join(', ')}`,
  }
}

async function setListed(
  pbx: PbxOptions,
  change: { readonly agent: AgentId; readonly queue: QueueId; readonly listed: boolean },
  limits: WriteLimits,
): Promise<void> {
  const { agent, queue, listed } = change
  const now = await lookUp(pbx, agent, limits.signal)
  if (now === undefined) {
    // Whoever doesn't exist isn't listed either: undoing twice must not fail here.
    if (!listed) return
    throw new NotFoundError(`the PBX behind ${pbx.id} has no agent ${agent}`, {
      details: { agent },
    })
  }
  if (now.queues.includes(queue) === listed) return
  const others = now.queues.filter((each) => each !== queue)
  const body = { queues: listed ? [...now.queues, queue] : others }
  await pbx.http.write({ method: 'PUT', path: pathOf(agent), body }, anything, limits)
  await readBack(`agent ${agent} ${listed ? 'put into' : 'taken out of'} queue ${queue}`, {
    read: () => lookUp(pbx, agent, limits.signal),
    agrees: (seen) => seen?.queues.includes(queue) === listed,
    wireClock: pbx.wireClock,
    limits,
  })
}

async function lookUp(
  { http }: PbxOptions,
  agent: AgentId,
  signal: AbortSignal,
): Promise<PbxAgent | undefined> {
  try {
    return await http.read({ path: pathOf(agent) }, pbxAgent, signal)
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

const pathOf = (agent: AgentId) => `/${encodeURIComponent(agent)}`
