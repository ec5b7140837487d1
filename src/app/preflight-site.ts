import type { ServerAnswer } from '../features/dns-control/index.ts'
import type { Site } from '../features/plan/index.ts'
import { policyFor } from '../features/plan/index.ts'
import type { Need } from '../features/platform/index.ts'
import { agentNeeds, licenceNeeds, queueNeeds, targetIdsOf } from './preflight-people.ts'
import {
  ask,
  fewOf,
  type PreflightParts,
  type PreflightRow,
  placeOf,
} from './preflight-question.ts'

/** What one site's cutover needs of DNS, of the target's and of the source's configuration. */
export async function siteNeeds(
  parts: PreflightParts,
  site: Site,
): Promise<readonly PreflightRow[]> {
  const targetIds = targetIdsOf(parts, site)
  const questions: readonly [string, () => Promise<readonly Need[]>][] = [
    ...site.records.map((record): [string, () => Promise<readonly Need[]>] => [
      `record ${record.name}`,
      () => recordNeeds(parts, site, record),
    ]),
    [`flow ${site.flow}`, () => flowNeeds(parts, site)],
    ['numbers at the target', () => numberNeeds(parts, site)],
    ['shares', () => parts.ports.platforms.port(site.to, 'shares').probe(parts.signal)],
    [`outbound route ${site.outboundRoute}`, () => routeNeeds(parts, site)],
    ['target trunk', () => targetTrunkNeeds(parts, site)],
    ['source trunk', async () => [await enabledTrunk(parts, site.from, site.sourceTrunk)]],
    ['interconnect', () => interconnectNeeds(parts, site)],
    ['queues', () => queueNeeds(parts, site)],
    ['agents', () => agentNeeds(parts, site, targetIds)],
    ['licences', () => licenceNeeds(parts, site, targetIds)],
    ['memberships at the source', () => Promise.resolve(handNeeds(parts, site))],
  ]
  const rows = await Promise.all(
    questions.map(([what, question]) => ask(`site ${site.id}`, what, question)),
  )
  return rows.flat()
}

async function recordNeeds(
  { plan, ports, signal }: PreflightParts,
  site: Site,
  { name, type }: Site['records'][number],
): Promise<readonly Need[]> {
  const provider = ports.dns.provider(name)
  const record = await provider.readRecord(name, type, signal)
  const write = await provider.probeWrite(name, type, signal)
  const authoritative = await ports.dns.observer.askAuthoritative(name, type, signal)
  const resolvers = await ports.dns.observer.askResolvers(name, type, signal)
  const { resolvers: wanted } = policyFor(plan, { site: site.id })
  const right = write.permitted ? 'had' : 'missing'
  return [
    record === undefined
      ? {
          what: `record ${name} ${type}`,
          state: 'missing',
          because: 'the zone has no such record',
          todo: 'create it, leading to the source, and wait until every server has it',
        }
      : {
          what: `record ${name} ${type}`,
          state: 'had',
          because: `${record.values.join(' | ')}, TTL ${record.ttl} s`,
        },
    {
      what: `right to change ${name}`,
      state: right,
      because: write.because,
      todo: `the zone’s update policy: the key of dns.zones for ${name} ${type}`,
    },
    serversNeed(`authoritative servers of ${name}`, authoritative, authoritative.length),
    serversNeed(`resolvers of ${name}`, resolvers, wanted),
  ]
}

function serversNeed(what: string, answers: readonly ServerAnswer[], wanted: number): Need {
  const silent = answers.filter((answer) => answer.kind === 'no-answer')
  const answered = answers.length - silent.length
  const names = silent.map(({ server }) => server).join(', ')
  const because = `${answered} of ${answers.length} answer, ${wanted} are needed${silent.length === 0 ? '' : `; no answer from ${names}`}`
  const todo = `port 53 from here to ${names || 'more servers'}, or name others in the plan`
  return { what, state: answered >= wanted ? 'had' : 'missing', because, todo }
}

async function flowNeeds(parts: PreflightParts, site: Site): Promise<readonly Need[]> {
  const { ports, signal } = parts
  const what = `flow ${site.flow}`
  const todo = `${placeOf(parts, site.to, 'flows')}: an entry of this name with a flow for open hours`
  const port = ports.platforms.port(site.to, 'inboundNumbers')
  const found = (await port.flows([site.flow], signal))[site.flow]
  if (found === undefined)
    return [{ what, state: 'missing', because: `${site.to} has none of this name`, todo }]
  const because = found.answers ? 'there, and answers' : 'there, but leads nowhere: dead air'
  return [{ what, state: found.answers ? 'had' : 'missing', because, todo }]
}

async function numberNeeds(parts: PreflightParts, site: Site): Promise<readonly Need[]> {
  const { ports, signal } = parts
  const what = 'numbers at the target'
  const port = ports.platforms.port(site.to, 'inboundNumbers')
  const known = new Set(await port.known(site.numbers, signal))
  const absent = site.numbers.filter((number) => !known.has(number))
  const where = placeOf(parts, site.to, 'numbers')
  if (absent.length > 0) {
    const because = `not the platform’s: ${fewOf(absent)}`
    return [{ what, state: 'missing', because, todo: `${where}: add them` }]
  }
  const holders = Object.entries(await port.holders(site.numbers, signal))
  if (holders.length > 0) {
    const held = holders.map(([number, holder]) => `${number} is assigned to ${holder}`)
    const because = `${fewOf(held)}; a number is not taken from who has it, so none would be bound`
    return [
      { what, state: 'missing', because, todo: `${where}: take it off there, or off the plan` },
    ]
  }
  const bound = await port.readBindings(site.numbers, signal)
  const elsewhere = site.numbers.filter((number) => ![undefined, site.flow].includes(bound[number]))
  const others = elsewhere.map((number) => `${number} (now ${bound[number]})`)
  const moved = others.length === 0 ? '' : `; will leave another flow: ${fewOf(others)}`
  return [{ what, state: 'had', because: `all ${site.numbers.length} are the platform’s${moved}` }]
}

/** What a person sees to by hand nobody can read either. */
function handNeeds({ plan }: PreflightParts, site: Site): readonly Need[] {
  const source = plan.platforms[site.from]
  if (source?.kind !== 'sbc' || source.agents?.by !== 'hand' || site.agents.length === 0) return []
  return [
    {
      what: `queue memberships at ${site.from}`,
      state: 'unknown',
      because: 'the plan has no call that reads them',
    },
  ]
}

async function routeNeeds(parts: PreflightParts, site: Site): Promise<readonly Need[]> {
  const { ports, signal } = parts
  const what = `outbound route ${site.outboundRoute}`
  const route = await ports.platforms
    .port(site.to, 'outboundRoutes')
    .read(site.outboundRoute, signal)
  if (route !== undefined)
    return [{ what, state: 'had', because: `over ${route.trunks.join(', then ') || 'no trunk'}` }]
  const todo = `${placeOf(parts, site.to, 'routes')}: create it with its classes of numbers`
  return [{ what, state: 'missing', because: `${site.to} has none of this name`, todo }]
}

async function enabledTrunk(
  { ports, signal }: PreflightParts,
  platform: Site['from'],
  name: string,
): Promise<Need> {
  const trunk = await ports.platforms.port(platform, 'trunks').find(name, signal)
  const what = `trunk ${name} at ${platform}`
  if (trunk?.enabled === true) return { what, state: 'had', because: 'there, enabled' }
  const because = trunk === undefined ? 'there is none of this name' : 'there, but disabled'
  return { what, state: 'missing', because, todo: 'compare the name, and enable it: calls need it' }
}

/** Who can be in a call at once: a trunk that takes fewer turns callers away (P1.2). */
async function targetTrunkNeeds(parts: PreflightParts, site: Site): Promise<readonly Need[]> {
  const { ports, signal } = parts
  const { name, maxSessions } = site.trunk
  const what = `sessions of trunk ${name}`
  const needed = maxSessions ?? site.agents.length
  const found = await ports.platforms.port(site.to, 'trunks').find(name, signal)
  if (found?.managed === true) {
    const because = 'it belongs to the vendor, and can’t be provisioned'
    return [{ what: `trunk ${name}`, state: 'missing', because, todo: 'another name in the plan' }]
  }
  const where = placeOf(parts, site.to, 'sessions')
  return [judgeSessions({ what, needed, shown: found?.maxSessions, where })]
}

async function interconnectNeeds(parts: PreflightParts, site: Site): Promise<readonly Need[]> {
  const { trunk: name, maxSessions } = site.interconnect
  const { ports, signal } = parts
  const found = await ports.platforms.port(site.to, 'trunks').find(name, signal)
  return [
    await enabledTrunk(parts, site.to, name),
    judgeSessions({
      what: `sessions of interconnect ${name}`,
      needed: maxSessions,
      shown: found?.maxSessions,
      where: placeOf(parts, site.to, 'sessions'),
    }),
  ]
}

interface Sessions {
  readonly what: string
  readonly needed: number
  /** Undefined where the platform shows no limit. */
  readonly shown: number | undefined
  readonly where: string
}

export function judgeSessions({ what, needed, shown, where }: Sessions): Need {
  const todo = `${where}: ${needed} at least`
  if (shown === undefined)
    return { what, state: 'unknown', because: `${needed} needed; the API shows no limit`, todo }
  const because = `${needed} needed, ${shown} allowed`
  return { what, state: shown >= needed ? 'had' : 'missing', because, todo }
}
