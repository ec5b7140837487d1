import type { Licences } from '../../../features/platform/index.ts'
import type { WriteLimits } from '../../../kernel/authority.ts'
import type { AgentId } from '../../../kernel/ids.ts'
import type { HttpClient } from '../../http-client/index.ts'
import { chunks, type Genesys } from './client.ts'
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

async function read(
  { http }: Genesys,
  agents: readonly AgentId[],
  signal: AbortSignal,
): Promise<Readonly<Record<AgentId, readonly string[]>>> {
  const held: Record<AgentId, readonly string[]> = {}
  for (const some of chunks(agents, mostUsers)) {
    const call = { method: 'POST', path: '/license/users', body: some } as const
    const together = some.length > 1 ? await http.read(call, licencesByUser, signal) : {}
    for (const agent of some) held[agent] = together[agent] ?? (await readOne(http, agent, signal))
  }
  return held
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
