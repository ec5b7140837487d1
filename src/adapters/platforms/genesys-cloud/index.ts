import type { PlatformSettings } from '../../../features/plan/index.ts'
import type { Platform } from '../../../features/platform/index.ts'
import type { Clock, WireClock } from '../../../kernel/clock.ts'
import type { PlatformId } from '../../../kernel/ids.ts'
import type { HttpTransport } from '../../../protocols/http/transport.ts'
import { createAccount } from './account.ts'
import { createAgents } from './agents.ts'
import { consolePlaces, lacks } from './capabilities.ts'
import { createGenesysHttp, type Genesys } from './client.ts'
import { createLicences } from './licences.ts'
import { createInboundNumbers } from './numbers.ts'
import { createOutboundRoutes } from './outbound-routes.ts'
import { createQueues } from './queues.ts'
import { createShares } from './shares.ts'
import { createLiveCalls, createStatistics } from './statistics.ts'
import { createTrunks } from './trunks.ts'

export interface GenesysCloudOptions {
  readonly id: PlatformId
  readonly settings: Extract<PlatformSettings, { readonly kind: 'genesys-cloud' }>
  readonly secrets: { readonly clientId: string; readonly clientSecret: string }
  readonly transport: HttpTransport
  readonly wireClock: WireClock
  /** What the platform's clock is compared with. Absent: the wire clock, which is the same outside the lab. */
  readonly worldClock?: Clock
}

/** One Genesys Cloud organisation, by its public API v2 (contract/README §2). */
export function createGenesysCloud(options: GenesysCloudOptions): Platform {
  const { id, settings, secrets, transport, wireClock } = options
  const { api, login } = settings
  const http = createGenesysHttp({ api, login, ...secrets, transport, wireClock })
  const genesys: Genesys = { id, http, wireClock }
  return {
    id,
    vendor: 'genesys-cloud',
    ports: {
      trunks: createTrunks(genesys),
      inboundNumbers: createInboundNumbers(genesys),
      queues: createQueues(genesys),
      agents: createAgents(genesys),
      licences: createLicences(genesys),
      shares: createShares(genesys, settings.shareTable),
      outboundRoutes: createOutboundRoutes(genesys),
      statistics: createStatistics(genesys),
      liveCalls: createLiveCalls(genesys),
      account: createAccount(genesys, options.worldClock ?? wireClock),
    },
    lacks,
    console: consolePlaces,
    gateway: settings.gateway,
  }
}
