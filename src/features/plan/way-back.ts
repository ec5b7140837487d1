import { type Milliseconds, ms, msOf, type Seconds } from '../../kernel/units.ts'
import type { Plan, Policy, Wave } from './plan.ts'
import { policyFor } from './policies.ts'

/** How long going back can take at worst, and what of it. */
export interface WayBackTime {
  readonly total: Milliseconds
  readonly drain: Milliseconds
  /** Caches that hold the target's answer, with the margin. */
  readonly caches: Milliseconds
  readonly propagation: Milliseconds
  readonly agents: Milliseconds
}

/** What one site adds to the way back. */
export interface WayBackSite {
  readonly drainLongest: Milliseconds
  readonly ttl: Seconds
  readonly agents: number
  readonly policy: Pick<Policy, 'ttlMargin' | 'propagationLimit' | 'agentsPerSecond'>
}

/**
 * Sites go back side by side, each waiting out its own longest call and caches; agents sign in one
 * after another, because the rate is the estate's (D13).
 */
export function sumWayBack(sites: readonly WayBackSite[]): WayBackTime {
  const longest = (pick: (site: WayBackSite) => number) => ms(Math.max(0, ...sites.map(pick)))
  const drain = longest((site) => site.drainLongest)
  const caches = longest((site) => msOf(site.ttl) + site.policy.ttlMargin)
  const propagation = longest((site) => site.policy.propagationLimit)
  const agents = ms(
    sites.reduce(
      (sum, site) => sum + Math.ceil((site.agents / site.policy.agentsPerSecond) * 1000),
      0,
    ),
  )
  return { total: ms(drain + caches + propagation + agents), drain, caches, propagation, agents }
}

/** The longest that a wave's way back can take: it must fit into the wave's window. */
export function worstCaseWayBack(plan: Plan, wave: Wave): WayBackTime {
  return sumWayBack(
    wave.sites.flatMap((id) => {
      const site = plan.sites[id]
      if (site === undefined) return []
      const policy = policyFor(plan, { wave: wave.id, site: id })
      return [
        { drainLongest: site.drainLongest, ttl: site.ttl, agents: site.agents.length, policy },
      ]
    }),
  )
}
