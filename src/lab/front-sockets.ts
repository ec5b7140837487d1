import { epochMs, ms } from '../kernel/units.ts'
import type { SipTransport } from '../protocols/sip/transport.ts'
import { openTcpTransport } from '../protocols/sip/transport-tcp.ts'
import { openUdpTransport } from '../protocols/sip/transport-udp.ts'
import { type OfferedCall, type Side, sides } from './estate.ts'
import { type LabEndpoints, openWorld } from './front.ts'
import { openGateway } from './gateways.ts'
import { createLab, type Lab, type LabOptions, labResolvers } from './lab.ts'
import { serveDns } from './network/dns-socket.ts'
import { type HttpSocketServer, serveHttp } from './network/http-socket.ts'
import { createSipEndpoint, type SipEndpoint } from './network/sip-endpoint.ts'
import { twoSitesEstate } from './scenarios/two-sites.ts'

export interface SocketLabOptions extends Omit<LabOptions, 'estate'> {
  /** Every n-th caller is placed as a real SIP call too. 50. */
  readonly sampleEvery?: number
  /** Names of the gateways for SRV targets, if not `sbc.acme.example` and `byoc.acme.example`: `localhost` resolves anywhere. */
  readonly gatewayHosts?: { readonly pbx: string; readonly 'genesys-cloud': string }
}

/** What became of the callers who were placed as real SIP calls too. */
export interface CallSample {
  readonly placed: number
  readonly answered: number
  readonly refused: number
  readonly silent: number
}

export interface SocketLab extends Lab {
  readonly endpoints: LabEndpoints
  readonly sampleEvery: number
  sample(): CallSample
  close(): Promise<void>
}

const host = '127.0.0.1'
const addresses = { pbx: host, 'genesys-cloud': host }
const defaultWarmUp = ms(30 * 60_000)

/** The whole lab on free ports of 127.0.0.1, its world running live. */
export async function startLabOnSockets(options: SocketLabOptions): Promise<SocketLab> {
  const transports = { pbx: await openPair(), 'genesys-cloud': await openPair() }
  const gatewayPorts = {
    pbx: transports.pbx.tcp.local.port,
    'genesys-cloud': transports['genesys-cloud'].tcp.local.port,
  }
  const { gatewayHosts } = options
  const named = gatewayHosts === undefined ? {} : { gatewayHosts }
  const estate = twoSitesEstate({ gatewayPorts, addresses, ...named })
  const lab = createLab('live', { ...options, estate })
  const gateways = sides.flatMap((side) =>
    Object.values(transports[side]).map((transport) => openGateway(side, transport, lab)),
  )
  const servers = await openServers(lab)
  const sampling = await startSample(lab, options.sampleEvery ?? 50)
  const closeWorld = await openWorld(lab, options.warmUp ?? defaultWarmUp)
  sampling.begin()
  return {
    ...lab,
    endpoints: describe(lab, servers),
    sampleEvery: options.sampleEvery ?? 50,
    sample: sampling.sample,
    async close() {
      closeWorld()
      const all = [sampling.endpoint, ...gateways, ...servers.http, ...servers.dns]
      await Promise.all(all.map((one) => one.close()))
    },
  }
}

const portAttempts = 20

/** UDP and TCP on one port, as a gateway has them; a free one is drawn until both fit. */
async function openPair(): Promise<{ readonly tcp: SipTransport; readonly udp: SipTransport }> {
  for (let attempt = 1; ; attempt += 1) {
    const tcp = await openTcpTransport({ host })
    try {
      return { tcp, udp: await openUdpTransport({ host, port: tcp.local.port }) }
    } catch (error) {
      await tcp.close()
      if (attempt === portAttempts) throw error
    }
  }
}

interface Servers {
  /** genesys, sbc, pbx, crm */
  readonly http: readonly [HttpSocketServer, HttpSocketServer, HttpSocketServer, HttpSocketServer]
  /** primary, secondary, then the resolvers */
  readonly dns: readonly Awaited<ReturnType<typeof serveDns>>[]
}

async function openServers({ http, dns, resolvers }: Lab): Promise<Servers> {
  const handlers = [dns.primary, dns.secondary, ...resolvers.map(({ handler }) => handler)]
  return {
    http: [
      await serveHttp(http.genesys),
      await serveHttp(http.sbc),
      await serveHttp(http.pbx),
      await serveHttp(http.crm),
    ],
    dns: await Promise.all(handlers.map((handler) => serveDns(handler))),
  }
}

function describe({ estate }: Lab, { http, dns }: Servers): LabEndpoints {
  const [genesys, sbc, pbx, crm] = http
  const { pbx: source, 'genesys-cloud': target } = estate.gateways
  return {
    genesysApi: genesys.url,
    genesysLogin: genesys.url,
    sbcRpc: `${sbc.url}/RPC`,
    agentLever: `${pbx.url}/agents`,
    crm: `${crm.url}/upserts`,
    authoritative: dns.slice(0, 2).map(({ port }) => ({ host, port })),
    resolvers: labResolvers.map(({ name, at }, index) => ({
      name,
      host,
      port: dns[index + 2]?.port ?? 0,
      ...(at === undefined ? {} : { at }),
    })),
    gateways: {
      pbx: { host: source.host, port: source.port, transport: 'tcp' },
      'genesys-cloud': { host: target.host, port: target.port, transport: 'tcp' },
    },
    hosts: { [source.host]: host, [target.host]: host },
  }
}

/** World time from the offer to the real call: the carrier has found the gateway by then. */
const sampleDelay = ms(1)

/** Places every n-th caller of the model as a real call to the gateway that took it, and hangs up once answered. */
async function startSample(lab: Lab, every: number) {
  const endpoint = createSipEndpoint({
    transport: await openUdpTransport({ host }),
    wireClock: lab.clock.wireClock,
    server: 'caller',
    onInvite: () => Promise.resolve({ kind: 'reject', status: 480, reason: 'A caller' }),
    onOptions: () => ({ kind: 'ok' }),
  })
  const counts = { placed: 0, answered: 0, refused: 0, silent: 0 }
  let offered = 0
  const sampleOne = (call: OfferedCall) => {
    offered += 1
    if (offered % every !== 0) return
    lab.time.schedule(epochMs(lab.time.now() + sampleDelay), () => {
      const side = sideThatTook(lab, call)
      if (side !== undefined) void placeReal(endpoint, call, { lab, side, counts })
    })
  }
  return { endpoint, sample: () => ({ ...counts }), begin: () => lab.onOffered(sampleOne) }
}

function sideThatTook(lab: Lab, call: OfferedCall): Side | undefined {
  const entry = lab.world.ledger.entries().findLast((one) => one.call === call)
  const last = entry?.attempts.at(-1)
  return last?.answer === 'taken' && last.side !== 'none' ? last.side : undefined
}

interface Sampling {
  readonly lab: Lab
  readonly side: Side
  readonly counts: { placed: number; answered: number; refused: number; silent: number }
}

const hangUpAfter = ms(50)
const samplePatience = ms(5000)

async function placeReal(
  endpoint: SipEndpoint,
  call: OfferedCall,
  { lab, side, counts }: Sampling,
): Promise<void> {
  const release = lab.clock.busy()
  counts.placed += 1
  try {
    const end = await endpoint.placeCall({
      target: { host, port: lab.estate.gateways[side].port, transport: 'udp' },
      number: call.dnis,
      caller: call.caller,
      hangUpAfter,
      patience: samplePatience,
    })
    counts[end.kind === 'completed' ? 'answered' : end.kind] += 1
  } catch {
    // The lab closes under it, or the gateway is gone: a caller hears nothing.
    counts.silent += 1
  } finally {
    release()
  }
}
