import type { SipAddress } from '../../kernel/sip-address.ts'
import type { Estate, EstateSite } from '../estate.ts'
import { twoSitesLicence, twoSitesNames, twoSitesQueues } from './two-sites.ts'

/** Where the plan finds the lab: what a front gives as its endpoints. */
export interface PlanEndpoints {
  readonly genesysApi: string
  readonly genesysLogin: string
  readonly sbcRpc: string
  readonly agentLever: string
  readonly crm: string
  readonly authoritative: readonly { readonly host: string; readonly port: number }[]
  readonly resolvers: readonly {
    readonly name: string
    readonly host: string
    readonly port: number
    readonly at?: string
  }[]
  readonly gateways: { readonly pbx: SipAddress; readonly 'genesys-cloud': SipAddress }
}

/** Secrets are named only: `LAB_TSIG_KEY`, `LAB_GENESYS_ID` and `LAB_GENESYS_SECRET` have to be in the environment. */
export function twoSitesPlan(estate: Estate, endpoints: PlanEndpoints): string {
  const { gateways } = endpoints
  return `# The two sites of the lab: dallas moves, reno is to fail and to come back.
changeover: 1
name: acme-to-cloud
timeZone: America/Chicago

platforms:
  pbx:
    kind: sbc
    profile: kamailio-dispatcher
    rpc: ${endpoints.sbcRpc}
    gateway: ${sipUri(gateways.pbx)}
    agents: { by: rest, url: ${endpoints.agentLever} }
  cloud:
    kind: genesys-cloud
    region: mypurecloud.com
    api: ${endpoints.genesysApi}
    login: ${endpoints.genesysLogin}
    clientId: env:LAB_GENESYS_ID
    clientSecret: env:LAB_GENESYS_SECRET
    gateway: ${sipUri(gateways['genesys-cloud'])}
    shareTable: changeover-shares

dns:
  zones:
    ${estate.zone}:
      provider: rfc2136
      server: ${hostPort(endpoints.authoritative[0])}
      authoritative: [ ${endpoints.authoritative.map(hostPort).join(', ')} ]
      key: env:LAB_TSIG_KEY
  resolvers:
${endpoints.resolvers.map(resolverLine).join('\n')}

crm: { kind: rest, url: ${endpoints.crm} }

sites:
${estate.sites.map((site) => siteLines(site, estate)).join('\n')}

gates:
  stage:
    checks:
      success_rate: { atLeast: 97%, window: 1h, minimumSample: 20 }
      abandonment_rate: { atMost: 5%, window: 1h, minimumSample: 20 }
      crm_error_rate: { atMost: 2%, window: 1h, minimumSample: 20, weight: 3 }
      test_calls: { numbers: all, veto: true }
    hold: { longest: 4h, owner: night-lead, then: rollBack }

waves:
${estate.sites.map(waveLines).join('\n')}

attest:
${estate.sites.map(attestLines).join('\n')}

overrides:
  - { what: agents.first, to: "4", for: reno, because: "ten of twelve would leave two for three quarters of the calls" }
`
}

function sipUri({ host, port, transport }: SipAddress): string {
  return `sip:${host}:${port};transport=${transport}`
}

function hostPort(server: { readonly host: string; readonly port: number } | undefined): string {
  return server === undefined ? '' : `${server.host}:${server.port}`
}

function resolverLine({ name, host, port, at }: PlanEndpoints['resolvers'][number]): string {
  const place = at === undefined ? '' : `, at: ${at}`
  return `    - { name: ${name}, address: "${host}:${port}"${place} }`
}

function siteLines(site: EstateSite, { interconnect }: Estate): string {
  const queues = twoSitesQueues.map((queue) => {
    const from = twoSitesNames.pbxQueue(queue, site.dispatcherSet)
    return `      ${queue}: { from: ${from}, to: ${twoSitesNames.cloudQueue(queue, site.id)} }`
  })
  const agents = site.agents.map(
    ({ extension, user }) =>
      `      - { extension: "${extension}", user: ${user}, queues: [ ${twoSitesQueues.join(', ')} ], licence: ${twoSitesLicence} }`,
  )
  const numbers = site.numbers.map(({ dnis }) => `"${dnis}"`)
  return `  ${site.id}:
    from: pbx
    to: cloud
    records: [ { name: ${site.record.name}, type: ${site.record.type} } ]
    numbers: [ ${numbers.join(', ')} ]
    agents:
${agents.join('\n')}
    queues:
${queues.join('\n')}
    trunk: { name: ${twoSitesNames.trunk(site.id)}, transport: tcp }
    sourceTrunk: "${site.destination}"
    flow: ${twoSitesNames.flow(site.id)}
    outboundRoute: ${twoSitesNames.outboundRoute(site.id)}
    interconnect: { trunk: ${twoSitesNames.interconnect}, maxSessions: ${interconnect.maxSessions} }
    drain: { longest: 1h }`
}

/** What no call of the organisation shows, and its administrator has looked up. */
function attestLines({ id }: EstateSite): string {
  const lines = {
    [`free licences ${twoSitesLicence}`]: '60 are bought, 0 in use',
    [`sessions of trunk ${twoSitesNames.trunk(id)}`]: 'set to Unlimited',
    [`sessions of interconnect ${twoSitesNames.interconnect}`]: 'set to 150 at the SBC and here',
  }
  return Object.entries(lines)
    .map(([what, because]) => `  - { what: "site ${id}: ${what}", because: "${because}" }`)
    .join('\n')
}

function waveLines({ id, agents }: EstateSite): string {
  const stages = agents.length < 20 ? '25%, 50%, 100%' : '10%, 20%, 50%, 100%'
  return `  ${id}:
    sites: [ ${id} ]
    stages: [ ${stages} ]
    gate: stage`
}
