import { z } from 'zod'
import { durationInput, holdInput } from '../../engine/hold-input.ts'
import { defineCheck, type Verification } from '../../engine/step.ts'
import { later, ms, since } from '../../kernel/units.ts'
import { type AgentsContext, fewOf, findAgents, namesInput, platformInput } from './agent-input.ts'

const StillOnQueue = z.object({
  platform: platformInput,
  /** Everybody who was moved so far, by the queues that they serve. */
  queues: z.array(z.object({ queue: z.string().min(1), users: namesInput })).min(1),
  /** How long they may be away before somebody is asked. */
  longest: durationInput,
  /** Who is asked then, and what happens when nobody answers. */
  hold: holdInput,
})
type StillOnQueue = z.output<typeof StillOnQueue>

const lookAgain = ms(10_000)

/** Of the agents that were moved so many per cent may be away, one at least: ill, or on a break. */
const mayBeAway = 10

/**
 * Looks again, directly before callers are given to them, that the agents who were moved are at work: a run may
 * have been held since they signed in (W3.1, D21). Some are always away. Too many, or nobody left in one of the
 * queues, is waited for, and then asked: only a person knows whether they come back.
 */
export const stillOnQueueCheck = defineCheck({
  kind: 'agents.still-on-queue',
  type: 'check',
  input: StillOnQueue,
  describe: (input: StillOnQueue) =>
    `see that the ${usersOf(input).length} agents moved so far are still on queue at ${input.platform}, but for ${awayOf(input)} at most`,
  estimate: () => ms(2000),
  // The check holds by itself; this only bounds what it does not see.
  patience: ({ longest, hold }) => ({ longest: ms(2 * longest), owner: hold.owner, then: 'stay' }),

  async verify(input, context: AgentsContext): Promise<Verification> {
    const ids = await findAgents(input.platform, usersOf(input), context)
    const port = context.ports.platforms.port(input.platform, 'agents')
    const statuses = await port.status([...ids.values()], context.signal)
    const ready = new Set(
      statuses.filter(({ registered, onQueue }) => registered && onQueue).map(({ agent }) => agent),
    )
    const away = [...ids].filter(([, id]) => !ready.has(id)).map(([user]) => user)
    const gone = new Set(away)
    const empty = input.queues.filter(({ users }) => users.every((user) => gone.has(user)))
    const seen = `${ids.size - away.length} of ${ids.size} agents on queue${away.length === 0 ? '' : `; away: ${fewOf(away)}`}`
    if (empty.length === 0 && away.length <= awayOf(input)) return { kind: 'verified', seen }

    const nobody = empty.length === 0 ? '' : `nobody in ${fewOf(empty.map(({ queue }) => queue))}; `
    const because = `${nobody}${seen}`
    const now = context.clock.now()
    if (since(context.startedAt, now) >= input.longest)
      return { kind: 'hold', because, hold: input.hold }
    return { kind: 'not-yet', because, lookAgainAt: later(now, lookAgain) }
  },
})

function usersOf({ queues }: StillOnQueue): readonly string[] {
  return [...new Set(queues.flatMap(({ users }) => users))]
}

function awayOf(input: StillOnQueue): number {
  return Math.max(1, Math.floor((usersOf(input).length * mayBeAway) / 100))
}
