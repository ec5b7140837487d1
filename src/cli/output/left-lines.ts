import { z } from 'zod'
import type { RunState } from '../../engine/run-state.ts'
import { skippedSteps } from '../../engine/visits.ts'

const agentsOf = z.object({ agents: z.array(z.object({ user: z.string() })) })

/**
 * What was skipped, either way, and so stands as it was left: agents who may be routable nowhere are named
 * by the step's own words, and one by one where its input names them.
 */
export function leftLines(state: RunState): readonly string[] {
  return skippedSteps(state).map(({ title, input }) => {
    const parsed = agentsOf.safeParse(input)
    const users = parsed.success ? parsed.data.agents.map(({ user }) => user).join(', ') : ''
    return `skipped   ${title}, as it was left${users === '' ? '' : `: ${users}`}`
  })
}
