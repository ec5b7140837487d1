import type { PlatformSettings } from '../../../features/plan/index.ts'
import type { Platform } from '../../../features/platform/index.ts'
import type { Clock, WireClock } from '../../../kernel/clock.ts'
import type { PlatformId } from '../../../kernel/ids.ts'
import type { HttpTransport } from '../../../protocols/http/transport.ts'
import type { CountCall } from '../../http-client/index.ts'
import { createAccount } from './account.ts'
import { createAgents } from './agents.ts'
import { consolePlaces, lacks } from './capabilities.ts'
import { createGenesysHttp, type Genesys } from './client.ts'
import { createLicences } from './licences.ts'
import { createInboundNumbers } from './numbers.ts'
import { createOutboundRoutes } from './outbound-routes.ts'
import { createQueues } from './queues.ts'
import type { GenesysSessions } from './session.ts'
import { createShares } from './shares.ts'
import { createLiveCalls, createStatistics } from './statistics.ts'
import { createTrunks } from './trunks.ts'

export interface GenesysCloudOptions {
  readonly id: PlatformId
  readonly settings: Extract<PlatformSettings, { readonly kind: 'genesys-cloud' }>
  readonly secrets: { readonly clientId: string; readonly clientSecret: string }
  readonly transport: HttpTransport
  readonly wireClock: WireClock
  /** The platform's own time, as we have it: its rate windows pass in it, and its clock is compared with it. Absent: the wire clock, which is the same outside the lab. */
  readonly worldClock?: Clock
  /** Told how each request went. */
  readonly onCall?: CountCall
  /** Kept from one connection to the next. Absent: nothing is. */
  readonly sessions?: GenesysSessions
}

/** One Genesys Cloud organisation, by its public API v2 (contract/README §2). */
export function createGenesysCloud(options: GenesysCloudOptions): Platform {
  const { id, settings, secrets, transport, wireClock } = options
  const { api, login } = settings
  const { onCall, sessions } = options
  const counting = onCall === undefined ? {} : { onCall }
  const keeping = sessions === undefined ? {} : { sessions }
  const vendorClock = options.worldClock ?? wireClock
  const reach = { transport, wireClock, vendorClock, ...counting, ...keeping }
  const http = createGenesysHttp({ api, login, ...secrets, ...reach })
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
      account: createAccount(genesys, vendorClock),
    },
    lacks,
    console: consolePlaces,
    gateway: settings.gateway,
  }
}
