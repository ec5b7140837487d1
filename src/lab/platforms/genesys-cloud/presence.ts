import type { OrgConfig, OrgFacts, PresenceDefinition, User } from './state.ts'

/**
 * Sets a presence. On queue needs a phone: without one nothing is changed, and the answer is false.
 *
 * Who changes presence waits at the end of the line of the idle.
 */
export function setPresence(
  user: User,
  definition: PresenceDefinition,
  { facts, config }: { readonly facts: OrgFacts; readonly config: OrgConfig },
): boolean {
  if (definition.systemPresence === 'OnQueue' && !user.phoneReachable) return false
  if (user.presenceId === definition.id) return true
  user.presenceId = definition.id
  user.presenceSince = facts.now()
  toEndOfLine(config, user)
  return true
}

/** The map of users keeps its order: who was put in last has been idle for the shortest time. */
export function toEndOfLine({ users }: OrgConfig, user: User): void {
  users.delete(user.id)
  users.set(user.id, user)
}
