import { z } from 'zod'
import { defineStep, traceOfParts, type Verification } from '../../engine/step.ts'
import type { AgentId, QueueId } from '../../kernel/ids.ts'
import { ms } from '../../kernel/units.ts'
import {
  askWayBack,
  PlatformConflictError,
  type QueueMembership,
  type Queues,
} from '../platform/index.ts'
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

  async act(input, before, context) {
    const open = (await read(input, context)).filter(
      (found) => found.member === undefined && isListed(before.absent, found),
    )
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

  async undo(input, before, context) {
    const ours = (await read(input, context)).filter((found) => isListed(before.absent, found))
    const joined = ours.filter(({ member }) => member?.joined === true).map(({ user }) => user)
    // Our own moves are undone by now, so somebody else put them to work.
    if (joined.length > 0)
      throw new PlatformConflictError(`joined by somebody else meanwhile: ${joined.join(', ')}`)
    const open = ours.filter(({ member }) => member !== undefined)
    await forEachQueue(input, open, context, (port, queue, agents) =>
      port.removeMembers(queue, agents, context),
    )
  },

  async verifyUndone(input, before, context): Promise<Verification> {
    const left = (await read(input, context))
      .filter((found) => found.member !== undefined && isListed(before.absent, found))
      .map(({ user }) => user)
    if (left.length > 0) return { kind: 'not-yet', because: `still members: ${fewOf(left)}` }
    return { kind: 'verified', seen: `${before.absent.length} memberships are taken back` }
  },
})

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
