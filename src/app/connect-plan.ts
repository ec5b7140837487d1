import { createRestCrm } from '../adapters/crm/rest/index.ts'
import { createDns, createRfc2136, type DnsZone, parseTsigKey } from '../adapters/dns/index.ts'
import { type CallMeter, createCallMeter } from '../adapters/http-client/index.ts'
import {
  createPlatform,
  createPlatformSessions,
  createPlatforms,
  type PlatformSessions,
} from '../adapters/platforms/registry.ts'
import { createSipProbe } from '../adapters/sip/index.ts'
import type { AuthorityStore } from '../features/authority/index.ts'
import type { SipProbe } from '../features/call-tests/index.ts'
import type { Dns } from '../features/dns-control/index.ts'
import {
  compileTrigger,
  type Plan,
  type SecretRef,
  type Trigger,
  type ZoneSettings,
} from '../features/plan/index.ts'
import type { Crm, Platforms } from '../features/platform/index.ts'
import {
  createTestCallBook,
  createWaveMetrics,
  type TestCallBook,
  type WavePorts,
} from '../features/waves/index.ts'
import type { WireClock, WorldClock } from '../kernel/clock.ts'
import { platformId, waveId } from '../kernel/ids.ts'
import { invariant } from '../kernel/invariant.ts'
import { createRandom } from '../kernel/random.ts'
import type { Milliseconds } from '../kernel/units.ts'
import { runPreflight } from './preflight.ts'
import type { PreflightRow } from './preflight-question.ts'
import type { Transports } from './transports.ts'

export interface Surroundings {
  readonly worldClock: WorldClock
  readonly wireClock: WireClock
  readonly transports: Transports
  readonly authority: AuthorityStore
  readonly clockTolerance: Milliseconds
  /** What this process remembers of its own calls: a run is connected anew each time it is taken up. */
  readonly memory: ConnectMemory
  /** Reads a secret that a plan names. @throws {SecretMissingError} at once, when any of the plan's is missing */
  readonly secretsOf: (plan: Plan) => (ref: SecretRef) => string
}

/** Kept from one connection of a plan to the next; gone with the process, and then counted anew. */
export interface ConnectMemory {
  readonly testCalls: TestCallBook
  readonly apiCalls: CallMeter
  readonly sessions: PlatformSessions
}

export function createConnectMemory(worldClock: WorldClock): ConnectMemory {
  return {
    testCalls: createTestCallBook(),
    apiCalls: createCallMeter(worldClock),
    sessions: createPlatformSessions(),
  }
}

/** Everything that a plan's steps work with, connected to the servers that the plan names. */
export interface Connected extends WavePorts {
  readonly platforms: Platforms
  readonly dns: Dns
  readonly sip: SipProbe
  readonly crm?: Crm
}

/** Connects a plan. Reads its secrets; speaks to nobody yet. @throws {SecretMissingError} */
export async function connectPlan(plan: Plan, around: Surroundings): Promise<Connected> {
  const { wireClock, worldClock, transports, authority, clockTolerance, memory } = around
  const secret = around.secretsOf(plan)
  const context = {
    transport: transports.http,
    wireClock,
    worldClock,
    sessions: memory.sessions,
    secret: (ref: SecretRef) => Promise.resolve(secret(ref)),
  }
  const platforms = createPlatforms(
    await Promise.all(
      Object.entries(plan.platforms).map(([id, settings]) =>
        createPlatform(platformId(id), settings, {
          ...context,
          onCall: memory.apiCalls.countFor(id),
        }),
      ),
    ),
  )
  const dns = connectDns(plan, around, secret)
  const sip = createSipProbe({
    openTransport: transports.openSip,
    wireClock,
    // Branches, tags and Call-IDs must differ from those of every other process.
    random: createRandom(seedOf(wireClock)),
  })
  const crm = connectCrm(plan, around, secret)
  const reach = { platforms, dns, sip, ...(crm === undefined ? {} : { crm }) }
  return {
    ...reach,
    authority,
    metrics: createWaveMetrics({ ...reach, ...memory }),
    triggers: { compile: compileChecked },
    preflight: {
      run: async (wave, signal): Promise<readonly PreflightRow[]> =>
        runPreflight(
          { plan, ports: reach, clock: worldClock, clockTolerance, signal },
          waveId(wave),
        ),
    },
  }
}

/** A trigger of a plan that was checked; `plan check` reports one that can't be read, with its place. */
function compileChecked(text: string): Trigger {
  const compiled = compileTrigger(text)
  invariant(compiled.ok, `the trigger "${text}" was checked with its plan, and can't be read`)
  return compiled.value
}

export function seedOf(clock: WireClock): number {
  return (clock.now() ^ (process.pid * 2_654_435_761)) >>> 0
}

function connectDns(
  plan: Plan,
  { transports, wireClock }: Surroundings,
  secret: (ref: SecretRef) => string,
): Dns {
  const transport = transports.dns
  const zoneOf = (zone: string, { server, authoritative, key }: ZoneSettings): DnsZone => ({
    zone,
    authoritative,
    provider: createRfc2136({
      zone,
      server,
      transport,
      wireClock,
      ...(key === undefined ? {} : { key: parseTsigKey(secret(key)) }),
    }),
  })
  return createDns({
    zones: Object.entries(plan.dns.zones).map(([zone, settings]) => zoneOf(zone, settings)),
    resolvers: plan.dns.resolvers,
    transport,
    wireClock,
  })
}

function connectCrm(
  { crm }: Plan,
  { transports, wireClock, memory }: Surroundings,
  secret: (ref: SecretRef) => string,
) {
  if (crm === undefined) return undefined
  const token = crm.token === undefined ? undefined : secret(crm.token)
  const { url } = crm
  return createRestCrm({
    url,
    transport: transports.http,
    wireClock,
    onCall: memory.apiCalls.countFor('crm'),
    ...(token === undefined ? {} : { token }),
  })
}
