import type { Need } from '../features/platform/index.ts'
import type { Durability } from '../store/index.ts'
import { ask, type PreflightParts, type PreflightRow } from './preflight-question.ts'

/** What a run needs of its own database: that a promotion is noticed, and that it loses as little as can be. */
export function databaseNeeds({ durability }: PreflightParts): Promise<readonly PreflightRow[]> {
  return ask('database', 'timeline', async () =>
    durability === undefined ? [] : judgeDurability(await durability()),
  )
}

export function judgeDurability({ timeline, standbys, isWaitedFor }: Durability): readonly Need[] {
  const told: Need =
    timeline === undefined
      ? {
          what: 'timeline',
          state: 'unknown',
          because:
            'the database does not tell it: after a promotion runs go on without a read-back',
          todo: 'grant execute on function pg_control_system(), pg_control_checkpoint(), pg_control_recovery() to our user',
        }
      : { what: 'timeline', state: 'had', because: `${timeline}; a promotion is noticed` }
  if (standbys === 0 || isWaitedFor) return [told]
  const standby: Need = {
    what: 'standby',
    state: 'unknown',
    because: `${standbys} connected, and no commit waits for one: a promotion may lose the last ones, and the run then holds`,
    todo: "set synchronous_standby_names, such as 'ANY 1 (*)'",
  }
  return [told, standby]
}
