import { z } from 'zod'
import { defineStep, otherwise, traceOfParts, type Verification } from '../../engine/step.ts'
import type { AgentId, QueueId } from '../../kernel/ids.ts'
import { ms } from '../../kernel/units.ts'
import { askWayBack, type QueueMembership, type Queues } from '../platform/index.ts'
import {
  type AgentsContext,
  fewOf,
  findAgents,
  findQueues,
  groupBy,
  namesInput,
  platformInput,
  readMemberships,
} from './agent-input.ts'
import { AgentsStillAtWorkError } from './errors.ts'

const Affiliate = z.object({
  platform: platformInput,
  queues: z.array(z.object({ queue: z.string().min(1), users: namesInput })).min(1),
})
type Affiliate = z.output<typeof Affiliate>

interface Affiliation {
  readonly queue: string
  readonly user: string
}

interface AffiliateState {
  /** Who belonged to which queue not at all when first looked at: what this step adds. */
  readonly absent: readonly Affiliation[]
}

/** Makes agents members of the target's queues, not yet joined: assignments come before traffic (W3.1). */
export const affiliateAgentsStep = defineStep({
  kind: 'agents.affiliate',
  type: 'change',
  reversibility: 'instant',
  input: Affiliate,
  cost: ({ queues }) => 4 + 6 * queues.length,
  describe: ({ platform, queues }) =>
    `make agents members of ${queues.map(({ queue }) => queue).join(', ')} at ${platform}, not joined`,
  estimate: () => ms(60_000),
  estimateUndo: () => ms(60_000),

  observe: async (input: Affiliate, context: AgentsContext): Promise<AffiliateState> => {
    const current = await read(input, context)
    const isAbsent = ({ member }: (typeof current)[number]) => member === undefined
    return { absent: current.filter(isAbsent).map(({ queue, user }) => ({ queue, user })) }
  },
  isDone: (_input, { absent }) => absent.length === 0,
  trace({ queues }, { absent }) {
    const all = queues.reduce((sum, { users }) => sum + users.length, 0)
    return traceOfParts(all - absent.length, all)
  },
  effect: (_input, { absent }) =>
    [...groupBy(absent, ({ queue }) => queue)]
      .map(([queue, those]) => `${queue}: ${those.length} new members, not joined`)
      .join('; '),

  // A vendor may add members joined and let them be corrected afterwards only: cut in between, or refused,
  // who is a member by now is still to be unjoined.
  async act(input, before, context) {
    const ours = (await read(input, context)).filter((found) => isListed(before.absent, found))
    const open = ours.filter(({ member }) => member?.joined !== false)
    await forEachQueue(input, open, context, (port, queue, agents) =>
      port.setMembers(
        queue,
        agents.map((agent) => ({ agent, joined: false })),
        context,
      ),
    )
  },

  async verify(input, context): Promise<Verification> {
    const current = await read(input, context)
    const open = current.filter(({ member }) => member === undefined).map(({ user }) => user)
    if (open.length > 0) return { kind: 'not-yet', because: `no members yet: ${fewOf(open)}` }
    const { length } = input.queues
    return { kind: 'verified', seen: `${current.length} memberships in ${length} queues` }
  },

  wayBack(input, before, context) {
    const question = {
      platform: input.platform,
      operations: ['queues.removeMembers'],
      inverse: `take ${before.absent.length} memberships back`,
      probe: () => read(input, context),
    }
    return askWayBack(context.ports.platforms, question, context.signal)
  },

  // Joined but off queue, nobody is offered a call: that is what a cut in `act` leaves, and is ours to take
  // back. Who is at work is left alone, whether a move of this run is not yet undone or somebody else's.
  async undo(input, before, context) {
    const ours = (await read(input, context)).filter(
      (found) => found.member !== undefined && isListed(before.absent, found),
    )
    const atWork = await workingOf(input, ours, context)
    const open = ours.filter(({ agent }) => !atWork.has(agent))
    await forEachQueue(input, open, context, (port, queue, agents) =>
      port.removeMembers(queue, agents, context),
    )
    const still = new Set(ours.filter(({ agent }) => atWork.has(agent)).map(({ user }) => user))
    if (still.size > 0) throw new AgentsStillAtWorkError(input.platform, [...still])
  },

  verifyUndone,

  // From the first move on the moves see to memberships, and join who is none: to mend here would unjoin the moved.
  async foundOtherwise(input, { direction, before }, context) {
    if (direction === 'back') return otherwise(await verifyUndone(input, before, context))
    const ours = (await read(input, context)).filter((found) => isListed(before.absent, found))
    if (ours.some(({ member }) => member?.joined === true)) return undefined
    const gone = ours.filter(({ member }) => member === undefined).map(({ user }) => user)
    return gone.length === 0 ? undefined : `no longer members: ${fewOf(gone)}`
  },
})

async function verifyUndone(
  input: Affiliate,
  before: AffiliateState,
  context: AgentsContext,
): Promise<Verification> {
  const left = (await read(input, context))
    .filter((found) => found.member !== undefined && isListed(before.absent, found))
    .map(({ user }) => user)
  if (left.length > 0) return { kind: 'not-yet', because: `still members: ${fewOf(left)}` }
  return { kind: 'verified', seen: `${before.absent.length} memberships are taken back` }
}

interface Found extends Affiliation {
  readonly agent: AgentId
  readonly member: QueueMembership | undefined
}

async function read(input: Affiliate, context: AgentsContext): Promise<readonly Found[]> {
  const users = [...new Set(input.queues.flatMap((one) => one.users))]
  const agents = await findAgents(input.platform, users, context)
  const queues = await findQueues(
    input.platform,
    input.queues.map((one) => one.queue),
    context,
  )
  const members = await readMemberships(input.platform, queues, context)
  return input.queues.flatMap(({ queue, users: listed }) =>
    listed.flatMap((user) => {
      const agent = agents.get(user)
      if (agent === undefined) return []
      return [{ queue, user, agent, member: members.get(queue)?.get(agent) }]
    }),
  )
}

/** Those who are offered calls of the queues in which they are joined. */
async function workingOf(
  { platform }: Affiliate,
  found: readonly Found[],
  { ports, signal }: AgentsContext,
): Promise<ReadonlySet<AgentId>> {
  const joined = new Set(
    found.filter(({ member }) => member?.joined === true).map(({ agent }) => agent),
  )
  if (joined.size === 0) return joined
  const statuses = await ports.platforms.port(platform, 'agents').status([...joined], signal)
  return new Set(statuses.filter(({ onQueue }) => onQueue).map(({ agent }) => agent))
}

function isListed(list: readonly Affiliation[], { queue, user }: Affiliation): boolean {
  return list.some((one) => one.queue === queue && one.user === user)
}

type Write = (queues: Queues, queue: QueueId, agents: readonly AgentId[]) => Promise<void>

async function forEachQueue(
  input: Affiliate,
  open: readonly Found[],
  context: AgentsContext,
  write: Write,
): Promise<void> {
  if (open.length === 0) return
  const port = context.ports.platforms.port(input.platform, 'queues')
  const ids = await findQueues(
    input.platform,
    open.map((one) => one.queue),
    context,
  )
  for (const [queue, found] of groupBy(open, (one) => one.queue)) {
    const id = ids.get(queue)
    if (id !== undefined)
      await write(
        port,
        id,
        found.map((one) => one.agent),
      )
  }
}
