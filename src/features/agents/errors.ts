import { ChangeoverError } from '../../kernel/errors.ts'
import type { Milliseconds } from '../../kernel/units.ts'

/** By which an attempt knows that the one before moved everybody. */
export const notSignedInCode = 'agents.not-signed-in'

/**
 * Agents were taken out of the source's queues, and have no session at the target yet. Nobody is offered
 * calls twice: until they sign in they are routable nowhere (promise 7).
 *
 * To do: nothing while they finish their calls; then get the named agents to sign in at the target. Or skip the step with a reason.
 */
export class AgentsNotSignedInError extends ChangeoverError {
  readonly code = 'agents.not-signed-in'
  readonly remedy = 'wait'

  /** @param pause until it is worth another look */
  constructor(agents: readonly string[], pause: Milliseconds) {
    super(`not signed in at the target yet: ${agents.join(', ')}`, {
      details: { agents, retryAfterMs: pause },
    })
  }
}

/**
 * An agent reads back as a member of queues on the side that he was just taken from (promise 7).
 *
 * To do: find out who else changes queue memberships there, then `changeover retry <run>` or `changeover rollback <run>`.
 */
export class AgentOnBothSidesError extends ChangeoverError {
  readonly code = 'agents.on-both-sides'
  readonly remedy = 'operator'

  constructor(platform: string, agents: readonly string[]) {
    super(`still in queues of ${platform}, so not moved on: ${agents.join(', ')}`, {
      details: { platform, agents },
    })
  }
}

/**
 * Agents whose memberships are to be taken back are joined and on queue there, so they were left alone: a move
 * of this run that is still to be undone, or somebody else put them to work.
 *
 * To do: nothing while their move is still being undone; else take the named agents off queue at the target. The engine goes on by itself.
 */
export class AgentsStillAtWorkError extends ChangeoverError {
  readonly code = 'agents.still-at-work'
  readonly remedy = 'wait'

  constructor(platform: string, agents: readonly string[]) {
    super(`still joined and on queue at ${platform}, so left in its queues: ${agents.join(', ')}`, {
      details: { platform, agents, retryAfterMs: 15_000 },
    })
  }
}
