import { z } from 'zod'
import type { StepContext } from '../../engine/step.ts'
import { type AgentId, type PlatformId, platformId, type QueueId } from '../../kernel/ids.ts'
import { NotFoundError, type Platforms, type QueueMembership } from '../platform/index.ts'

export type AgentsContext = StepContext<{ readonly platforms: Platforms }>

export const platformInput = z.string().min(1).transform(platformId)
export const namesInput = z.array(z.string().min(1)).min(1)

/** @throws {NotFoundError} naming every agent that the platform does not know */
export async function findAgents(
  platform: PlatformId,
  names: readonly string[],
  { ports, signal }: AgentsContext,
): Promise<ReadonlyMap<string, AgentId>> {
  const found = await ports.platforms.port(platform, 'agents').find(names, signal)
  return pick(names, found, `agents unknown to ${platform}`)
}

/** @throws {NotFoundError} naming every queue that the platform does not know */
export async function findQueues(
  platform: PlatformId,
  names: readonly string[],
  { ports, signal }: AgentsContext,
): Promise<ReadonlyMap<string, QueueId>> {
  const unique = [...new Set(names)]
  // A platform whose queues are moved by hand can't be asked for any, and is not.
  if (unique.length === 0) return new Map()
  const found = await ports.platforms.port(platform, 'queues').find(unique, signal)
  return pick(unique, found, `queues unknown to ${platform}`)
}

function pick<Id>(
  names: readonly string[],
  found: Readonly<Record<string, Id>>,
  problem: string,
): ReadonlyMap<string, Id> {
  const unknown: string[] = []
  const ids = new Map<string, Id>()
  for (const name of names) {
    const id = found[name]
    if (id === undefined) unknown.push(name)
    else ids.set(name, id)
  }
  if (unknown.length > 0) throw new NotFoundError(`${problem}: ${unknown.join(', ')}`)
  return ids
}

/** Members of each queue, by agent. */
export type Memberships = ReadonlyMap<string, ReadonlyMap<AgentId, QueueMembership>>

export async function readMemberships(
  platform: PlatformId,
  queues: ReadonlyMap<string, QueueId>,
  { ports, signal }: AgentsContext,
): Promise<Memberships> {
  const all = new Map<string, ReadonlyMap<AgentId, QueueMembership>>()
  if (queues.size === 0) return all
  const port = ports.platforms.port(platform, 'queues')
  for (const [name, id] of queues) {
    const members = await port.members(id, signal)
    all.set(name, new Map(members.map((member) => [member.agent, member])))
  }
  return all
}

/** The first five of many names, and how many more there are. */
export function fewOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}

/** Items by key, in the order in which keys are first seen. */
export function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}
