import type { SipAddress } from '../kernel/sip-address.ts'
import { epochMs, type Milliseconds, ms } from '../kernel/units.ts'
import type { DnsHandler, DnsTransport } from '../protocols/dns/transport.ts'
import type { HttpHandler, HttpResponse, HttpTransport } from '../protocols/http/transport.ts'
import type { SipTransport } from '../protocols/sip/transport.ts'
import { sides } from './estate.ts'
import { openGateway } from './gateways.ts'
import { createLab, type Lab, type LabOptions, type LabService, labResolvers } from './lab.ts'
import { createMemoryDnsTransport } from './network/dns-memory.ts'
import { createSipNetwork, type SipNetwork } from './network/sip-memory.ts'

/** Where a lab's services are, as a plan names them. */
export interface LabEndpoints {
  readonly genesysApi: string
  readonly genesysLogin: string
  readonly sbcRpc: string
  readonly agentLever: string
  readonly crm: string
  /** The primary, then the secondary. */
  readonly authoritative: readonly LabServer[]
  readonly resolvers: readonly (LabServer & { readonly name: string; readonly at?: string })[]
  readonly gateways: { readonly pbx: SipAddress; readonly 'genesys-cloud': SipAddress }
  /** Names in `gateways`, with the address on which each is reached. */
  readonly hosts: Readonly<Record<string, string>>
}

export interface LabServer {
  readonly host: string
  readonly port: number
}

export interface InProcessLab extends Lab {
  readonly endpoints: LabEndpoints
  readonly httpTransport: HttpTransport
  readonly dnsTransport: DnsTransport
  /** A transport of the product's own, from which it can reach both gateways. */
  openSip(transport: SipAddress['transport']): SipTransport
  /** The network between them, for faults on the way. */
  readonly sipNetwork: SipNetwork
  close(): Promise<void>
}

/** Calls are up already when a lab opens. */
const defaultWarmUp = ms(30 * 60_000)
const secondaryAddress = { host: '10.0.0.54', port: 53 }
const primaryAddress = { host: '10.0.0.53', port: 53 }
const resolverHosts = ['10.1.0.53', '10.2.0.53', '192.0.2.53', '198.51.100.53', '203.0.113.53']

/** The whole lab in memory, below the adapters: 72 h pass as fast as they can be computed. */
export async function startLabInProcess(options: LabOptions): Promise<InProcessLab> {
  const lab = createLab('in-process', options)
  const endpoints = describeInProcess(lab)
  const sipNetwork = createSipNetwork(lab.clock.wireClock)
  const gateways = sides.flatMap((side) =>
    (['udp', 'tcp'] as const).map((transport) =>
      openGateway(side, sipNetwork.open({ ...endpoints.gateways[side], transport }), lab),
    ),
  )
  const close = await openWorld(lab, options.warmUp ?? defaultWarmUp)
  let opened = 0
  return {
    ...lab,
    endpoints,
    httpTransport: createMemoryHttp(lab, endpoints),
    dnsTransport: createMemoryDnsTransport(serversOf(lab, endpoints)),
    sipNetwork,
    openSip(transport) {
      opened += 1
      return sipNetwork.open({ host: 'changeover.lab', port: 20_000 + opened, transport })
    },
    async close() {
      close()
      await Promise.all(gateways.map((gateway) => gateway.close()))
    },
  }
}

/** Lets callers come, and the world run until calls are up; then its clock goes by itself. */
export async function openWorld(lab: Lab, warmUp: Milliseconds): Promise<() => void> {
  const closeWorld = lab.world.open()
  const until = epochMs(lab.time.now() + warmUp)
  for (let due = lab.time.nextDue(); due !== undefined && due <= until; due = lab.time.nextDue()) {
    lab.time.advanceTo(due)
    while (lab.world.pending() > 0) await Promise.resolve()
  }
  lab.time.advanceTo(until)
  const stopClock = lab.clock.run()
  return () => {
    closeWorld()
    stopClock()
  }
}

function describeInProcess({ estate }: Lab): LabEndpoints {
  const { pbx, 'genesys-cloud': cloud } = estate.gateways
  return {
    genesysApi: 'https://api.mypurecloud.com',
    genesysLogin: 'https://login.mypurecloud.com',
    sbcRpc: `http://sbc-rpc.${estate.zone}:5071/RPC`,
    agentLever: `http://pbx.${estate.zone}/agents`,
    crm: `http://crm.${estate.zone}/upserts`,
    authoritative: [primaryAddress, secondaryAddress],
    resolvers: labResolvers.map(({ name, at }, index) => ({
      name,
      host: resolverHosts[index] ?? '',
      port: 53,
      ...(at === undefined ? {} : { at }),
    })),
    gateways: {
      pbx: { host: pbx.host, port: pbx.port, transport: 'tcp' },
      'genesys-cloud': { host: cloud.host, port: cloud.port, transport: 'tcp' },
    },
    hosts: { [pbx.host]: pbx.address, [cloud.host]: cloud.address },
  }
}

function serversOf(lab: Lab, endpoints: LabEndpoints) {
  const keyOf = ({ host, port }: LabServer) => `${host}:${port}`
  const handlers = new Map<string, DnsHandler>([
    [keyOf(primaryAddress), lab.dns.primary],
    [keyOf(secondaryAddress), lab.dns.secondary],
  ])
  for (const [index, resolver] of lab.resolvers.entries()) {
    const server = endpoints.resolvers[index]
    if (server !== undefined) handlers.set(keyOf(server), resolver.handler)
  }
  return (server: LabServer) => handlers.get(keyOf(server))
}

/** Routes by host; what a real client would see as a broken connection is thrown. */
function createMemoryHttp(lab: Lab, endpoints: LabEndpoints): HttpTransport {
  const urls: readonly (readonly [string, LabService])[] = [
    [endpoints.genesysApi, 'genesys'],
    [endpoints.genesysLogin, 'genesys'],
    [endpoints.sbcRpc, 'sbc'],
    [endpoints.agentLever, 'pbx'],
    [endpoints.crm, 'crm'],
  ]
  const services = new Map(urls.map(([url, service]) => [new URL(url).host, lab.http[service]]))
  return async (request, { signal, timeout }) => {
    signal.throwIfAborted()
    const handler = services.get(new URL(request.url).host)
    if (handler === undefined) throw new Error(`nobody listens at ${new URL(request.url).host}`)
    const response = await withinTime(handler, request, { lab, signal, timeout })
    if (response.status === 0) throw new Error('the connection was closed without an answer')
    return response
  }
}

/** Made once: what ends the wait for an answer that came. An abort without a reason makes an error with a stack each time. */
const answeredInTime = new Error('answered in time')

interface Limits {
  readonly lab: Lab
  readonly signal: AbortSignal
  readonly timeout: Milliseconds
}

async function withinTime(
  handler: HttpHandler,
  request: Parameters<HttpHandler>[0],
  { lab, signal, timeout }: Limits,
): Promise<HttpResponse> {
  const done = new AbortController()
  const limit = AbortSignal.any([signal, done.signal])
  const late = lab.clock.wireClock.sleep(timeout, limit).then(() => {
    throw new Error(`no answer within ${timeout} ms`)
  })
  try {
    return await Promise.race([handler(request), late])
  } finally {
    done.abort(answeredInTime)
    late.catch(() => undefined)
  }
}
