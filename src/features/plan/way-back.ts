import { type Milliseconds, ms, msOf, type Seconds } from '../../kernel/units.ts'
import type { Plan, PlatformSettings, Policy, Wave } from './plan.ts'
import { handPatience, policyFor, quietOnTheWayBack } from './policies.ts'

/** How long going back can take at worst, and what of it. */
export interface WayBackTime {
  readonly total: Milliseconds
  /** The longest call, and the quiet after it. */
  readonly drain: Milliseconds
  /** Caches that hold the target's answer, with the margin. */
  readonly caches: Milliseconds
  readonly propagation: Milliseconds
  readonly agents: Milliseconds
  /** People who put agents back by hand, group by group. */
  readonly hands: Milliseconds
}

/** What one site adds to the way back. */
export interface WayBackSite {
  readonly drainLongest: Milliseconds
  readonly ttl: Seconds
  readonly agents: number
  /** Groups of agents that a person puts back; 0 where a call does it. */
  readonly hands: number
  readonly policy: Pick<Policy, 'ttlMargin' | 'propagationLimit' | 'agentsPerSecond' | 'drainQuiet'>
}

/**
 * Sites go back side by side, each waiting out its own longest call and caches; agents sign in one
 * after another, because the rate is the estate's (D13).
 */
export function sumWayBack(sites: readonly WayBackSite[]): WayBackTime {
  const longest = (pick: (site: WayBackSite) => number) => ms(Math.max(0, ...sites.map(pick)))
  const drain = longest((site) => site.drainLongest + quietOnTheWayBack(site.policy))
  const caches = longest((site) => msOf(site.ttl) + site.policy.ttlMargin)
  const propagation = longest((site) => site.policy.propagationLimit)
  const agents = ms(
    sites.reduce(
      (sum, site) => sum + Math.ceil((site.agents / site.policy.agentsPerSecond) * 1000),
      0,
    ),
  )
  const hands = ms(handPatience * sites.reduce((sum, site) => sum + site.hands, 0))
  const total = ms(drain + caches + propagation + agents + hands)
  return { total, drain, caches, propagation, agents, hands }
}

/** Groups at most: one for each stage, and those of the last who stay until nobody calls the source. */
export function handsAtMost(
  source: PlatformSettings | undefined | { readonly kind?: unknown },
  { agents, stages }: { readonly agents: number; readonly stages: number },
): number {
  const lever = source !== undefined && 'agents' in source ? source.agents : undefined
  return lever?.by === 'hand' && agents > 0 ? stages + 1 : 0
}

/** The longest that a wave's way back can take: it must fit into the wave's window. */
export function worstCaseWayBack(plan: Plan, wave: Wave): WayBackTime {
  return sumWayBack(
    wave.sites.flatMap((id) => {
      const site = plan.sites[id]
      if (site === undefined) return []
      const policy = policyFor(plan, { wave: wave.id, site: id })
      return [
        {
          drainLongest: site.drainLongest,
          ttl: site.ttl,
          agents: site.agents.length,
          hands: handsAtMost(plan.platforms[site.from], {
            agents: site.agents.length,
            stages: wave.stages.length,
          }),
          policy,
        },
      ]
    }),
  )
}
