import {
  createFailoverStage,
  createMirror,
  createOfferCaller,
  createSipProbe,
  createSystemNames,
  type FailoverStageParts,
  type MirrorOptions,
  openAgent,
  openRegistrar,
  type Silence,
  type SipProbeParts,
} from '../adapters/sip/index.ts'
import type { SipProbe } from '../features/call-tests/index.ts'
import {
  type FailoverStep,
  type ProfileEntry,
  tryFailover,
} from '../features/carrier-failover/index.ts'
import {
  type CodecTried,
  type KnownCodec,
  type OfferRequest,
  offerEach,
} from '../features/codecs/index.ts'
import {
  type CampaignPorts,
  type CampaignReport,
  type CampaignSettings,
  type RegisteringAgent,
  runCampaign,
} from '../features/registrations/index.ts'
import type { WireClock } from '../kernel/clock.ts'
import { createRandom } from '../kernel/random.ts'
import type { SipAddress } from '../kernel/sip-address.ts'
import { type Milliseconds, ms } from '../kernel/units.ts'
import { openMediaTransport } from '../protocols/rtp/transport-udp.ts'
import { SipFormatError } from '../protocols/sip/errors.ts'
import { type ResolvedTarget, resolveTarget } from '../protocols/sip/resolve-target.ts'
import type { SipTransport } from '../protocols/sip/transport.ts'
import { openTcpTransport } from '../protocols/sip/transport-tcp.ts'
import type { TlsIdentity } from '../protocols/sip/transport-tls.ts'
import { localHostTowards, openUdpTransport } from '../protocols/sip/transport-udp.ts'
import { parseUri } from '../protocols/sip/uri.ts'
import { seedOf } from './connect-plan.ts'
import { systemWireClock } from './system-clock.ts'
import { socketTransports } from './transports.ts'

export type { MirrorOptions, Silence } from '../adapters/sip/index.ts'
export type { ResolvedTarget } from '../protocols/sip/resolve-target.ts'
export type { TlsIdentity } from '../protocols/sip/transport-tls.ts'

export interface SipToolOptions {
  /** Whom TLS trusts, and what it shows. */
  readonly tls?: TlsIdentity
  /** DNS servers in place of this machine's, `address` or `address:port`. */
  readonly resolvers?: readonly string[]
  /** How long OPTIONS waits. */
  readonly timeout?: Milliseconds
  /** A capture server that is shown our signalling (HEP3). */
  readonly mirror?: MirrorOptions
  /** Names of a lab and where they lead; its gateways are on this machine. */
  readonly hosts?: Readonly<Record<string, string>>
}

/** What the commands under `sip` work with: no plan and no database. */
export interface SipTools {
  readonly sip: SipProbe
  readonly wireClock: WireClock
  /**
   * Every address that a SIP URI leads to, in the order in which they are to be tried (RFC 3263).
   *
   * @throws {SipFormatError} {SipNameUnknownError} {SipNameUnansweredError}
   */
  resolve(uri: string): Promise<readonly ResolvedTarget[]>
  /**
   * Plays a carrier's targets and proves by calls which answers it moves on from (G3.1, D8).
   *
   * @throws {SipPortError} when a port of the targets is taken
   */
  tryFailover(
    request: FailoverRequest,
    profile: readonly ProfileEntry[],
    signal: AbortSignal,
  ): AsyncGenerator<FailoverStep>
  /** Offers each codec alone, in a call of its own (B5.1). */
  offerCodecs(
    request: OfferRequest,
    codecs: readonly KnownCodec[],
    limits: OfferLimits,
  ): Promise<readonly CodecTried[]>
  /** Registers agents at one registrar, all of them under one budget (H5.1). */
  registerAgents(
    agents: readonly RegisteringAgent[],
    target: SipAddress,
    how: RegisterHow,
  ): Promise<CampaignReport | Silence>
}

export interface RegisterHow extends Pick<CampaignPorts, 'signal' | 'hurried' | 'onProgress'> {
  readonly settings: CampaignSettings
}

/** In our order where a domain leaves it to us: what can't be read on the way goes first. */
const supported = ['tls', 'tcp', 'udp'] as const

/** A carrier, a number that leads to our targets, and where we listen as those. */
export type FailoverRequest = Pick<
  FailoverStageParts,
  'carrier' | 'number' | 'caller' | 'patience' | 'stands'
> & { readonly targets: readonly SipAddress[] }

/** With how long each call may ring. */
interface OfferLimits {
  readonly timeout: Milliseconds
  readonly signal: AbortSignal
}

export function openSipTools(options: SipToolOptions = {}): SipTools {
  const { openSip } = socketTransports(options.tls)
  const wireClock = systemWireClock
  // Branches, tags and Call-IDs must differ from those of every other process.
  const random = createRandom(seedOf(wireClock))
  const names = createSystemNames(options.resolvers)
  const { hosts = {}, timeout, mirror } = options
  const mirrored =
    mirror === undefined ? (transport: SipTransport) => transport : createMirror(mirror)
  const addresses = async (name: string) => {
    const known = hosts[name]
    return known === undefined ? await names.addresses(name) : [known]
  }
  const parts: SipProbeParts = {
    openTransport: async (target) => mirrored(await openSip(target)),
    openMedia: async (target) =>
      openMediaTransport({ host: await localHostTowards(target), draw: random.integer }),
    wireClock,
    random,
    stopwatch: () => ms(performance.now()),
    ...(timeout === undefined ? {} : { timeout }),
  }
  return {
    sip: createSipProbe(parts),
    wireClock,
    tryFailover: (request, profile, signal) => playTargets(parts, request, { profile, signal }),
    offerCodecs: (request, codecs, limits) => offerCodecs(parts, request, { codecs, ...limits }),
    registerAgents: (agents, target, how) => registerAgents(parts, agents, { ...how, target }),
    async resolve(text) {
      const uri = parseUri(text)
      if (uri.kind !== 'sip') throw new SipFormatError('its scheme is not SIP’s', { text })
      return await resolveTarget(uri, { names: { ...names, addresses }, supported, random })
    },
  }
}

async function* playTargets(
  parts: SipProbeParts,
  request: FailoverRequest,
  { profile, signal }: { readonly profile: readonly ProfileEntry[]; readonly signal: AbortSignal },
): AsyncGenerator<FailoverStep> {
  const targets: SipTransport[] = []
  try {
    for (const { host, port, transport } of request.targets)
      targets.push(
        await (transport === 'udp' ? openUdpTransport : openTcpTransport)({ host, port }),
      )
    const stage = createFailoverStage({ ...parts, ...request, targets })
    yield* tryFailover(stage, profile, signal)
  } finally {
    await Promise.all(targets.map((target) => target.close()))
  }
}

async function offerCodecs(
  parts: SipProbeParts,
  request: OfferRequest,
  how: OfferLimits & { readonly codecs: readonly KnownCodec[] },
): Promise<readonly CodecTried[]> {
  const { codecs, timeout, signal } = how
  const agent = await openAgent(parts, request.target, signal)
  if ('kind' in agent)
    return codecs.map((codec) => ({ codec, outcome: 'silent', text: agent.because }))
  const caller = createOfferCaller({ agent, timeout })
  try {
    return await offerEach(request, codecs, { caller, signal })
  } finally {
    caller.close()
  }
}

async function registerAgents(
  parts: SipProbeParts,
  agents: readonly RegisteringAgent[],
  how: RegisterHow & { readonly target: SipAddress },
): Promise<CampaignReport | Silence> {
  const { target, settings, ...ports } = how
  const { wireClock, random } = parts
  const registrar = await openRegistrar(parts, target, how.signal)
  if ('kind' in registrar) return registrar
  try {
    return await runCampaign(agents, settings, { ...ports, registrar, wireClock, random })
  } finally {
    await registrar.close()
  }
}
