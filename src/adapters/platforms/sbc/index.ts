import type { PlatformSettings } from '../../../features/plan/index.ts'
import type { Platform } from '../../../features/platform/index.ts'
import type { WireClock } from '../../../kernel/clock.ts'
import type { PlatformId } from '../../../kernel/ids.ts'
import type { HttpTransport } from '../../../protocols/http/transport.ts'
import type { CountCall } from '../../http-client/index.ts'
import { createAccount } from './account.ts'
import { lacks, lacksByHand } from './capabilities.ts'
import { createEndpoint, createSbcRpc, type Sbc } from './client.ts'
import { createLiveCalls } from './live-calls.ts'
import { createPbxAgents, createPbxQueues } from './pbx-agents.ts'
import { createTrunks } from './trunks.ts'

export interface SbcOptions {
  readonly id: PlatformId
  readonly settings: Extract<PlatformSettings, { readonly kind: 'sbc' }>
  readonly secrets: { readonly token?: string; readonly agentsToken?: string }
  readonly transport: HttpTransport
  readonly wireClock: WireClock
  /** Told how each request went. */
  readonly onCall?: CountCall
}

/** Kamailio's dispatcher in front of a PBX, by JSON-RPC (contract/README §4.7). */
export function createSbc(options: SbcOptions): Platform {
  const { id, settings, secrets, transport, wireClock, onCall } = options
  const reach = { transport, wireClock, onCall }
  const rpc = createSbcRpc({ url: settings.rpc, token: secrets.token, ...reach })
  const sbc: Sbc = { id, rpc, wireClock }
  const own = { trunks: createTrunks(sbc), liveCalls: createLiveCalls(sbc) }
  const { gateway, agents } = settings
  if (agents?.by !== 'rest')
    return {
      id,
      vendor: 'sbc',
      ports: { ...own, account: createAccount(sbc) },
      lacks: { ...lacks, ...lacksByHand },
      gateway,
    }
  const { url } = agents
  const http = createEndpoint({ url, token: secrets.agentsToken, ...reach })
  const pbx = { id, http, wireClock }
  const ports = {
    ...own,
    account: createAccount(sbc, http),
    queues: createPbxQueues(pbx),
    agents: createPbxAgents(pbx),
  }
  return { id, vendor: 'sbc', ports, lacks, gateway }
}
