import type { QueueMembership, Queues } from '../../../features/platform/index.ts'
import type { WriteLimits } from '../../../kernel/authority.ts'
import { type AgentId, agentId, type QueueId, queueId } from '../../../kernel/ids.ts'
import { readBack } from '../read-back.ts'
import { queuesOfAgents } from './agent-queues.ts'
import { chunks, type Genesys, listAll } from './client.ts'
import { pages } from './pages.ts'
import { nothing } from './schema.ts'

/** Members per call [S] (contract §2.1). */
const mostMembers = 100

export function createQueues(genesys: Genesys): Queues {
  return {
    async find(names, signal) {
      const all = await listAll(genesys.http, { path: '/routing/queues' }, pages.queues, signal)
      const wanted = all.filter(({ name }) => names.includes(name))
      return Object.fromEntries(wanted.map(({ id, name }) => [name, queueId(id)]))
    },
    members: (id, signal) => membersOf(genesys, id, signal),
    ofAgents: (agents, signal) => queuesOfAgents(genesys, agents, signal),
    setMembers: (id, members, limits) => setMembers(genesys, id, members, limits),
    removeMembers: (id, agents, limits) => removeMembers(genesys, id, agents, limits),
  }
}

const pathOf = (id: QueueId) => `/routing/queues/${encodeURIComponent(id)}/members`

async function membersOf(
  { http }: Genesys,
  id: QueueId,
  signal: AbortSignal,
): Promise<readonly QueueMembership[]> {
  const members = await listAll(http, { path: pathOf(id) }, pages.queueMembers, signal)
  return members.map((member) => ({ agent: agentId(member.id), joined: member.joined ?? false }))
}

async function setMembers(
  genesys: Genesys,
  id: QueueId,
  members: readonly QueueMembership[],
  limits: WriteLimits,
): Promise<void> {
  const path = pathOf(id)
  const missing = members.filter(isNotIn(await membersOf(genesys, id, limits.signal)))
  for (const some of chunks(missing, mostMembers)) {
    const body = some.map(({ agent }) => ({ id: agent }))
    await genesys.http.write({ method: 'POST', path, body }, nothing, limits)
  }
  const read = () => membersOf(genesys, id, limits.signal)
  const options = { read, wireClock: genesys.wireClock, limits }
  // The adding call can't say `joined`, so what came of it is read before it is corrected.
  const added = await readBack(`members added to queue ${id}`, {
    ...options,
    agrees: (seen) => !members.some(isNotIn(seen)),
  })
  const wrong = members.filter(isOtherwiseIn(added))
  for (const some of chunks(wrong, mostMembers)) {
    const body = some.map(({ agent, joined }) => ({ id: agent, joined }))
    await genesys.http.write({ method: 'PATCH', path, body }, nothing, limits)
  }
  if (wrong.length === 0) return
  await readBack(`members of queue ${id}`, {
    ...options,
    agrees: (seen) => !members.some(isOtherwiseIn(seen)),
  })
}

async function removeMembers(
  genesys: Genesys,
  id: QueueId,
  agents: readonly AgentId[],
  limits: WriteLimits,
): Promise<void> {
  const read = () => membersOf(genesys, id, limits.signal)
  const present = (await read()).filter(({ agent }) => agents.includes(agent))
  if (present.length === 0) return
  for (const some of chunks(present, mostMembers)) {
    const body = some.map(({ agent }) => ({ id: agent }))
    const call = { method: 'POST', path: pathOf(id), query: { delete: 'true' }, body } as const
    await genesys.http.write(call, nothing, limits)
  }
  await readBack(`members removed from queue ${id}`, {
    read,
    agrees: (seen) => !seen.some(({ agent }) => agents.includes(agent)),
    wireClock: genesys.wireClock,
    limits,
  })
}

function isNotIn(seen: readonly QueueMembership[]) {
  const there = new Set(seen.map(({ agent }) => agent))
  return ({ agent }: QueueMembership) => !there.has(agent)
}

function isOtherwiseIn(seen: readonly QueueMembership[]) {
  const joined = new Map(seen.map((member) => [member.agent, member.joined]))
  return (wanted: QueueMembership) => joined.get(wanted.agent) !== wanted.joined
}
