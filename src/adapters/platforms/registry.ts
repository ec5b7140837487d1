import type { PlatformSettings, SecretRef } from '../../features/plan/index.ts'
import {
  type Platform,
  type Platforms,
  UnsupportedByPlatformError,
} from '../../features/platform/index.ts'
import type { Clock, WireClock } from '../../kernel/clock.ts'
import type { PlatformId } from '../../kernel/ids.ts'
import { invariant } from '../../kernel/invariant.ts'
import type { HttpTransport } from '../../protocols/http/transport.ts'
import type { CountCall } from '../http-client/index.ts'
import { createGenesysCloud } from './genesys-cloud/index.ts'
import type { GenesysSessions } from './genesys-cloud/session.ts'
import { createSbc } from './sbc/index.ts'

export interface PlatformContext {
  readonly transport: HttpTransport
  readonly wireClock: WireClock
  /** What platforms' clocks are compared with. */
  readonly worldClock: Clock
  /** Told how each request to the platform went. */
  readonly onCall?: CountCall
  /** What connections to platforms leave to the next ones, where a vendor's are worth keeping. */
  readonly sessions?: PlatformSessions
  /** Reads a secret that the plan names. */
  secret(reference: SecretRef): Promise<string>
}

/** Kept by whoever connects a plan again and again; gone with the process. */
export type PlatformSessions = GenesysSessions
export const createPlatformSessions = (): PlatformSessions => new Map()

type Kind = PlatformSettings['kind']
type SettingsOf<K extends Kind> = Extract<PlatformSettings, { readonly kind: K }>
type Factory<K extends Kind> = (
  id: PlatformId,
  settings: SettingsOf<K>,
  context: PlatformContext,
) => Promise<Platform>

/** Every vendor that a plan can name; the folders beside this file are the same list. */
export const platformFactories: { readonly [K in Kind]: Factory<K> } = {
  'genesys-cloud': async (id, settings, context) => {
    const clientId = await context.secret(settings.clientId)
    const clientSecret = await context.secret(settings.clientSecret)
    return createGenesysCloud({ id, settings, ...context, secrets: { clientId, clientSecret } })
  },
  sbc: async (id, settings, context) => {
    const { token, agents } = settings
    const agentsToken = agents?.by === 'rest' ? agents.token : undefined
    const secrets = {
      ...(token === undefined ? {} : { token: await context.secret(token) }),
      ...(agentsToken === undefined ? {} : { agentsToken: await context.secret(agentsToken) }),
    }
    return createSbc({ id, settings, ...context, secrets })
  },
}

/** One platform of a plan by its settings. Reads its secrets; speaks to nobody yet. */
export function createPlatform(
  id: PlatformId,
  settings: PlatformSettings,
  context: PlatformContext,
): Promise<Platform> {
  return settings.kind === 'sbc'
    ? platformFactories.sbc(id, settings, context)
    : platformFactories['genesys-cloud'](id, settings, context)
}

/** The platforms of one plan, by id. */
export function createPlatforms(all: readonly Platform[]): Platforms {
  const byId = new Map(all.map((platform) => [platform.id, platform]))
  const get = (id: PlatformId) => {
    const platform = byId.get(id)
    invariant(platform !== undefined, `platform ${id} is in the plan, but was not set up`)
    return platform
  }
  return {
    get,
    port(id, capability) {
      const { ports, lacks } = get(id)
      const port = ports[capability]
      if (port !== undefined) return port
      const lever = lacks[capability] ?? 'do it by a step `by: hand`'
      throw new UnsupportedByPlatformError(id, capability, lever)
    },
  }
}
