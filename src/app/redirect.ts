import type { SipAddress } from '../kernel/sip-address.ts'
import {
  createRedirectServer,
  type PeerRate,
  type RedirectCounts,
  type RedirectDecision,
  type RedirectQuestion,
} from '../protocols/sip/redirect-server.ts'
import { openTcpTransport } from '../protocols/sip/transport-tcp.ts'
import { openTlsTransport, type TlsIdentity } from '../protocols/sip/transport-tls.ts'
import { openUdpTransport } from '../protocols/sip/transport-udp.ts'
import { systemWireClock as wireClock } from './system-clock.ts'
import { programVersion } from './version.ts'

export type {
  RedirectCounts,
  RedirectDecision,
  RedirectQuestion,
} from '../protocols/sip/redirect-server.ts'

export interface RedirectOptions {
  readonly listen: readonly SipAddress[]
  readonly decide: (question: RedirectQuestion) => RedirectDecision
  readonly isAllowed: (host: string) => boolean
  readonly rate: PeerRate
  /** For TLS: what is shown, and whose certificates are asked for where `ca` is given. */
  readonly tls?: TlsIdentity
}

export interface Redirect {
  readonly local: readonly SipAddress[]
  counts(): RedirectCounts
  close(): Promise<void>
}

/**
 * A redirect server on sockets; each address by itself, their counts together.
 *
 * @throws {SipPortError} {SipTlsFilesError} and then nothing listens
 */
export async function openRedirect(options: RedirectOptions): Promise<Redirect> {
  const { listen, decide, isAllowed, rate } = options
  const servers: ReturnType<typeof createRedirectServer>[] = []
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()))
  }
  try {
    for (const address of listen) {
      const transport = await openTransport(address, options.tls)
      const product = `Changeover/${programVersion()}`
      servers.push(createRedirectServer({ transport, wireClock, product, decide, isAllowed, rate }))
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    local: servers.map(({ local }) => local),
    counts: () => sum(servers.map(({ counts }) => counts)),
    close,
  }
}

function openTransport({ host, port, transport }: SipAddress, tls: TlsIdentity | undefined) {
  if (transport === 'udp') return openUdpTransport({ host, port })
  if (transport === 'tcp') return openTcpTransport({ host, port })
  const { ca, certificate = '', key = '' } = tls ?? {}
  const asks = ca === undefined ? {} : { ca, askForCertificate: true }
  return openTlsTransport({ host, port, certificate, key, ...asks })
}

function sum(all: readonly Readonly<RedirectCounts>[]): RedirectCounts {
  const total = { redirected: 0, refused: 0, options: 0, malformed: 0, strangers: 0, throttled: 0 }
  for (const counts of all) {
    total.redirected += counts.redirected
    total.refused += counts.refused
    total.options += counts.options
    total.malformed += counts.malformed
    total.strangers += counts.strangers
    total.throttled += counts.throttled
  }
  return total
}
