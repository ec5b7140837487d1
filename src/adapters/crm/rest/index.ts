import { z } from 'zod'
import type { Crm } from '../../../features/platform/index.ts'
import type { WireClock } from '../../../kernel/clock.ts'
import type { HttpTransport } from '../../../protocols/http/transport.ts'
import { createHttpClient } from '../../http-client/index.ts'

const count = z.int().nonnegative()
const answer = z
  .object({ total: count, failed: count })
  .refine(({ total, failed }) => failed <= total, 'says that more failed than there were')

export interface RestCrmOptions {
  /** Answers `GET {url}?site=&from=&to=` (ISO instants) with `{"total": n, "failed": n}`. */
  readonly url: string
  /** Sent as Bearer. */
  readonly token?: string
  readonly transport: HttpTransport
  readonly wireClock: WireClock
}

/** A CRM, or what stands for it, that counts the call results it was given. */
export function createRestCrm({ url, token, transport, wireClock }: RestCrmOptions): Crm {
  const signIn = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const http = createHttpClient({
    transport,
    wireClock,
    baseUrl: url,
    authorise: { headers: () => Promise.resolve(signIn), refused: () => false },
    secrets: token === undefined ? [] : [token],
  })
  return {
    upserts: (site, from, to, signal) => {
      const query = {
        site,
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
      }
      return http.read({ path: '', query }, answer, signal)
    },
  }
}
