import { createHash } from 'node:crypto'
import type { Clock } from '../../../kernel/clock.ts'
import type { EpochMs } from '../../../kernel/units.ts'
import { createRateBudget, type RateBudget } from '../../http-client/index.ts'

/**
 * What outlasts one connection to an organisation: a run is connected anew at each wait, and neither signs in
 * again each time nor forgets how much of the rate is used. In memory only, and without the client's secret.
 */
export interface GenesysSession {
  held?: { readonly token: string; readonly until: EpochMs } | undefined
  readonly budget: RateBudget
}

/** Sessions by client; another secret is another client. */
export type GenesysSessions = Map<string, GenesysSession>

/** `client.credentials.token.rate.per.minute` (contract §2.1). */
const callsPerMinute = 300

export function sessionOf(
  sessions: GenesysSessions,
  client: { readonly login: string; readonly clientId: string; readonly clientSecret: string },
  clock: Clock,
): GenesysSession {
  const { login, clientId, clientSecret } = client
  const key = createHash('sha256')
    .update(JSON.stringify([login, clientId, clientSecret]))
    .digest()
  const name = key.toString('base64')
  const session = sessions.get(name) ?? { budget: createRateBudget(clock, callsPerMinute) }
  sessions.set(name, session)
  return session
}
