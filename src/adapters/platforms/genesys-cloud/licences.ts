import type { Licences } from '../../../features/platform/index.ts'
import type { WriteLimits } from '../../../kernel/authority.ts'
import { type AgentId, agentId } from '../../../kernel/ids.ts'
import type { HttpClient } from '../../http-client/index.ts'
import { chunks, type Genesys, listAll, pageSize } from './client.ts'
import { pages } from './pages.ts'
import { licenceDefinitions, licencesByUser, licenceUser, nothing } from './schema.ts'

/** Users per assignment; the bound isn't published, so well below what others found to work [U] (contract §2.1). */
const mostUsers = 50

/** Licences by id. Assigning answers at once and takes minutes to be in force (W5.1), so nothing waits for it here. */
export function createLicences(genesys: Genesys): Licences {
  const { http } = genesys
  return {
    read: (agents, signal) => read(genesys, agents, signal),
    assign: (licence, change, limits) => assign(genesys, licence, change, limits),
    owned: async (signal) => {
      const definitions = await http.read(
        { path: '/license/definitions' },
        licenceDefinitions,
        signal,
      )
      return definitions.map(({ id }) => id)
    },
  }
}

type Held = Record<AgentId, readonly string[]>

/**
 * In bulk, as far as the answers tell of everybody; of whom neither tells is asked alone. Nobody is taken to
 * have no licence because an answer leaves him out: what is lacking is assigned, and taken away again.
 */
async function read(
  { http }: Genesys,
  agents: readonly AgentId[],
  signal: AbortSignal,
): Promise<Held> {
  const held: Held = {}
  const untold = () => agents.filter((agent) => held[agent] === undefined)
  if (agents.length > 1) await readTogether(http, agents, held, signal)
  if (untold().length > 1) await readListing(http, untold(), held, signal)
  for (const agent of untold()) held[agent] = await readOne(http, agent, signal)
  return held
}

async function readTogether(
  http: HttpClient,
  agents: readonly AgentId[],
  held: Held,
  signal: AbortSignal,
): Promise<void> {
  for (const some of chunks(agents, mostUsers)) {
    const call = { method: 'POST', path: '/license/users', body: some } as const
    const together = await http.read(call, licencesByUser, signal)
    for (const agent of some) {
      const licences = together[agent]
      if (licences !== undefined) held[agent] = licences
    }
  }
}

/** The listing of all users, where it is no longer than asking one by one. */
async function readListing(
  http: HttpClient,
  agents: readonly AgentId[],
  held: Held,
  signal: AbortSignal,
): Promise<void> {
  const path = '/license/users'
  const query = { pageSize: String(pageSize) }
  const { pageCount } = await http.read({ path, query }, pages.licensedUsers, signal)
  if (pageCount === undefined || pageCount > agents.length) return
  const wanted = new Set<string>(agents)
  for (const { id, licenses } of await listAll(http, { path }, pages.licensedUsers, signal))
    if (wanted.has(id) && licenses !== undefined) held[agentId(id)] = licenses
}

async function readOne(http: HttpClient, agent: AgentId, signal: AbortSignal) {
  const path = `/license/users/${encodeURIComponent(agent)}`
  const { licenses } = await http.read({ path }, licenceUser, signal)
  return licenses.map(({ id }) => id)
}

async function assign(
  genesys: Genesys,
  licence: string,
  change: { readonly add: readonly AgentId[]; readonly remove: readonly AgentId[] },
  limits: WriteLimits,
): Promise<void> {
  const held = await read(genesys, [...change.add, ...change.remove], limits.signal)
  const add = change.add.filter((agent) => !held[agent]?.includes(licence))
  const remove = change.remove.filter((agent) => held[agent]?.includes(licence))
  const parts = [
    ...chunks(add, mostUsers).map((userIdsAdd) => ({ userIdsAdd, userIdsRemove: [] })),
    ...chunks(remove, mostUsers).map((userIdsRemove) => ({ userIdsAdd: [], userIdsRemove })),
  ]
  for (const part of parts) {
    const body = { assignments: [{ licenseId: licence, ...part }] }
    const call = { method: 'POST', path: '/license/organization', body } as const
    await genesys.http.write(call, nothing, limits)
  }
}
