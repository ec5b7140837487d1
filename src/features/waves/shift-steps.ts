import type { PlannedStep } from '../../engine/runbook.ts'
import type { PlatformId } from '../../kernel/ids.ts'
import { formatSipAddress } from '../../kernel/sip-address.ts'
import { type Milliseconds, ms } from '../../kernel/units.ts'
import { handPatience, quietOnTheWayBack } from '../plan/index.ts'
import { movingAgents } from './prepare-steps.ts'
import { neverHost, stillOnQueue, testCalls } from './prove-steps.ts'
import { recordValues } from './record-values.ts'
import type { Stage } from './stage-agents.ts'
import { boundaryOf, oldTtl, planStep, queuesOf, type SiteScene } from './wave-scene.ts'

type Steps = readonly PlannedStep[]

/** How long agents may take to sign in before a person is asked. */
const signInPatience = ms(10 * 60_000)

/** Makes the target able to answer, while the source still has every caller (D16). */
export function arm(scene: SiteScene): Steps {
  const { site, targetGateway } = scene
  const platform = site.to
  const make = (kind: string, title: string, input: unknown) =>
    planStep(scene, { key: kind, kind, title, input, rests: true })
  return [
    // Without a row the target's flow keeps every caller. This one is the last to be undone: whoever comes
    // late, on the way back, is returned to the source until the target is disarmed.
    setShare(scene, { key: 'share.none', share: 0, rests: true }),
    make('sip.options', `OPTIONS ${formatSipAddress(targetGateway)}`, { target: targetGateway }),
    make('trunk.arm', 'arm target', { platform, trunk: site.trunk.name }),
    make('numbers.bind', 'bind numbers', { platform, numbers: site.numbers, flow: site.flow }),
  ]
}

/** Nobody who is still to be moved works at the target already (promise 7). */
export function oneSide(scene: SiteScene): Steps {
  const { site, gate: settings } = scene
  if (site.agents.length === 0) return []
  const agents = site.agents.map(({ user, extension }) => ({ user, extension }))
  const { owner } = settings.hold
  const input = { source: site.from, target: site.to, agents, longest: signInPatience, owner }
  const [key, title] = ['agents.one-side', 'agents on one side']
  return [planStep(scene, { key, kind: key, title, input, rests: true })]
}

/** The first agents, proved by a call to each number (W2.2). From here on the callers aren't whole without us. */
export function firstGroup(scene: SiteScene): Steps {
  const { stages } = scene
  return [
    ...moveAgents(scene, stages.first, 'first'),
    ...registered(scene, stages.first.agents, 'first'),
    setShare(scene, { key: 'share.first', share: stages.first.share, rests: false }),
    testCalls(scene, 'call.test', 'test calls'),
  ]
}

/** On the way back, before its agents leave and it is disarmed: the target's calls come to their end. */
export function drainTarget(scene: SiteScene): PlannedStep {
  const { site } = scene
  const input = drainOf(scene, site.to, quietOnTheWayBack(scene.policy))
  const [key, title] = ['back.drain', 'drain target']
  const stand = { key, kind: 'target.drain', title, input, visited: 'back', rests: false } as const
  return planStep(scene, stand)
}

/** Sends new callers to the target. */
export function select(scene: SiteScene): PlannedStep {
  const { site, targetGateway, request } = scene
  const [{ name: subject }] = site.records
  const records = site.records.map((record) => ({
    name: record.name,
    type: record.type,
    values: recordValues(record, targetGateway),
  }))
  const source = { platform: site.from, trunk: site.sourceTrunk }
  const input = { subject, run: request.run, records, source }
  const [key, kind] = ['select', 'authority.select']
  return planStep(scene, { key, kind, title: 'select target', input, rests: false, barrier: true })
}

export function propagation(scene: SiteScene, visited: 'forward' | 'back'): Steps {
  const { site, policy, targetGateway } = scene
  const { propagationLimit: limit, resolvers } = policy
  return site.records.map((record) => {
    const forward = recordValues(record, targetGateway)
    const { name, type } = record
    // A run may go back when the everyday TTL is served again already.
    const everyday = visited === 'back' ? oldTtl(scene, record)?.ttl : undefined
    const ttls = { ttl: site.ttl, ...(everyday === undefined ? {} : { everyday }) }
    const input = { record: name, type, ...ttls, forward, limit, resolvers }
    const key = `${visited === 'back' ? 'back.' : ''}propagation.${record.name}.${record.type}`
    const title = `propagation ${record.name}`
    return planStep(scene, { key, kind: 'dns.propagation', title, input, visited, rests: false })
  })
}

/** Agents first, then the share that they carry, then a gate. Back: the share first, then nobody waits, then agents. */
export function stage(scene: SiteScene, one: Stage): Steps {
  const { plan } = scene
  const name = `stage-${one.share}`
  const { ahead, rearguard } = splitStage(one)
  return [
    ...moveAgents(scene, ahead, name),
    ...(ahead.agents.length === 0 ? [] : [queuesDrained(scene, one, name)]),
    ...stillOnQueue(scene, name, ahead),
    setShare(scene, { key: `${name}.share`, share: one.share, rests: false }),
    ...moveRearguard(scene, rearguard, name),
    ...registered(scene, one.agents, name),
    gate(scene, { key: `${name}.gate`, title: `gate ${one.share}%`, soak: plan.policy.stageSoak }),
  ]
}

/**
 * Of the agents of the last stage a tenth, two at least, stays at the source until no call is up there:
 * callers who already wait in its queues would meet nobody if all left before the share rises.
 */
function splitStage(one: Stage): { readonly ahead: Stage; readonly rearguard: Stage } {
  const { share, agents } = one
  const staying =
    share < 100 ? 0 : Math.min(agents.length, Math.max(2, Math.ceil(agents.length / 10)))
  const cut = agents.length - staying
  return {
    ahead: { share, agents: agents.slice(0, cut) },
    rearguard: { share, agents: agents.slice(cut) },
  }
}

function moveRearguard(scene: SiteScene, rearguard: Stage, name: string): Steps {
  if (rearguard.agents.length === 0) return []
  const { site } = scene
  // The whole quiet: whoever comes to the source after these have left meets nobody there.
  const input = drainOf(scene, site.from, scene.policy.drainQuiet)
  const [key, title] = [`${name}.source-drain`, 'source served out']
  return [
    planStep(scene, { key, kind: 'source.drain', title, input, rests: false }),
    ...moveAgents(scene, rearguard, `${name}.rearguard`),
  ]
}

function queuesDrained(scene: SiteScene, { share }: Stage, name: string): PlannedStep {
  const { site } = scene
  const queues = site.queues.map(({ to }) => to)
  const input = { platform: site.to, queues, longest: site.drainLongest }
  const title = `queues drained ${share}%`
  const [key, kind] = [`${name}.back.drained`, 'queue.drained']
  // It asks the target: one that is dead holds up the return of its agents, and not of the callers.
  return planStep(scene, { key, kind, title, input, visited: 'back', rests: false, barrier: false })
}

export function gate(
  scene: SiteScene,
  {
    key,
    title,
    soak,
  }: { readonly key: string; readonly title: string; readonly soak: Milliseconds },
): PlannedStep {
  const { name, mode, minimumScore, checks, hold } = scene.gate
  const input = { gate: name, mode, minimumScore, checks, hold, soak, scope: scopeOf(scene) }
  return planStep(scene, { key, kind: 'gate.check', title, input, rests: false })
}

/** Whose metrics gates and guards look at: the site's, as the target sees them. */
export function scopeOf({ site, testCaller, testCallers, ...scene }: SiteScene) {
  const { sourceGateway, targetGateway } = scene
  const { id, to: platform, numbers } = site
  const queues = site.queues.map(({ to }) => to)
  return {
    ...{ site: id, platform, queues, numbers, testCaller, testCallers },
    ...neverHost(sourceGateway, targetGateway),
  }
}

/** Outbound calls leave over the target's trunk; later with the interconnect behind it (W2.2). */
export function outbound(scene: SiteScene, how: 'alone' | 'with failover'): PlannedStep {
  const { site } = scene
  const failover = how === 'alone' ? [] : [site.interconnect.trunk]
  const input = {
    platform: site.to,
    route: site.outboundRoute,
    trunks: [site.trunk.name, ...failover],
  }
  const [key, title] = how === 'alone' ? ['outbound', 'outbound'] : ['failover', 'failover route']
  return planStep(scene, { key, kind: 'outbound.set-route', title, input, rests: false })
}

/** The source lets go: no call is up there any more, then it is fenced. */
export function release(scene: SiteScene): Steps {
  const { site } = scene
  const drain = drainOf(scene, site.from, scene.policy.drainQuiet)
  const input = { platform: site.from, trunk: site.sourceTrunk }
  return [
    planStep(scene, {
      key: 'source.drain',
      kind: 'source.drain',
      title: 'drain source',
      input: drain,
      rests: false,
    }),
    planStep(scene, {
      key: 'source.release',
      kind: 'source.release',
      title: 'release source',
      input,
      rests: true,
    }),
  ]
}

function drainOf({ site }: SiteScene, platform: PlatformId, quiet: Milliseconds) {
  return { platform, numbers: site.numbers, longest: site.drainLongest, quiet }
}

export function restoreTtls(scene: SiteScene): Steps {
  return scene.site.records.flatMap((record) => {
    const old = oldTtl(scene, record)
    if (old === undefined) return []
    const { name, type } = record
    const input = { record: name, type, ttl: old.ttl }
    const [key, title] = [`ttl.restore.${name}.${type}`, `restore TTL ${name}`]
    return [planStep(scene, { key, kind: 'dns.restore-ttl', title, input, rests: true })]
  })
}

function setShare(
  scene: SiteScene,
  { key, share, rests }: { readonly key: string; readonly share: number; readonly rests: boolean },
): PlannedStep {
  const { site, request, salt } = scene
  const [{ name: subject }] = site.records
  const row = { platform: site.to, site: site.id, boundary: boundaryOf(share), salt }
  const input = { subject, run: request.run, ...row }
  return planStep(scene, {
    key,
    kind: 'authority.set-share',
    title: `share ${share}%`,
    input,
    rests,
  })
}

function moveAgents(scene: SiteScene, { agents, share }: Stage, name: string): Steps {
  if (agents.length === 0) return []
  const { site, policy, gate: settings } = scene
  const input = {
    source: site.from,
    target: site.to,
    agents: movingAgents(scene, agents),
    // Who is in a call when moved ends it first.
    longest: site.drainLongest + signInPatience,
    owner: settings.hold.owner,
    perSecond: policy.agentsPerSecond,
  }
  const title = `${agents.length} agents for ${share}%`
  return [
    ...leaveByHand(scene, agents, name),
    planStep(scene, { key: `${name}.agents`, kind: 'agents.move', title, input, rests: false }),
  ]
}

/**
 * Out of the source's queues before they are joined at the target; on the way back in again after they have
 * left there. A barrier: callers are not sent back to a source whose agents nobody has put back yet.
 */
function leaveByHand(scene: SiteScene, agents: Stage['agents'], name: string): Steps {
  const { site, gate: settings } = scene
  const leaving = agents
    .map((agent) => ({ extension: agent.extension, queues: queuesOf(site, agent, 'from') }))
    .filter(({ queues }) => queues.length > 0)
  if (!scene.byHand || leaving.length === 0) return []
  const input = {
    platform: site.from,
    agents: leaving,
    expects: site.id,
    longest: handPatience,
    owner: settings.hold.owner,
  }
  const [key, kind] = [`${name}.by-hand`, 'agents.by-hand']
  const title = `${leaving.length} agents leave ${site.from} by hand`
  return [planStep(scene, { key, kind, title, input, rests: false, barrier: true })]
}

function registered(scene: SiteScene, agents: Stage['agents'], name: string): Steps {
  if (agents.length === 0) return []
  const { site, gate: settings } = scene
  const users = agents.map(({ user }) => user)
  const { owner } = settings.hold
  const input = { platform: site.to, users, longest: signInPatience, owner }
  const key = `${name}.registered`
  const title = `${agents.length} agents on queue`
  return [planStep(scene, { key, kind: 'agents.registered', title, input, rests: false })]
}
