import {
  type AgentStatus,
  type Agents,
  NotFoundError,
  PlatformConflictError,
} from '../../../features/platform/index.ts'
import type { WriteLimits } from '../../../kernel/authority.ts'
import { type AgentId, agentId } from '../../../kernel/ids.ts'
import type { HttpClient } from '../../http-client/index.ts'
import { readBack } from '../read-back.ts'
import { chunks, type Genesys, listAll, pageSize } from './client.ts'
import { agentStatusFrom, isOffline, isPresence, reachablePhones } from './mapping.ts'
import { pages } from './pages.ts'
import { nothing, userSearch } from './schema.ts'

/** Values per search and ids per listing; the real bound isn't published [U]. */
const mostUsers = 50

export function createAgents(genesys: Genesys): Agents {
  return {
    find: (names, signal) => find(genesys, names, signal),
    status: (agents, signal) => statusOf(genesys, agents, signal),
    onQueue: (agents, signal) => onQueueOf(genesys, agents, signal),
    setOnQueue: (agents, onQueue, limits) => setOnQueue(genesys, agents, onQueue, limits),
  }
}

async function find(
  { http }: Genesys,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, AgentId>>> {
  const ids = new Map<string, AgentId>()
  for (const values of chunks(names, mostUsers)) {
    // A search is a read that is sent as POST: it needs no lease.
    const query = [{ type: 'EXACT', fields: ['email', 'username'], values }]
    const body = { pageSize: 100, pageNumber: 1, query }
    const call = { method: 'POST', path: '/users/search', body } as const
    const { results } = await http.read(call, userSearch, signal)
    for (const { id, email, username } of results)
      for (const name of [email, username])
        if (name !== undefined) ids.set(name.toLowerCase(), agentId(id))
  }
  return Object.fromEntries(
    names.flatMap((name) => {
      const id = ids.get(name.toLowerCase())
      return id === undefined ? [] : [[name, id]]
    }),
  )
}

async function statusOf(
  genesys: Genesys,
  agents: readonly AgentId[],
  signal: AbortSignal,
): Promise<readonly AgentStatus[]> {
  const states = await statesOf(genesys, agents, signal)
  // Of agents who are offline their phones tell nothing.
  const present = agents.filter((agent) => !isOffline(states.get(agent)))
  const phones = await phonesOf(genesys, present, signal)
  return agents.map((agent) => agentStatusFrom(agent, states.get(agent), phones.get(agent)))
}

async function onQueueOf(genesys: Genesys, agents: readonly AgentId[], signal: AbortSignal) {
  const states = await statesOf(genesys, agents, signal)
  return agents.filter((agent) => agentStatusFrom(agent, states.get(agent), undefined).onQueue)
}

const phonesPath = '/telephony/providers/edges/phones'
const phonesQuery = { expand: ['status', 'lines'], fields: ['webRtcUser'] }
/** By which of its users a phone can be asked for; each filter takes one user. */
const phoneUsers = ['webRtcUser.id', 'lines.loggedInUser.id', 'lines.defaultForUser.id']

/** Reachable phones by user: of the whole organisation, unless asking for each of the users makes fewer calls. */
async function phonesOf(
  { http }: Genesys,
  users: readonly AgentId[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (users.length === 0) return new Map()
  const query = { ...phonesQuery, pageSize: String(pageSize) }
  const first = await http.read({ path: phonesPath, query }, pages.phones, signal)
  if (first.pageCount === 1) return reachablePhones(first.entities)
  const call = { path: phonesPath, query: phonesQuery }
  if (users.length * phoneUsers.length >= (first.pageCount ?? 0))
    return reachablePhones(await listAll(http, call, pages.phones, signal))
  const found = new Map<string, string>()
  for (const user of users) {
    const phone = await phoneOf(http, user, signal)
    if (phone !== undefined) found.set(user, phone)
  }
  return found
}

async function phoneOf(http: HttpClient, user: AgentId, signal: AbortSignal) {
  for (const filter of phoneUsers) {
    const call = { path: phonesPath, query: { ...phonesQuery, [filter]: user } }
    const phone = reachablePhones(await listAll(http, call, pages.phones, signal)).get(user)
    if (phone !== undefined) return phone
  }
  return undefined
}

async function statesOf({ http }: Genesys, agents: readonly AgentId[], signal: AbortSignal) {
  const states = []
  for (const id of chunks(agents, mostUsers)) {
    const query = { id, expand: ['presence', 'routingStatus'], state: 'any' }
    states.push(...(await listAll(http, { path: '/users', query }, pages.userStates, signal)))
  }
  return new Map(states.map((state) => [agentId(state.id), state]))
}

async function setOnQueue(
  genesys: Genesys,
  agents: readonly AgentId[],
  onQueue: boolean,
  limits: WriteLimits,
): Promise<void> {
  const before = await statusOf(genesys, agents, limits.signal)
  if (onQueue) refuseWithoutSession(before)
  const states = await statesOf(genesys, agents, limits.signal)
  const there = (agent: AgentId) => {
    const found = states.get(agent)?.presence?.presenceDefinition?.systemPresence ?? ''
    // Taking off what isn't on would turn a break or a meeting into Available.
    return isPresence(found, 'OnQueue') === onQueue
  }
  const change = agents.filter((agent) => !there(agent))
  if (change.length > 0) await setPresences(genesys, change, onQueue, limits)
  await readBack(`${agents.length} agents ${onQueue ? 'on' : 'off'} queue`, {
    read: () => statesOf(genesys, agents, limits.signal),
    agrees: (seen) =>
      agents.every((agent) => agentStatusFrom(agent, seen.get(agent), '').onQueue === onQueue),
    wireClock: genesys.wireClock,
    limits,
  })
}

function refuseWithoutSession(statuses: readonly AgentStatus[]): void {
  const absent = statuses.filter(({ registered }) => !registered)
  const first = absent[0]
  if (first === undefined) return
  throw new PlatformConflictError(
    `${absent.length} agents have no session to be put on queue, first ${first.agent}: ${first.because}`,
    { details: { agents: absent.map(({ agent }) => agent) } },
  )
}

async function setPresences(
  { http, id }: Genesys,
  agents: readonly AgentId[],
  onQueue: boolean,
  limits: WriteLimits,
): Promise<void> {
  const wanted = onQueue ? 'OnQueue' : 'Available'
  const path = '/presence/definitions'
  const { entities } = await http.read({ path }, pages.presences, limits.signal)
  const usable = entities.filter(
    ({ deactivated, systemPresence }) => !deactivated && isPresence(systemPresence ?? '', wanted),
  )
  // Organisations add definitions of their own with the same system presence; the system's comes first.
  const definition = usable.find(({ type }) => type === 'System') ?? usable[0]
  if (definition === undefined)
    throw new NotFoundError(`platform ${id} has no presence definition for ${wanted}`)
  const presenceDefinition = { id: definition.id }
  const [only, ...others] = agents
  if (only !== undefined && others.length === 0) {
    const one = `/users/${encodeURIComponent(only)}/presences/purecloud`
    await http.write({ method: 'PATCH', path: one, body: { presenceDefinition } }, nothing, limits)
    return
  }
  for (const some of chunks(agents, mostUsers)) {
    const body = some.map((agent) => ({ id: agent, presenceDefinition }))
    const call = { method: 'PUT', path: '/users/presences/bulk', body } as const
    await http.write(call, nothing, limits)
  }
}
