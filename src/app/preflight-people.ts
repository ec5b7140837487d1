import type { PlanAgent, Site } from '../features/plan/index.ts'
import type { AgentQueue, Need } from '../features/platform/index.ts'
import { type AgentId, agentId } from '../kernel/ids.ts'
import { fewOf, type PreflightParts, placeOf } from './preflight-question.ts'

/** Queues by the names that the plan maps, at both sides (P1.3). */
export async function queueNeeds(
  { ports, signal }: PreflightParts,
  site: Site,
): Promise<readonly Need[]> {
  const target = site.queues.map(({ to }) => to)
  const found = await ports.platforms.port(site.to, 'queues').find(target, signal)
  return [complete(`queues at ${site.to}`, target, Object.keys(found))]
}

/** Agents by the names that both sides know them by, and every queue that offers them calls (promise 7). */
export async function agentNeeds(
  parts: PreflightParts,
  site: Site,
  targetIds: TargetIds,
): Promise<readonly Need[]> {
  if (site.agents.length === 0) return []
  return [...(await atSource(parts, site)), ...(await atTarget(parts, site, targetIds))]
}

/** Ids of a site's agents at the target, by user name: looked up once, whoever asks first. */
export type TargetIds = () => Promise<Readonly<Record<string, AgentId>>>

export function targetIdsOf({ ports, signal }: PreflightParts, { to, agents }: Site): TargetIds {
  const users = agents.map(({ user }) => user)
  let found: ReturnType<TargetIds> | undefined
  return () => {
    found ??= ports.platforms.port(to, 'agents').find(users, signal)
    return found
  }
}

/** What is known of each agent at the source; undefined where memberships can't be read. */
async function queuesAtSource({ ports, signal }: PreflightParts, { from, agents }: Site) {
  const { queues, agents: directory } = ports.platforms.get(from).ports
  if (queues === undefined || directory === undefined) return undefined
  const extensions = agents.map(({ extension }) => extension)
  const known = Object.keys(await directory.find(extensions, signal))
  const memberships = await queues.ofAgents(known.map(agentId), signal)
  return { known, memberships }
}

async function atSource(parts: PreflightParts, site: Site): Promise<readonly Need[]> {
  const { from, agents, queues } = site
  const found = await queuesAtSource(parts, site)
  // Who moves them by hand sees their queues; the platform's own rows say that it is by hand.
  if (found === undefined) return []
  const extensions = agents.map(({ extension }) => extension)
  const listed = new Set(queues.map((queue) => queue.from))
  const memberships = agents.map(
    (agent) => [agent, namesOf(found.memberships[agentId(agent.extension)])] as const,
  )
  const used = new Set(memberships.flatMap(([, names]) => names))
  return [
    complete(`agents at ${from}`, extensions, found.known),
    complete(`queues at ${from}`, [...listed], [...used], 'with an agent of the site in it'),
    unlisted(memberships, listed, {
      what: `unlisted queues at ${from}`,
      consequence: 'they leave these too, and return only when the wave goes back',
      todo: 'list the queue in the plan, or see that others answer it',
    }),
  ]
}

async function atTarget(
  { ports, signal }: PreflightParts,
  { to, agents, queues }: Site,
  targetIds: TargetIds,
): Promise<readonly Need[]> {
  const ids = await targetIds()
  const known = Object.values(ids)
  const found = await ports.platforms.port(to, 'queues').ofAgents(known, signal)
  const listed = new Set(queues.map((queue) => queue.to))
  const memberships = agents.map((agent) => {
    const id = ids[agent.user]
    return [agent, namesOf(id === undefined ? [] : found[id])] as const
  })
  return [
    complete(
      `agents at ${to}`,
      agents.map(({ user }) => user),
      Object.keys(ids),
    ),
    unlisted(memberships, listed, {
      what: `unlisted queues at ${to}`,
      consequence: 'on queue there before the move they would be offered calls on both sides',
      todo: 'take them out of these queues, or see that they stay off queue until they move',
    }),
  ]
}

function namesOf(queues: readonly AgentQueue[] = []): readonly string[] {
  return queues.filter(({ joined }) => joined).map(({ name }) => name)
}

/** What no plan says is a person's to decide: unknown, and so to be attested. */
function unlisted(
  memberships: readonly (readonly [PlanAgent, readonly string[]])[],
  listed: ReadonlySet<string>,
  words: { readonly what: string; readonly consequence: string; readonly todo: string },
): Need {
  const { what, consequence, todo } = words
  const found = memberships.flatMap(([{ user }, names]) => {
    const others = names.filter((name) => !listed.has(name))
    return others.length === 0 ? [] : [`${user} (${others.join(', ')})`]
  })
  if (found.length === 0) return { what, state: 'had', because: 'none of the agents is in another' }
  return { what, state: 'unknown', because: `${fewOf(found)}; ${consequence}`, todo }
}

/** Licences by name and number (P1.2). */
export async function licenceNeeds(
  parts: PreflightParts,
  site: Site,
  targetIds: TargetIds,
): Promise<readonly Need[]> {
  const { ports, signal } = parts
  const kinds = [...new Set(site.agents.map(({ licence }) => licence))]
  if (kinds.length === 0) return []
  const port = ports.platforms.port(site.to, 'licences')
  const ids = await targetIds()
  const held = await port.read(Object.values(ids), signal)
  const owned = await port.owned(signal)
  const where = placeOf(parts, site.to, 'licences')
  const lackIt = ({ user, licence }: PlanAgent) => {
    const id = ids[user]
    return id === undefined || !(held[id] ?? []).includes(licence)
  }
  return [
    complete(
      `licences at ${site.to}`,
      kinds,
      owned,
      `of the plan’s kinds, for ${site.agents.length} agents`,
    ),
    ...kinds.map((licence) => {
      const holders = site.agents.filter((agent) => agent.licence === licence)
      return judgeLicences({
        licence,
        agents: holders.length,
        lacking: holders.filter(lackIt).length,
        where,
      })
    }),
  ]
}

interface Licensed {
  readonly licence: string
  readonly agents: number
  /** Agents who don't have it yet. */
  readonly lacking: number
  readonly where: string
}

export function judgeLicences({ licence, agents, lacking, where }: Licensed): Need {
  const what = `free licences ${licence}`
  if (lacking === 0)
    return { what, state: 'had', because: `all ${agents} agents have theirs already` }
  const because = `${lacking} more are needed for ${agents} agents; no public call says how many are bought`
  const todo = `${where}: ${lacking} free ones of ${licence} at least`
  return { what, state: 'unknown', because, todo }
}

function complete(
  what: string,
  wanted: readonly string[],
  found: readonly string[],
  how = '',
): Need {
  const absent = wanted.filter((name) => !found.includes(name))
  const words = how === '' ? '' : ` ${how}`
  if (absent.length === 0) return { what, state: 'had', because: `all ${wanted.length}${words}` }
  const because = `not found${words}: ${fewOf(absent)}`
  return {
    what,
    state: 'missing',
    because,
    todo: 'compare the names in the plan with the platform',
  }
}
