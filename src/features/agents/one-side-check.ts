import { z } from 'zod'
import { defineCheck, type Verification } from '../../engine/step.ts'
import { later, ms } from '../../kernel/units.ts'
import type { AgentQueue } from '../platform/index.ts'
import { type AgentsContext, fewOf, findAgents, platformInput } from './agent-input.ts'
import { findSourceAgents, idOf } from './read-estate.ts'

const OneSide = z.object({
  source: platformInput,
  target: platformInput,
  agents: z.array(z.object({ user: z.string().min(1), extension: z.string().min(1) })).min(1),
  longest: z.number().positive().transform(ms),
  owner: z.string().min(1),
})
type OneSide = z.output<typeof OneSide>

const lookAgain = ms(15_000)

/**
 * Before anybody moves: nobody works at the target already, in whatever queue, while the source still
 * offers him calls (promise 7). Only a person knows which of the two is his work, so it waits for one.
 */
export const oneSideCheck = defineCheck({
  kind: 'agents.one-side',
  type: 'check',
  input: OneSide,
  describe: ({ source, target, agents }: OneSide) =>
    `see that none of ${agents.length} agents is offered calls at ${target} while at ${source}`,
  estimate: () => ms(10_000),
  patience: ({ longest, owner }) => ({ longest, owner, then: 'stay' }),

  async verify(input, context: AgentsContext): Promise<Verification> {
    const working = await workingAtTarget(input, context)
    const both = await stillAtSource(input, working, context)
    if (both.length === 0) {
      const { length } = input.agents
      return { kind: 'verified', seen: `${length} agents are offered calls on one side at most` }
    }
    const names = both.map(({ user, queues }) => `${user} (${queues.join(', ')})`)
    const because = `on queue at ${input.target} before the move, take them off queue there: ${fewOf(names)}`
    return { kind: 'not-yet', because, lookAgainAt: later(context.clock.now(), lookAgain) }
  },
})

interface Working {
  readonly user: string
  readonly extension: string
  /** Queues of the target that offer him calls now. */
  readonly queues: readonly string[]
}

async function workingAtTarget(
  { target, agents }: OneSide,
  context: AgentsContext,
): Promise<readonly Working[]> {
  const { platforms } = context.ports
  const ids = await findAgents(
    target,
    agents.map(({ user }) => user),
    context,
  )
  const statuses = await platforms.port(target, 'agents').status([...ids.values()], context.signal)
  const onQueue = statuses.filter((status) => status.onQueue).map(({ agent }) => agent)
  // Few are on queue ahead of their move, so that each may be asked for alone.
  const queues = await platforms.port(target, 'queues').ofAgents(onQueue, context.signal)
  return agents.flatMap(({ user, extension }) => {
    const joined = joinedOf(queues[idOf(ids, user)])
    return joined.length === 0 ? [] : [{ user, extension, queues: joined }]
  })
}

async function stillAtSource(
  { source }: OneSide,
  working: readonly Working[],
  context: AgentsContext,
): Promise<readonly Working[]> {
  const port = context.ports.platforms.get(source).ports.queues
  // Whose memberships can't be read may be at work there: in doubt, on both.
  if (working.length === 0 || port === undefined) return working
  const ids = await findSourceAgents({ source, agents: working }, context)
  const queues = await port.ofAgents([...ids.values()], context.signal)
  return working.filter(({ extension }) => joinedOf(queues[idOf(ids, extension)]).length > 0)
}

function joinedOf(queues: readonly AgentQueue[] = []): readonly string[] {
  return queues.filter(({ joined }) => joined).map(({ name }) => name)
}
