import type { WireClock } from '../../kernel/clock.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import type { Milliseconds } from '../../kernel/units.ts'
import { SipTransportError } from '../../protocols/sip/errors.ts'
import type { SipTransport } from '../../protocols/sip/transport.ts'

type Listener = Parameters<SipTransport['onMessage']>[0]

/** What goes wrong on the way from one host to another. */
export interface SipLinkFault {
  /** Host the messages come from, host they go to; absent is any. */
  readonly from?: string
  readonly to?: string
  /** Asked for each message; true loses it. On a reliable transport too: the peer is gone without a word. */
  readonly drop?: (message: Uint8Array) => boolean
  /** Wire time on the way. */
  readonly delay?: Milliseconds
}

/** SIP between endpoints of one process, without sockets: the in-process front of the lab. */
export interface SipNetwork {
  /** An endpoint's transport; the address must be free. TCP is reliable here too. */
  open(address: SipAddress): SipTransport
  /** Returns what takes the fault away. */
  addFault(fault: SipLinkFault): () => void
}

interface NetworkState {
  readonly clock: WireClock
  readonly endpoints: Map<string, Set<Listener>>
  readonly faults: Set<SipLinkFault>
}

const keyOf = ({ host, port, transport }: SipAddress) => `${transport} ${host} ${port}`

export function createSipNetwork(clock: WireClock): SipNetwork {
  const network: NetworkState = { clock, endpoints: new Map(), faults: new Set() }
  return {
    open: (address) => openEndpoint(network, address),
    addFault(fault) {
      network.faults.add(fault)
      return () => network.faults.delete(fault)
    },
  }
}

function openEndpoint(network: NetworkState, local: SipAddress): SipTransport {
  const key = keyOf(local)
  if (network.endpoints.has(key)) throw new SipTransportError(`${key} is in use in this network`)
  const listeners = new Set<Listener>()
  network.endpoints.set(key, listeners)
  const reliable = local.transport !== 'udp'
  return {
    local,
    reliable,
    async send(message, to) {
      if (reliable && !network.endpoints.has(keyOf(to))) {
        throw new SipTransportError(`no connection to ${to.host}:${to.port}: nobody listens there`)
      }
      await Promise.resolve()
      void carry(network, { message: message.slice(), from: local, to })
    },
    onMessage(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onBroken: () => () => undefined,
    async close() {
      network.endpoints.delete(key)
      await Promise.resolve()
    },
  }
}

/** UDP to where nobody listens is lost without a word, as it is behind most firewalls. */
async function carry(
  network: NetworkState,
  { message, from, to }: { message: Uint8Array; from: SipAddress; to: SipAddress },
): Promise<void> {
  const faults = [...network.faults].filter(
    (fault) => (fault.from ?? from.host) === from.host && (fault.to ?? to.host) === to.host,
  )
  if (faults.some((fault) => fault.drop?.(message) === true)) return
  for (const { delay } of faults) if (delay !== undefined) await network.clock.sleep(delay)
  for (const listener of [...(network.endpoints.get(keyOf(to)) ?? [])]) listener(message, from)
}
