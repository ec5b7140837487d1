import { z } from 'zod'
import { defineCheck, type Verification } from '../../engine/step.ts'
import { later, ms } from '../../kernel/units.ts'
import {
  type AgentsContext,
  fewOf,
  findAgents,
  findQueues,
  namesInput,
  platformInput,
} from './agent-input.ts'

const Registered = z.object({
  platform: platformInput,
  users: namesInput,
  longest: z.number().positive().transform(ms),
  owner: z.string().min(1),
})
type Registered = z.output<typeof Registered>

const lookAgain = ms(10_000)

/** Waits until every given agent is signed in and on queue: a queue without agents is given no traffic (W3.1). */
export const agentsRegisteredCheck = defineCheck({
  kind: 'agents.registered',
  type: 'check',
  input: Registered,
  describe: ({ platform, users }: Registered) =>
    `see ${users.length} agents signed in and on queue at ${platform}`,
  estimate: () => ms(30_000),
  patience: ({ longest, owner }) => ({ longest, owner, then: 'roll-back' }),

  async verify(input, context: AgentsContext): Promise<Verification> {
    const ids = await findAgents(input.platform, input.users, context)
    const port = context.ports.platforms.port(input.platform, 'agents')
    const ready = new Set(
      (await port.status([...ids.values()], context.signal))
        .filter(({ registered, onQueue }) => registered && onQueue)
        .map(({ agent }) => agent),
    )
    const absent = [...ids].filter(([, id]) => !ready.has(id)).map(([user]) => user)
    if (absent.length > 0) {
      const because = `${ready.size} of ${ids.size} agents on queue; not yet: ${fewOf(absent)}`
      return { kind: 'not-yet', because, lookAgainAt: later(context.clock.now(), lookAgain) }
    }
    return { kind: 'verified', seen: `${ready.size} of ${ids.size} agents signed in and on queue` }
  },
})

const Drained = z.object({
  platform: platformInput,
  queues: namesInput,
  longest: z.number().positive().transform(ms),
})
type Drained = z.output<typeof Drained>

/** On the way back: nobody waits at the target any more, before its agents leave. */
export const queueDrainedCheck = defineCheck({
  kind: 'queue.drained',
  type: 'check',
  input: Drained,
  describe: ({ platform, queues }: Drained) =>
    `wait until nobody waits in ${queues.join(', ')} at ${platform}`,
  estimate: () => ms(60_000),
  patience: ({ longest }) => ({ longest, owner: 'operator', then: 'stay' }),

  async verify(input, context: AgentsContext): Promise<Verification> {
    const ids = await findQueues(input.platform, input.queues, context)
    const port = context.ports.platforms.port(input.platform, 'statistics')
    const waiting = await port.waiting([...ids.values()], context.signal)
    if (waiting === 0) return { kind: 'verified', seen: `nobody waits at ${input.platform}` }
    const because = `${waiting} callers wait at ${input.platform}`
    return { kind: 'not-yet', because, lookAgainAt: later(context.clock.now(), lookAgain) }
  },
})
