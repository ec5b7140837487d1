import { DnsExchangeError } from '../../protocols/dns/errors.ts'
import type { DnsHandler, DnsServer, DnsTransport } from '../../protocols/dns/transport.ts'

/**
 * DNS within the process: the lab's network without sockets.
 *
 * @param serverAt who listens there; undefined is nobody. Silence fails at once: virtual worlds don't wait on the wire.
 */
export function createMemoryDnsTransport(
  serverAt: (server: DnsServer) => DnsHandler | undefined,
): DnsTransport {
  return {
    async exchange(server, message, { protocol, signal }) {
      signal.throwIfAborted()
      const answer = await serverAt(server)?.(message, protocol)
      signal.throwIfAborted()
      if (answer !== undefined) return answer
      throw new DnsExchangeError(`${server.host}:${server.port} did not answer`)
    },
  }
}
