import { type AgentId, agentId, type PlatformId, type QueueId } from '../../kernel/ids.ts'
import { NotFoundError } from '../platform/index.ts'
import { type AgentsContext, findAgents, findQueues, readMemberships } from './agent-input.ts'

/** One agent who is to be moved, by the names that both sides know. */
export interface MovingAgent {
  readonly user: string
  readonly extension: string
  readonly sourceQueues: readonly string[]
  readonly targetQueues: readonly string[]
}

export interface Move {
  readonly source: PlatformId
  readonly target: PlatformId
  readonly agents: readonly MovingAgent[]
  readonly perSecond: number
}

/** Ids of everybody and every queue of a move, looked up once. */
export interface Estate {
  readonly sourceIds: ReadonlyMap<string, AgentId>
  readonly targetIds: ReadonlyMap<string, AgentId>
  readonly sourceQueues: ReadonlyMap<string, QueueId>
  readonly targetQueues: ReadonlyMap<string, QueueId>
}

/** Where one agent stands on both sides: plain JSON, kept as the pre-image of a move. */
export interface AgentPlace {
  readonly user: string
  /** Source queues of which he is a member. */
  readonly source: readonly { readonly queue: string; readonly joined: boolean }[]
  /** `null`: no member of this target queue. */
  readonly target: readonly { readonly queue: string; readonly joined: boolean | null }[]
  readonly registered: boolean
  readonly onQueue: boolean
}

/** @throws {NotFoundError} naming all agents, or all queues, that a side does not know */
export async function openEstate(move: Move, context: AgentsContext): Promise<Estate> {
  const queuesOf = (side: 'sourceQueues' | 'targetQueues') =>
    move.agents.flatMap((one) => one[side])
  return {
    sourceIds: await findSourceAgents(move, context),
    targetIds: await findAgents(
      move.target,
      move.agents.map(({ user }) => user),
      context,
    ),
    sourceQueues: await findQueues(move.source, queuesOf('sourceQueues'), context),
    targetQueues: await findQueues(move.target, queuesOf('targetQueues'), context),
  }
}

/** A PBX behind an SBC knows agents by their extension only. */
function findSourceAgents(
  move: Move,
  context: AgentsContext,
): Promise<ReadonlyMap<string, AgentId>> {
  const extensions = move.agents.map(({ extension }) => extension)
  const isAsked = move.agents.some(({ sourceQueues }) => sourceQueues.length > 0)
  if (isAsked && context.ports.platforms.get(move.source).ports.agents !== undefined)
    return findAgents(move.source, extensions, context)
  return Promise.resolve(new Map(extensions.map((extension) => [extension, agentId(extension)])))
}

/** Reads where agents stand, on both sides. */
export async function readPlaces(
  move: Move,
  agents: readonly MovingAgent[],
  estate: Estate,
  context: AgentsContext,
): Promise<readonly AgentPlace[]> {
  const source = await readSide(move.source, 'sourceQueues', { agents, estate }, context)
  const target = await readSide(move.target, 'targetQueues', { agents, estate }, context)
  const ids = agents.map(({ user }) => idOf(estate.targetIds, user))
  const statuses = await context.ports.platforms
    .port(move.target, 'agents')
    .status(ids, context.signal)
  const statusOf = new Map(statuses.map((status) => [status.agent, status]))
  return agents.map((agent) => {
    const inSource = idOf(estate.sourceIds, agent.extension)
    const inTarget = idOf(estate.targetIds, agent.user)
    const status = statusOf.get(inTarget)
    return {
      user: agent.user,
      source: agent.sourceQueues.flatMap((queue) => {
        const member = source.get(queue)?.get(inSource)
        return member === undefined ? [] : [{ queue, joined: member.joined }]
      }),
      target: agent.targetQueues.map((queue) => ({
        queue,
        joined: target.get(queue)?.get(inTarget)?.joined ?? null,
      })),
      registered: status?.registered ?? false,
      onQueue: status?.onQueue ?? false,
    }
  })
}

function readSide(
  platform: PlatformId,
  side: 'sourceQueues' | 'targetQueues',
  { agents, estate }: { readonly agents: readonly MovingAgent[]; readonly estate: Estate },
  context: AgentsContext,
) {
  const wanted = new Set(agents.flatMap((agent) => agent[side]))
  const queues = new Map([...estate[side]].filter(([name]) => wanted.has(name)))
  return readMemberships(platform, queues, context)
}

/** @throws {NotFoundError} which `openEstate` has ruled out */
export function idOf<Id>(ids: ReadonlyMap<string, Id>, name: string): Id {
  const id = ids.get(name)
  if (id === undefined) throw new NotFoundError(`${name} was not looked up`)
  return id
}

/** Whole at the target: in none of the source's queues, joined in all of the target's, on queue. */
export function isMoved({ source, target, onQueue }: AgentPlace): boolean {
  return onQueue && source.length === 0 && target.every(({ joined }) => joined === true)
}

/** As it was before: nothing at the target that was not there, everything at the source that was. */
export function isBack(before: AgentPlace, now: AgentPlace): boolean {
  const gone = now.target.every(({ queue, joined }) => joined !== true || wasJoined(before, queue))
  const there = before.source.every(({ queue }) => now.source.some((one) => one.queue === queue))
  return gone && there && (!now.onQueue || before.onQueue)
}

export function wasJoined(before: AgentPlace, queue: string): boolean {
  return before.target.some((one) => one.queue === queue && one.joined === true)
}
