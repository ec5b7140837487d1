import { Agent, request } from 'undici'
import type { HttpTransport } from '../../protocols/http/transport.ts'

/** Far above any page we ask for; an endless answer must not fill the memory. */
const largestBody = 16 * 1024 * 1024

/** HTTP over real sockets, kept alive per host. Redirects are not followed: a write must not move to another host. */
export function createUndiciTransport(): HttpTransport & { close(): Promise<void> } {
  const agent = new Agent({ maxResponseSize: largestBody, connections: 8 })
  const transport: HttpTransport = async (asked, { signal, timeout }) => {
    const { url, method, headers, body } = asked
    const answer = await request(url, {
      method,
      headers: { ...headers },
      body: body ?? null,
      signal: AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(timeout))]),
      dispatcher: agent,
    })
    return {
      status: answer.statusCode,
      headers: Object.fromEntries(
        Object.entries(answer.headers).map(([name, value]) => [
          name,
          [value ?? ''].flat().join(', '),
        ]),
      ),
      body: await answer.body.text(),
    }
  }
  return Object.assign(transport, { close: () => agent.close() })
}
