import { z } from 'zod'
import { type Crm, UnexpectedAnswerError } from '../../../features/platform/index.ts'
import type { WireClock } from '../../../kernel/clock.ts'
import type { HttpTransport } from '../../../protocols/http/transport.ts'
import { type CountCall, createHttpClient } from '../../http-client/index.ts'

const count = z.int().nonnegative()
const answer = z
  .object({ total: count, failed: count, platform: z.string().optional() })
  .refine(({ total, failed }) => failed <= total, 'says that more failed than there were')

export interface RestCrmOptions {
  /**
   * Answers `GET {url}?site=&platform=&from=&to=` (ISO instants) with `{"total": n, "failed": n, "platform": id}`:
   * upserts of calls that this platform handled. Naming it again says that the others were left out.
   */
  readonly url: string
  /** Sent as Bearer. */
  readonly token?: string
  readonly transport: HttpTransport
  readonly wireClock: WireClock
  /** Told how each request went. */
  readonly onCall?: CountCall
}

/** A CRM, or what stands for it, that counts the call results it was given. */
export function createRestCrm(options: RestCrmOptions): Crm {
  const { url, token, transport, wireClock, onCall } = options
  const signIn = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const http = createHttpClient({
    transport,
    wireClock,
    baseUrl: url,
    authorise: { headers: () => Promise.resolve(signIn), refused: () => false },
    secrets: token === undefined ? [] : [token],
    ...(onCall === undefined ? {} : { onCall }),
  })
  return {
    async upserts({ site, platform, from, to }, signal) {
      const query = {
        site,
        platform,
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
      }
      const {
        total,
        failed,
        platform: counted,
      } = await http.read({ path: '', query }, answer, signal)
      if (counted !== platform)
        throw new UnexpectedAnswerError(
          `the CRM does not say that it counted calls of platform ${platform} alone: its answer has no "platform": "${platform}"`,
          { details: { site, platform } },
        )
      return { total, failed }
    },
  }
}
