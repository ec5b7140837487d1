import type { Permissions } from './operation.ts'
import type { OauthClientSpec } from './spec.ts'

/** Whether a client holds `domain:entity:action`, itself or by `domain:entity:*`, `domain:*`, `*`. */
function holds({ permissions }: OauthClientSpec, wanted: string): boolean {
  const [domain, entity] = wanted.split(':')
  const accepted = [wanted, `${domain}:${entity}:*`, `${domain}:*`, '*']
  return accepted.some((permission) => permissions.includes(permission))
}

/** The permissions that a client lacks for an operation; none when it may. */
export function missing(client: OauthClientSpec, needed: Permissions): readonly string[] {
  const lacking = needed.list.filter((permission) => !holds(client, permission))
  const isMet = needed.mode === 'any' && lacking.length < needed.list.length
  return isMet ? [] : lacking
}
