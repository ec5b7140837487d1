import { type Dns, type DnsProvider, NoZoneError } from '../../features/dns-control/index.ts'
import type { WireClock } from '../../kernel/clock.ts'
import type { DnsTransport } from '../../protocols/dns/transport.ts'
import { createDnsObserver, type ObservedZone, type Resolver } from './observer.ts'
import { zoneOf } from './zone-of.ts'

export { createDnsObserver, type ObservedZone, type Resolver } from './observer.ts'
export { createRfc2136, parseTsigKey, type TsigKey, TsigKeyError } from './rfc2136/index.ts'

/** One zone of the plan: who changes it, and every server that answers for it. */
export interface DnsZone extends ObservedZone {
  readonly provider: DnsProvider
}

/** The DNS of one plan: the provider with the longest zone that holds the name, one observer for all. */
export function createDns(options: {
  readonly zones: readonly DnsZone[]
  readonly resolvers: readonly Resolver[]
  readonly transport: DnsTransport
  readonly wireClock: WireClock
}): Dns {
  return {
    provider(name) {
      const zone = zoneOf(name, options.zones)
      if (zone === undefined) throw new NoZoneError(name)
      return zone.provider
    },
    observer: createDnsObserver(options),
  }
}
