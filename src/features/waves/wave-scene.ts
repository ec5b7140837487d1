import type { PlannedStep } from '../../engine/runbook.ts'
import { type RunId, type StepKey, stepKey } from '../../kernel/ids.ts'
import { isNonEmpty, type NonEmpty } from '../../kernel/non-empty.ts'
import { shareBucket, shareBuckets } from '../../kernel/share-bucket.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import type { LicensedSince } from '../agents/index.ts'
import { type OldTtl, recordKey } from '../dns-control/index.ts'
import {
  type Gate,
  type Plan,
  type PlanAgent,
  type Policy,
  policyFor,
  type Site,
  type Wave,
} from '../plan/index.ts'
import type { SiteRecord } from '../platform/index.ts'
import { WaveNotPossibleError } from './errors.ts'
import { type Stages, stageAgents } from './stage-agents.ts'

/** What a wave is compiled for, beside its plan. */
export interface WaveRequest {
  /** The run that will execute it: authority is recorded under its name. */
  readonly run: RunId
  /**
   * TTLs of everyday, by `recordKey`: waited out, and put back at the end.
   * A record without one is waited for by the policy's lead alone, and keeps its lowered TTL.
   */
  readonly oldTtls?: Readonly<Record<string, OldTtl>>
  /** Licences that earlier runs saw in force. */
  readonly licensedSince?: LicensedSince
}

/** One site of a wave with everything that its steps are told. */
export interface SiteScene {
  readonly plan: Plan
  readonly wave: Wave
  readonly gate: Gate
  readonly site: Site
  readonly stages: Stages
  /** The plan's figures with the overrides of this wave and this site. */
  readonly policy: Policy
  readonly request: WaveRequest
  readonly salt: string
  /** A caller whom the target keeps from the first share on. */
  readonly testCaller: string
  /** More of them, for calls that take turns. */
  readonly testCallers: readonly string[]
  readonly sourceGateway: SipAddress
  readonly targetGateway: SipAddress
  /** The source's queues have no call that changes them: a person does it (D5). */
  readonly byHand: boolean
  /** Behind each key where the wave has several sites: `trunk.arm@dallas`. */
  readonly suffix: string
}

export function openScene(whole: Plan, wave: Wave, site: Site, request: WaveRequest): SiteScene {
  // Overrides may be for this wave or this site alone.
  const plan = { ...whole, policy: policyFor(whole, { wave: wave.id, site: site.id }) }
  const gate = plan.gates[wave.gate]
  const [source, target] = [plan.platforms[site.from], plan.platforms[site.to]]
  if (gate === undefined) throw new WaveNotPossibleError(`the plan has no gate ${wave.gate}`)
  if (source === undefined || target === undefined)
    throw new WaveNotPossibleError(`a platform of site ${site.id} is not in the plan`)
  const { policy } = plan
  const stages = stageAgents(site.agents, wave.stages, policy)
  const salt = `${plan.name}:${wave.id}`
  const [testCaller, ...testCallers] = findCallers(salt, boundaryOf(stages.first.share))
  return {
    plan,
    wave,
    gate,
    site,
    stages,
    policy,
    request,
    salt,
    testCaller,
    testCallers,
    sourceGateway: source.gateway,
    targetGateway: target.gateway,
    byHand: source.kind === 'sbc' && source.agents?.by === 'hand',
    suffix: wave.sites.length > 1 ? `@${site.id}` : '',
  }
}

/** A share in per cent as a boundary among callers' buckets (D2). */
export function boundaryOf(share: number): number {
  return Math.round((shareBuckets * share) / 100)
}

/** How many callers the test calls of gates come from: what swallows one in ten is met by some of them. */
const mostCallers = 24

/** The first fictitious numbers that fall below the boundary: their calls are not returned. */
function findCallers(salt: string, boundary: number): NonEmpty<string> {
  const lines = Array.from({ length: 10_000 }, (_, line) => line)
  const callers = lines.map((line) => `+1555555${String(line).padStart(4, '0')}`)
  const kept = callers
    .filter((caller) => shareBucket(caller, salt) < boundary)
    .slice(0, mostCallers)
  if (isNonEmpty(kept)) return kept
  throw new WaveNotPossibleError(
    `no test caller falls below the share ${boundary} of ${shareBuckets}`,
  )
}

export const keyOf = ({ suffix }: SiteScene, name: string): StepKey => stepKey(`${name}${suffix}`)

/** How a step stands in the runbook; what is not said is the usual. */
interface Stand {
  readonly key: string
  readonly kind: string
  readonly title: string
  readonly input: unknown
  readonly visited?: PlannedStep['visited']
  /** Unless said otherwise the callers are whole without us only while nothing has been moved. */
  readonly rests: boolean
  readonly barrier?: boolean
}

export function planStep(scene: SiteScene, stand: Stand): PlannedStep {
  const { kind, input, title, visited = 'forward', rests } = stand
  const place = scene.suffix === '' ? title : `${title}, ${scene.site.id}`
  const barrier = stand.barrier === undefined ? {} : { barrier: stand.barrier }
  const key = keyOf(scene, stand.key)
  return { key, kind, title: place, input, visited, restsAfter: rests, ...barrier }
}

/** Names of an agent's queues at one side. */
export function queuesOf(site: Site, agent: PlanAgent, side: 'from' | 'to'): readonly string[] {
  return site.queues.filter(({ name }) => agent.queues.includes(name)).map((queue) => queue[side])
}

/** Users of these agents by queue of the target; a queue that none of them serves is left out. */
export function usersByQueue(
  { queues }: Site,
  agents: readonly PlanAgent[],
): readonly { readonly queue: string; readonly users: readonly string[] }[] {
  return queues
    .map(({ name, to }) => ({
      queue: to,
      users: agents.filter((agent) => agent.queues.includes(name)).map(({ user }) => user),
    }))
    .filter(({ users }) => users.length > 0)
}

export function oldTtl({ request }: SiteScene, { name, type }: SiteRecord): OldTtl | undefined {
  return request.oldTtls?.[recordKey(name, type)]
}
