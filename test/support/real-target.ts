import { fileURLToPath } from 'node:url'
import { epochMs, ms } from '../../src/kernel/units.ts'
import { createVirtualTime } from '../../src/kernel/virtual-clock.ts'
import { createStaff, type Staff } from '../../src/lab/agents.ts'
import { type Crm, createCrm } from '../../src/lab/crm.ts'
import type { Estate } from '../../src/lab/estate.ts'
import { realWireClock } from '../../src/lab/lab-clock-live.ts'
import { serveHttp } from '../../src/lab/network/http-socket.ts'
import { createCrmService } from '../../src/lab/platforms/crm/upserts.ts'
import { createGenesysApi } from '../../src/lab/platforms/genesys-cloud/api.ts'
import { createGenesysOrg, type GenesysOrg } from '../../src/lab/platforms/genesys-cloud/org.ts'
import { licencesInForce } from '../../src/lab/platforms/genesys-cloud/state.ts'
import { createAgentLever } from '../../src/lab/platforms/pbx/agent-lever.ts'
import { twoSitesOrg } from '../../src/lab/scenarios/two-sites.ts'
import { startPrismProxy } from './prism-proxy.ts'

/** The simulated rest: the target's API behind a validating proxy, the PBX's agent lever and the CRM, over sockets. */
export interface RealTarget {
  readonly org: GenesysOrg
  readonly staff: Staff
  readonly crm: Crm
  readonly api: string
  readonly agentLever: string
  readonly crmUrl: string
  close(): Promise<void>
}

const contract = fileURLToPath(new URL('../vectors/contract/genesys-openapi.json', import.meta.url))
const now = () => epochMs(Date.now())
/** How often people's moves between desks are brought up to the system's time. */
const tickMs = 20

export async function startRealTarget(estate: Estate): Promise<RealTarget> {
  const spec = twoSitesOrg(estate, now, 7)
  // What takes the vendor minutes takes no time here: nothing else is faster than life.
  const timing = { licenceDelay: ms(0), trunkDelay: ms(0) }
  const org = createGenesysOrg({ ...spec, timing })
  const time = createVirtualTime(now())
  const ticking = setInterval(() => time.advanceTo(now()), tickMs)
  const agents = estate.sites.flatMap((site) => site.agents)
  const staff = createStaff(agents, {
    time,
    seed: 7,
    signOn: ms(200),
    phones: org,
    changed: () => {},
  })
  const crm = createCrm()
  const extensions = agents.map(({ extension }) => extension)
  const genesys = await serveHttp(createGenesysApi(org, realWireClock).handler)
  const lever = await serveHttp(createAgentLever(staff, extensions))
  const crmService = await serveHttp(createCrmService(crm))
  const proxy = await startPrismProxy(contract, genesys.url)
  return {
    org,
    staff,
    crm,
    api: proxy.url,
    agentLever: `${lever.url}/agents`,
    crmUrl: `${crmService.url}/upserts`,
    async close() {
      clearInterval(ticking)
      await proxy.stop()
      await Promise.all([genesys, lever, crmService].map((server) => server.close()))
    },
  }
}

/** What a wave may change at the target, by the plan's names: equal before and after a way back. */
export function describeOrg({ config, facts }: GenesysOrg) {
  const emailOf = (id: string) => config.users.get(id)?.email ?? id
  const nameOf = (id: string) => config.trunkBases.get(id)?.name ?? id
  const entries = <Item>(items: Iterable<Item>, of: (item: Item) => readonly [string, unknown]) =>
    Object.fromEntries([...items].map(of).sort(([a], [b]) => a.localeCompare(b)))
  return {
    trunks: entries(config.trunkBases.values(), ({ name, properties }) => [name, properties]),
    numbers: entries(config.ivrs.values(), ({ name, dnis }) => [name, [...dnis].sort()]),
    members: entries(config.queues.values(), ({ name, members }) => [
      name,
      entries(members, ([id, joined]) => [emailOf(id), joined]),
    ]),
    agents: entries(config.users.values(), (user) => [
      user.email,
      {
        phone: user.phoneReachable,
        presence: facts.presences.get(user.presenceId)?.name,
        licences: licencesInForce(user, now()),
      },
    ]),
    routes: entries(config.routes.values(), ({ name, enabled, trunkBaseIds }) => [
      name,
      { enabled, trunks: trunkBaseIds.map(nameOf) },
    ]),
    shares: entries(config.tables.values(), ({ name, rows }) => [name, Object.fromEntries(rows)]),
  }
}
