import type { PlannedStep } from '../../engine/runbook.ts'
import { msOf } from '../../kernel/units.ts'
import { holderKey } from '../agents/index.ts'
import { worstCaseWayBack } from '../plan/index.ts'
import { oldTtl, planStep, queuesOf, type SiteScene, usersByQueue } from './wave-scene.ts'

type Steps = readonly PlannedStep[]

export function preflightStep(scene: SiteScene): PlannedStep {
  return step(scene, 'wave.preflight', 'preflight', { wave: scene.wave.id })
}

/** Lowers the TTL of each record, long before anything else depends on it (W1.1). */
export function lowerTtls(scene: SiteScene): Steps {
  const { site } = scene
  return site.records.map(({ name, type }) => {
    const low = site.ttl < 60 ? { override: 'the plan says so' } : {}
    const input = { record: name, type, ttl: site.ttl, ...low }
    const [key, title] = [`ttl.lower.${name}.${type}`, `lower TTL ${name}`]
    return planStep(scene, { key, kind: 'dns.lower-ttl', title, input, rests: true })
  })
}

/** Licences, the standby trunk, and agents as members who are not joined: nothing a caller can notice. */
export function provision(scene: SiteScene): Steps {
  const { site, stages } = scene
  const spec = site.trunk
  const platform = site.to
  const source = { platform: site.from, trunk: site.sourceTrunk }
  const agents = [...stages.first.agents, ...stages.rest.flatMap((stage) => stage.agents)]
  const queues = usersByQueue(site, agents)
  return [
    ...licences(scene, 'licences.assign', 'assign licences'),
    step(scene, 'trunk.provision', 'provision trunk', { platform, spec }),
    step(scene, 'trunk.mirror', 'mirror diff', { platform, spec, source }),
    ...(queues.length === 0
      ? []
      : [step(scene, 'agents.affiliate', 'affiliate agents', { platform, queues })]),
  ]
}

/** Waits until no cache holds a record with its old TTL (D1). */
export function waitOldTtls(scene: SiteScene): Steps {
  const { site, policy } = scene
  const { ttlLead: lead, ttlMargin: margin, resolvers } = policy
  return site.records.map((record) => {
    const { name, type } = record
    const { ttl: before = site.ttl, lowered } = oldTtl(scene, record) ?? {}
    const times = { ttl: site.ttl, oldTtl: before, lead, margin }
    const since = lowered === undefined ? {} : { lowered }
    const input = { record: name, type, ...times, ...since, resolvers }
    const [key, title] = [`ttl.wait.${name}.${type}`, `old TTL ${name}`]
    return planStep(scene, { key, kind: 'dns.wait-old-ttl', title, input, rests: true })
  })
}

/** Assigned for their lead, then read back: together they begin a day ahead (W5.1). */
export function licencesInForce(scene: SiteScene): Steps {
  return [...licenceLead(scene), ...licences(scene, 'licences.in-force', 'licences in force')]
}

/** Nothing to wait for where caches take longer: their wait comes after the assignment. */
function licenceLead(scene: SiteScene): Steps {
  const { site, policy } = scene
  const { licenceLead: lead } = policy
  const since = licensedSince(scene)
  const wait = since === undefined ? Math.max(0, lead - cacheWait(scene)) : lead
  if (site.agents.length === 0 || wait === 0) return []
  const input = { platform: site.to, lead, wait, ...(since === undefined ? {} : { since }) }
  return [step(scene, 'licences.lead', 'licence lead', input)]
}

/** The last time at which one of the site's licences came in force; undefined while one isn't known to be. */
function licensedSince({ site, request }: SiteScene): number | undefined {
  const times = site.agents.map(({ user, licence }) =>
    request.licensedSince?.get(holderKey({ platform: site.to, user, licence })),
  )
  const known = times.filter((time) => time !== undefined)
  return known.length === times.length ? Math.max(...known) : undefined
}

/** How long `dns.wait-old-ttl` waits for sure; one that counts from an earlier run may wait no more. */
function cacheWait(scene: SiteScene): number {
  const { site, policy } = scene
  const waits = site.records.map((record) => {
    const { ttl = site.ttl, lowered } = oldTtl(scene, record) ?? {}
    if (lowered?.at !== undefined) return 0
    return Math.max(msOf(ttl), policy.ttlLead) + policy.ttlMargin
  })
  return Math.max(...waits)
}

/**
 * Waits for the window, and sees that the way back fits into what is left of it. Once for the whole wave.
 *
 * @param key of the step before which it is asked; nothing: where the window is first waited for
 */
export function windowSteps(scene: SiteScene, key?: string): Steps {
  const { plan, wave, gate } = scene
  const { window, id } = wave
  if (window === undefined) return []
  const { total: wayBack } = worstCaseWayBack(plan, wave)
  const input = { wave: id, ...window, wayBack, hold: gate.hold }
  return [
    planStep(
      { ...scene, suffix: '' },
      {
        key: key === undefined ? 'wave.window' : `${key}.window`,
        kind: 'wave.window',
        title: 'window',
        input,
        rests: key === undefined,
      },
    ),
  ]
}

function licences(scene: SiteScene, kind: string, title: string): Steps {
  const { site, policy, gate } = scene
  const assignments = site.agents.map(({ user, licence }) => ({ user, licence }))
  if (assignments.length === 0) return []
  const { licencePatience: longest } = policy
  const input = { platform: site.to, assignments, longest, owner: gate.hold.owner }
  return [step(scene, kind, title, input)]
}

function step(scene: SiteScene, kind: string, title: string, input: unknown): PlannedStep {
  return planStep(scene, { key: kind, kind, title, input, rests: true })
}

/** What `agents.move` is told of each agent: nothing of the source's queues where a person sees to them. */
export function movingAgents(scene: SiteScene, agents: SiteScene['site']['agents']) {
  return agents.map((agent) => ({
    user: agent.user,
    extension: agent.extension,
    sourceQueues: scene.byHand ? [] : queuesOf(scene.site, agent, 'from'),
    targetQueues: queuesOf(scene.site, agent, 'to'),
  }))
}
