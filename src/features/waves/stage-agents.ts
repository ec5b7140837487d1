import type { NonEmpty } from '../../kernel/non-empty.ts'
import { type Percent, percent } from '../../kernel/units.ts'
import type { PlanAgent, Policy } from '../plan/index.ts'

/** One rise of a wave: agents first, then the share that they carry (D21). */
export interface Stage {
  readonly share: Percent
  /** Who is moved in this stage; may be nobody where the stage before moved more than it had to. */
  readonly agents: readonly PlanAgent[]
}

export interface Stages {
  /** Moved and proved before anything is selected (W2.2). */
  readonly first: Stage
  readonly rest: readonly Stage[]
}

/**
 * Spreads a site's agents over the stages. Pure.
 *
 * The first group is the least that W2.2 asks for: ten, and ten per cent; but never more than half of the
 * site, where W2.2 says everybody: who empties the source before selection leaves its callers with nobody. The target then keeps the highest stage that this group carries, and never a share above that
 * of its agents: who took 10 of 12 agents and 10 % of the calls would leave the rest with two (D21).
 */
export function stageAgents(
  agents: readonly PlanAgent[],
  stages: NonEmpty<Percent>,
  policy: Pick<Policy, 'firstAgents' | 'firstAgentsShare'>,
): Stages {
  const share = Math.ceil((agents.length * policy.firstAgentsShare) / 100)
  // Selection is still to come: until then every caller is the source's, and half of a site can serve them.
  const half = Math.ceil(agents.length / 2)
  const count = Math.min(half, Math.max(policy.firstAgents, share))
  const carried = agents.length === 0 ? 100 : Math.floor((100 * count) / agents.length)
  const reached = stages.filter((stage) => stage <= carried)
  const firstShare = percent(reached.at(-1) ?? Math.min(carried, stages[0]))

  const order = oneOfEachLicence(agents)
  let moved = count
  const rest = stages
    .filter((stage) => stage > firstShare)
    .map((stage) => {
      const upTo = Math.max(moved, Math.ceil((agents.length * stage) / 100))
      const group = order.slice(moved, upTo)
      moved = upTo
      return { share: stage, agents: group }
    })
  return { first: { share: firstShare, agents: order.slice(0, count) }, rest }
}

/** One agent of each licence goes first: their log-ins prove before selection what reading back can't (W5.1). */
function oneOfEachLicence(agents: readonly PlanAgent[]): readonly PlanAgent[] {
  const first = [...new Map(agents.toReversed().map((agent) => [agent.licence, agent])).values()]
  const ahead = agents.filter((agent) => first.includes(agent))
  return [...ahead, ...agents.filter((agent) => !first.includes(agent))]
}
