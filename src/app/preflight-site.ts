import type { ServerAnswer } from '../features/dns-control/index.ts'
import type { Plan, Site } from '../features/plan/index.ts'
import type { Need } from '../features/platform/index.ts'
import { ask, type PreflightParts, type PreflightRow } from './preflight-question.ts'

/** What one site's cutover needs of DNS, of the target's and of the source's configuration. */
export async function siteNeeds(
  parts: PreflightParts,
  site: Site,
): Promise<readonly PreflightRow[]> {
  const area = `site ${site.id}`
  const questions: readonly [string, () => Promise<readonly Need[]>][] = [
    ...site.records.map((record): [string, () => Promise<readonly Need[]>] => [
      `record ${record.name}`,
      () => recordNeeds(parts, record),
    ]),
    ['queues', () => queueNeeds(parts, site)],
    ['agents', () => agentNeeds(parts, site)],
    ['licences', () => licenceNeeds(parts, site)],
    ['memberships at the source', () => Promise.resolve(handNeeds(parts, site))],
    ['source trunk', () => trunkNeeds(parts, site.from, site.sourceTrunk)],
    ['interconnect', () => trunkNeeds(parts, site.to, site.interconnect.trunk)],
  ]
  const rows = await Promise.all(questions.map(([what, question]) => ask(area, what, question)))
  return rows.flat()
}

async function recordNeeds(
  { plan, ports, signal }: PreflightParts,
  { name, type }: Site['records'][number],
): Promise<readonly Need[]> {
  const provider = ports.dns.provider(name)
  const record = await provider.readRecord(name, type, signal)
  const write = await provider.probeWrite(name, type, signal)
  const authoritative = await ports.dns.observer.askAuthoritative(name, type, signal)
  const resolvers = await ports.dns.observer.askResolvers(name, type, signal)
  return [
    record === undefined
      ? { what: `record ${name} ${type}`, state: 'missing', because: 'the zone has no such record' }
      : {
          what: `record ${name} ${type}`,
          state: 'had',
          because: `${record.values.join(' | ')}, TTL ${record.ttl} s`,
        },
    {
      what: `right to change ${name}`,
      state: write.permitted ? 'had' : 'missing',
      because: write.because,
    },
    serversNeed(`authoritative servers of ${name}`, authoritative, authoritative.length),
    serversNeed(`resolvers of ${name}`, resolvers, wantedResolvers(plan)),
  ]
}

function wantedResolvers({ policy }: Plan): number {
  return policy.resolvers
}

function serversNeed(what: string, answers: readonly ServerAnswer[], wanted: number): Need {
  const silent = answers.filter((answer) => answer.kind === 'no-answer')
  const answered = answers.length - silent.length
  const because =
    silent.length === 0
      ? `${answered} answer`
      : `no answer from ${silent.map(({ server }) => server).join(', ')}`
  return { what, state: answered >= wanted ? 'had' : 'missing', because }
}

async function queueNeeds({ ports, signal }: PreflightParts, site: Site): Promise<readonly Need[]> {
  const target = site.queues.map(({ to }) => to)
  const found = await ports.platforms.port(site.to, 'queues').find(target, signal)
  return [complete('queues at the target', target, found)]
}

async function agentNeeds({ ports, signal }: PreflightParts, site: Site): Promise<readonly Need[]> {
  const users = site.agents.map(({ user }) => user)
  const found = await ports.platforms.port(site.to, 'agents').find(users, signal)
  return [complete('agents at the target', users, found)]
}

/** What a person sees to by hand nobody can read either; the plan says so, and a wave is not held for it. */
function handNeeds({ plan }: PreflightParts, site: Site): readonly Need[] {
  const source = plan.platforms[site.from]
  if (source?.kind !== 'sbc' || source.agents?.by !== 'hand' || site.agents.length === 0) return []
  return [
    {
      what: `queue memberships at ${site.from}`,
      state: 'unknown',
      because: `cannot be known: a person changes them by hand, and types "${site.id}" at each stage`,
      accepted: true,
    },
  ]
}

async function licenceNeeds(
  { ports, signal }: PreflightParts,
  site: Site,
): Promise<readonly Need[]> {
  const wanted = [...new Set(site.agents.map(({ licence }) => licence))]
  const owned = await ports.platforms.port(site.to, 'licences').owned(signal)
  return [complete('licences bought', wanted, Object.fromEntries(owned.map((id) => [id, id])))]
}

async function trunkNeeds(
  { ports, signal }: PreflightParts,
  platform: Site['from'],
  name: string,
): Promise<readonly Need[]> {
  const trunk = await ports.platforms.port(platform, 'trunks').find(name, signal)
  const what = `trunk ${name} at ${platform}`
  if (trunk === undefined)
    return [{ what, state: 'missing', because: 'the platform has no such trunk' }]
  return [
    {
      what,
      state: trunk.enabled ? 'had' : 'missing',
      because: trunk.enabled ? 'there, enabled' : 'there, but disabled',
    },
  ]
}

function complete(
  what: string,
  wanted: readonly string[],
  found: Readonly<Record<string, unknown>>,
): Need {
  const absent = wanted.filter((name) => found[name] === undefined)
  return absent.length === 0
    ? { what, state: 'had', because: `all ${wanted.length}` }
    : {
        what,
        state: 'missing',
        because: `not found: ${absent.slice(0, 5).join(', ')}${absent.length > 5 ? ` and ${absent.length - 5} more` : ''}`,
      }
}
