import { type AgentId, agentId, type PlatformId, type QueueId } from '../../kernel/ids.ts'
import { type AgentQueue, type AgentStatus, NotFoundError } from '../platform/index.ts'
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
  /** Source queues of which he is a member, those that the plan doesn't name too: each offers him calls. */
  readonly source: readonly { readonly queue: string; readonly joined: boolean }[]
  /** `null`: no member of this target queue. */
  readonly target: readonly { readonly queue: string; readonly joined: boolean | null }[]
  readonly registered: boolean
  readonly onQueue: boolean
}

/**
 * Looks everybody and every queue up; source queues that the plan doesn't name, but an agent is in, too.
 *
 * @param before where the agents stood: they may be put back into queues in which none of them is now
 * @throws {NotFoundError} naming all agents, or all queues, that a side does not know
 */
export async function openEstate(
  move: Move,
  context: AgentsContext,
  before: readonly AgentPlace[] = [],
): Promise<Estate> {
  const queuesOf = (side: 'sourceQueues' | 'targetQueues') =>
    move.agents.flatMap((one) => one[side])
  const sourceIds = await findSourceAgents(move, context)
  const known = [
    ...queuesOf('sourceQueues'),
    ...before.flatMap(({ source }) => source.map(({ queue }) => queue)),
  ]
  const others = Object.values(await readAllQueues(move.source, [...sourceIds.values()], context))
  return {
    sourceIds,
    targetIds: await findAgents(
      move.target,
      move.agents.map(({ user }) => user),
      context,
    ),
    sourceQueues: new Map([
      ...(await findQueues(move.source, known, context)),
      ...others.flat().map(({ name, queue }) => [name, queue] as const),
    ]),
    targetQueues: await findQueues(move.target, queuesOf('targetQueues'), context),
  }
}

/** A PBX behind an SBC knows agents by their extension only. */
export function findSourceAgents(
  move: Pick<Move, 'source'> & { readonly agents: readonly Pick<MovingAgent, 'extension'>[] },
  context: AgentsContext,
): Promise<ReadonlyMap<string, AgentId>> {
  const extensions = move.agents.map(({ extension }) => extension)
  if (context.ports.platforms.get(move.source).ports.agents !== undefined)
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
  const source = await readSource(move, agents, estate, context)
  const target = await readTarget(move, agents, estate, context)
  const statuses = await readStatuses(move.target, agents, estate.targetIds, context)
  return agents.map(({ user }) => {
    const status = statuses.get(user)
    return {
      user,
      source: source.get(user) ?? [],
      target: target.get(user) ?? [],
      registered: status?.registered ?? false,
      onQueue: status?.onQueue ?? false,
    }
  })
}

/** Queues of the source in which agents are, by user. */
export async function readSource(
  { source }: Move,
  agents: readonly MovingAgent[],
  { sourceIds }: Estate,
  context: AgentsContext,
): Promise<ReadonlyMap<string, AgentPlace['source']>> {
  const ids = agents.map(({ extension }) => idOf(sourceIds, extension))
  const queues = await readAllQueues(source, ids, context)
  return new Map(
    agents.map(({ user, extension }) => {
      const found = queues[idOf(sourceIds, extension)] ?? []
      return [user, found.map(({ name: queue, joined }) => ({ queue, joined }))]
    }),
  )
}

/** What agents are in the queues of the target that the plan names for them, by user. */
export async function readTarget(
  { target }: Move,
  agents: readonly MovingAgent[],
  { targetIds, targetQueues }: Estate,
  context: AgentsContext,
): Promise<ReadonlyMap<string, AgentPlace['target']>> {
  const wanted = new Set(agents.flatMap((agent) => agent.targetQueues))
  const queues = new Map([...targetQueues].filter(([name]) => wanted.has(name)))
  const members = await readMemberships(target, queues, context)
  return new Map(
    agents.map((agent) => {
      const id = idOf(targetIds, agent.user)
      const joinedIn = (queue: string) => members.get(queue)?.get(id)?.joined ?? null
      return [agent.user, agent.targetQueues.map((queue) => ({ queue, joined: joinedIn(queue) }))]
    }),
  )
}

/** Those who are on queue at the target: the cheapest look at all of them. */
export async function readOnQueue<Agent extends Pick<MovingAgent, 'user'>>(
  target: PlatformId,
  agents: readonly Agent[],
  targetIds: Estate['targetIds'],
  { ports, signal }: AgentsContext,
): Promise<readonly Agent[]> {
  const ids = agents.map(({ user }) => idOf(targetIds, user))
  const onQueue = new Set(await ports.platforms.port(target, 'agents').onQueue(ids, signal))
  return agents.filter(({ user }) => onQueue.has(idOf(targetIds, user)))
}

/** Whether agents are signed in and on queue at the target, by user. */
export async function readStatuses(
  target: PlatformId,
  agents: readonly Pick<MovingAgent, 'user'>[],
  targetIds: Estate['targetIds'],
  { ports, signal }: AgentsContext,
): Promise<ReadonlyMap<string, AgentStatus>> {
  const ids = agents.map(({ user }) => idOf(targetIds, user))
  const statuses = await ports.platforms.port(target, 'agents').status(ids, signal)
  const byId = new Map(statuses.map((status) => [status.agent, status]))
  return new Map(
    agents.flatMap(({ user }) => {
      const status = byId.get(idOf(targetIds, user))
      return status === undefined ? [] : [[user, status]]
    }),
  )
}

/** Nothing where the platform can't be asked: a plan may only have such a source with a person who sees to it (D5). */
function readAllQueues(
  platform: PlatformId,
  agents: readonly AgentId[],
  { ports, signal }: AgentsContext,
): Promise<Readonly<Record<AgentId, readonly AgentQueue[]>>> {
  const { queues } = ports.platforms.get(platform).ports
  return queues === undefined ? Promise.resolve({}) : queues.ofAgents(agents, signal)
}

/** @throws {NotFoundError} which `openEstate` has ruled out */
export function idOf<Id>(ids: ReadonlyMap<string, Id>, name: string): Id {
  const id = ids.get(name)
  if (id === undefined) throw new NotFoundError(`${name} was not looked up`)
  return id
}

/** Whole at the target: in none of the source's queues, whatever the plan names, joined in all of the target's, on queue. */
export function isMoved(place: AgentPlace): boolean {
  return place.onQueue && isMemberThere(place)
}

/** As `isMoved`, whether at work just now or not. */
export function isMemberThere({ source, target }: AgentPlace): boolean {
  return source.length === 0 && target.every(({ joined }) => joined === true)
}

/** Whether any of the move shows: joined somewhere at the target, or out of the source's queues. */
export function isBegun({ source, target }: AgentPlace, wasAtSource: boolean): boolean {
  return target.some(({ joined }) => joined === true) || (wasAtSource && source.length === 0)
}

/** As it was before: nothing at the target that was not there, everything at the source that was. */
export function isBack(before: AgentPlace, now: AgentPlace): boolean {
  return isMemberAsBefore(before, now) && (!now.onQueue || before.onQueue)
}

/** As `isBack`, whether at work just now or not. */
export function isMemberAsBefore(before: AgentPlace, now: AgentPlace): boolean {
  const gone = now.target.every(({ queue, joined }) => joined !== true || wasJoined(before, queue))
  const there = before.source.every(({ queue }) => now.source.some((one) => one.queue === queue))
  return gone && there
}

export function wasJoined(before: AgentPlace, queue: string): boolean {
  return before.target.some((one) => one.queue === queue && one.joined === true)
}
