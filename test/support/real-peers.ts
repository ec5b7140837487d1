import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Estate } from '../../src/lab/estate.ts'
import { twoSitesEstate, twoSitesOauth, twoSitesZone } from '../../src/lab/scenarios/two-sites.ts'
import { twoSitesPlan } from '../../src/lab/scenarios/two-sites-plan.ts'
import { type Callers, startCallers } from './real-callers.ts'
import { type RealNames, startRealNames } from './real-names.ts'
import { type RealSip, type SbcSite, startRealSip } from './real-sip.ts'
import { type RealTarget, startRealTarget } from './real-target.ts'

/** The wave's surroundings: BIND, unbound, Kamailio and SIPp, and the simulated rest on sockets of its own. */
export interface RealPeers {
  readonly estate: Estate
  readonly names: RealNames
  readonly sip: RealSip
  readonly target: RealTarget
  readonly callers: Callers
  /** Path of the plan for both waves. */
  readonly plan: string
  /** The product's own program, as a process of its own. */
  changeover(args: readonly string[], circumstances?: Circumstances): Promise<Said>
  close(): Promise<void>
}

export interface Circumstances {
  /** Instead of the embedded one of the data folder. */
  readonly database?: string | undefined
  /** Sent as soon as the program has said the text. */
  readonly signal?: { readonly name: 'SIGINT' | 'SIGKILL'; readonly after: string }
}

export interface Said {
  /** -1 of a process that was killed. */
  readonly exit: number
  readonly out: string
  readonly err: string
}

/** Before any wave. Short enough to be waited out here, and not the cutover's. */
export const everydayTtl = 4
export const cutoverTtl = 2

const sbcSites = [
  { set: 1, prefix: '+1214' },
  { set: 2, prefix: '+1775' },
] as const satisfies readonly SbcSite[]

/** A wave of an hour and three days in less than a minute: durations only, every step stays. */
const shortened = {
  'dns.cutoverTtl': `${cutoverTtl}s`,
  'dns.ttlLead': '1s',
  'dns.ttlMargin': '1s',
  'licences.lead': '1s',
  'stages.soak': '2s',
  'release.soak': '2s',
  'drain.quiet': '3s',
  'agents.perSecond': '50',
} as const

/** `crmTakes` as for the callers: by site and share of its callers. */
export async function startRealPeers(
  crmTakes: (site: string, share: number) => boolean,
): Promise<RealPeers> {
  const opened: { close(): Promise<void> }[] = []
  const open = async <Peer extends { close(): Promise<void> }>(opening: Promise<Peer>) => {
    const peer = await opening
    opened.unshift(peer)
    return peer
  }
  const close = async () => {
    for (const peer of opened) await peer.close()
  }
  try {
    const sip = await open(startRealSip(sbcSites))
    const estate = describeEstate(sip)
    const records = twoSitesZone(estate).map((record) => ({ ...record, ttl: everydayTtl }))
    const names = await open(startRealNames(estate.zone, records))
    const target = await open(startRealTarget(estate))
    const callers = startCallers({
      ...{ sites: estate.sites, target, resolvers: names.resolvers, notes: sip.notes, crmTakes },
      gatewayPort: sip.target.port,
    })
    opened.unshift(callers)
    const folder = await openFolder(writePlan(estate, { names, sip, target }))
    opened.unshift(folder)
    const secrets = {
      LAB_GENESYS_ID: twoSitesOauth.id,
      LAB_GENESYS_SECRET: twoSitesOauth.secret,
      LAB_TSIG_KEY: names.key,
      CHANGEOVER_DATA: join(folder.path, 'data'),
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    }
    return {
      ...{ estate, names, sip, target, callers, plan: folder.plan, close },
      changeover: (args, { database, signal } = {}) =>
        runProgram(args, { ...secrets, DATABASE_URL: database }, signal),
    }
  } catch (cause) {
    await close()
    throw cause
  }
}

function describeEstate(sip: RealSip): Estate {
  const estate = twoSitesEstate({
    gatewayPorts: { pbx: sip.sbc.port, 'genesys-cloud': sip.target.port },
    gatewayHosts: { pbx: 'sbc.acme.example', 'genesys-cloud': 'localhost' },
    addresses: { pbx: '127.0.0.1', 'genesys-cloud': '127.0.0.1' },
  })
  const sites = estate.sites.map((site) => ({
    ...site,
    destination: sip.destination(site.dispatcherSet),
  }))
  return { ...estate, sites }
}

function writePlan(
  estate: Estate,
  { names, sip, target }: Pick<RealPeers, 'names' | 'sip' | 'target'>,
): string {
  const [first, second, third] = names.resolvers.map(({ host, port }) => ({ host, port }))
  const plan = twoSitesPlan(estate, {
    genesysApi: target.api,
    genesysLogin: target.api,
    sbcRpc: sip.sbc.rpc,
    agentLever: target.agentLever,
    crm: target.crmUrl,
    authoritative: [names.primary, names.secondary],
    resolvers: [
      ...(first === undefined ? [] : [{ name: 'dallas-office', at: 'dallas', ...first }]),
      ...(second === undefined ? [] : [{ name: 'reno-office', at: 'reno', ...second }]),
      ...(third === undefined ? [] : [{ name: 'elsewhere', ...third }]),
    ],
    gateways: {
      pbx: { host: 'localhost', port: sip.sbc.port, transport: 'tcp' },
      'genesys-cloud': { host: 'localhost', port: sip.target.port, transport: 'tcp' },
    },
  })
  const overrides = Object.entries(shortened).map(
    ([what, to]) =>
      `  - { what: ${what}, to: ${to}, because: "nobody waits three days for a test" }`,
  )
  // Ten test calls in 25 s are the most that a site gets, and its gates follow each other in seconds here.
  return `${plan.replace('numbers: all', 'numbers: 2')}${overrides.join('\n')}\n`
}

async function openFolder(plan: string) {
  const path = await mkdtemp(join(tmpdir(), 'changeover-real-'))
  // The embedded database runs as a user of its own where the tests run as root.
  await chmod(path, 0o755)
  const file = join(path, 'plan.yaml')
  await writeFile(file, plan)
  return { path, plan: file, close: () => rm(path, { recursive: true, force: true }) }
}

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const longestRun = 170_000

function runProgram(
  args: readonly string[],
  settings: NodeJS.ProcessEnv,
  signal: Circumstances['signal'],
): Promise<Said> {
  const child = spawn(process.execPath, [program, ...args], {
    // Nothing else: a developer's own DATABASE_URL would be changed.
    env: settings,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: longestRun,
    killSignal: 'SIGKILL',
  })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    said.out += chunk
    if (signal !== undefined && !child.killed && said.out.includes(signal.after))
      child.kill(signal.name)
  })
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    said.err += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ exit: code ?? -1, ...said }))
  })
}
