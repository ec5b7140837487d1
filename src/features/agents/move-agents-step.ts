import { z } from 'zod'
import { defineStep, traceOfParts, type Verification } from '../../engine/step.ts'
import { later, ms } from '../../kernel/units.ts'
import { askWayBack } from '../platform/index.ts'
import { type AgentsContext, fewOf, findAgents, platformInput } from './agent-input.ts'
import { moveToSource, moveToTarget } from './move-agents.ts'
import {
  type AgentPlace,
  isBack,
  isBegun,
  isMemberAsBefore,
  isMemberThere,
  isMoved,
  openEstate,
  readOnQueue,
  readPlaces,
} from './read-estate.ts'

const queuesInput = z.array(z.string().min(1))
const MoveAgents = z.object({
  source: platformInput,
  target: platformInput,
  agents: z
    .array(
      z.object({
        /** The target's user name. */
        user: z.string().min(1),
        /** By which the source knows the agent. */
        extension: z.string().min(1),
        /** None where a person takes them out, and puts them back, in a step before this one. */
        sourceQueues: queuesInput,
        targetQueues: queuesInput,
      }),
    )
    .min(1),
  /** How long they may take to end their calls and to sign in at the target, and who is asked then. */
  longest: z.number().positive().transform(ms),
  owner: z.string().min(1),
  /** Storm guard: agents moved per second, for the whole estate (D13). */
  perSecond: z.number().positive(),
})
type MoveAgents = z.output<typeof MoveAgents>

interface MoveState {
  readonly places: readonly AgentPlace[]
}

const lookAgain = ms(5000)

/** Moves agents from the source's queues to the target's, whole: never routable on both (promise 7, D21). */
export const moveAgentsStep = defineStep({
  kind: 'agents.move',
  type: 'change',
  reversibility: 'bounded',
  input: MoveAgents,
  cost: ({ agents, perSecond }) => 12 + 12 * Math.ceil(agents.length / Math.max(1, perSecond)),
  describe: (input) =>
    isByHand(input)
      ? `join ${input.agents.length} agents at ${input.target}, who have left ${input.source} by hand`
      : `move ${input.agents.length} agents from ${input.source} to ${input.target}, never in queues of both`,
  estimate: duration,
  estimateUndo: duration,
  patience: ({ longest, owner }) => ({ longest, owner, then: 'roll-back' }),

  observe: async (input: MoveAgents, context: AgentsContext): Promise<MoveState> => ({
    places: await readAll(input, context),
  }),
  isDone: (_input, { places }) => places.every(isMoved),
  trace({ agents }, { places }) {
    const listed = agents.filter(({ sourceQueues }) => sourceQueues.length > 0)
    const leaves = new Set(listed.map(({ user }) => user))
    const begun = places.filter((place) => isBegun(place, leaves.has(place.user)))
    return places.every(isMemberThere)
      ? 'all'
      : traceOfParts(begun.length, Number.POSITIVE_INFINITY)
  },
  effect: moveEffect,
  act: (input, _before, context) => moveToTarget(input, context),

  async verify(input, context): Promise<Verification> {
    // Who is off queue can't be whole; the estate is read only once nobody is (X10).
    const off = await offQueue(input, context)
    const open =
      off.length > 0 ? off : (await readAll(input, context)).filter((place) => !isMoved(place))
    if (open.length > 0) {
      const because = `not whole at ${input.target}: ${fewOf(open.map(({ user }) => user))}`
      return { kind: 'not-yet', because, lookAgainAt: later(context.clock.now(), lookAgain) }
    }
    const where = isByHand(input)
      ? `${input.target}; that they left ${input.source} was confirmed by hand`
      : `${input.target} only`
    return { kind: 'verified', seen: `${input.agents.length} agents on queue at ${where}` }
  },

  async wayBack(input, before, context) {
    const { platforms } = context.ports
    const operations = ['queues.setMembers', 'agents.setOnQueue']
    const probe = () => readAll(input, context)
    if (isByHand(input)) {
      const inverse = `take ${before.places.length} agents off ${input.target}; then they are put back by hand`
      return askWayBack(
        platforms,
        { platform: input.target, operations, inverse, probe },
        context.signal,
      )
    }
    const inverse = `move ${before.places.length} agents back into ${input.source}'s queues`
    const there = await askWayBack(
      platforms,
      { platform: input.source, operations: ['queues.setMembers'], inverse, probe },
      context.signal,
    )
    if (there.kind === 'blocked') return there
    const question = { platform: input.target, operations, inverse, probe: async () => {} }
    return askWayBack(platforms, question, context.signal)
  },

  undo: (input, { places }, context) => moveToSource(input, places, context),

  async verifyUndone(input, before, context): Promise<Verification> {
    const now = new Map((await readAll(input, context)).map((place) => [place.user, place]))
    const open = before.places.filter((place) => {
      const current = now.get(place.user)
      return current === undefined || !isBack(place, current)
    })
    if (open.length > 0) {
      const where = isByHand(input) ? `not off ${input.target}` : `not back at ${input.source}`
      const because = `${where}: ${fewOf(open.map(({ user }) => user))}`
      return { kind: 'not-yet', because, lookAgainAt: later(context.clock.now(), lookAgain) }
    }
    const where = isByHand(input) ? `off ${input.target} again` : `back at ${input.source}`
    return { kind: 'verified', seen: `${before.places.length} agents are ${where}` }
  },

  // Only where they are members: whether somebody is on a break is his to say.
  async foundOtherwise(input, { direction, before }, context) {
    const now = await readAll(input, context)
    const open =
      direction === 'forward'
        ? now.filter((place) => !isMemberThere(place))
        : before.places.filter(
            (place) => !now.some((one) => one.user === place.user && isMemberAsBefore(place, one)),
          )
    if (open.length === 0) return undefined
    const side = direction === 'forward' ? input.target : input.source
    return `not members at ${side} only: ${fewOf(open.map(({ user }) => user))}`
  },
})

function moveEffect({ agents, source, target }: MoveAgents, { places }: MoveState): string {
  const open = places.filter((place) => !isMoved(place))
  const left = new Set(open.flatMap((place) => place.source.map(({ queue }) => queue)))
  const users = new Set(open.map(({ user }) => user))
  const joined = new Set(
    agents.filter(({ user }) => users.has(user)).flatMap((agent) => agent.targetQueues),
  )
  const from = left.size === 0 ? 'in no queue' : `out of ${fewOf([...left])}`
  return `${fewOf([...users])}: ${from} at ${source}, then joined in ${fewOf([...joined])} at ${target} and on queue`
}

const isByHand = ({ agents }: MoveAgents) => agents.every((one) => one.sourceQueues.length === 0)

function duration({ agents, perSecond }: MoveAgents) {
  return ms(30_000 + (1000 * agents.length) / perSecond)
}

async function offQueue({ target, agents }: MoveAgents, context: AgentsContext) {
  const users = agents.map(({ user }) => user)
  const ids = await findAgents(target, users, context)
  const on = await readOnQueue(target, agents, ids, context)
  return agents.filter((agent) => !on.includes(agent))
}

async function readAll(input: MoveAgents, context: AgentsContext) {
  return readPlaces(input, input.agents, await openEstate(input, context), context)
}
