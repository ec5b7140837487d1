import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createUndiciTransport } from '../../src/adapters/http-client/index.ts'
import { createGenesysCloud } from '../../src/adapters/platforms/genesys-cloud/index.ts'
import { checkPlan } from '../../src/features/plan/index.ts'
import { platformId } from '../../src/kernel/ids.ts'
import { epochMs, ms } from '../../src/kernel/units.ts'
import { type SocketLab, startLabOnSockets } from '../../src/lab/front-sockets.ts'
import { createSipEndpoint } from '../../src/lab/network/sip-endpoint.ts'
import { twoSitesOauth } from '../../src/lab/scenarios/two-sites.ts'
import { twoSitesPlan } from '../../src/lab/scenarios/two-sites-plan.ts'
import { decodeMessage, dnsQuery, encodeMessage } from '../../src/protocols/dns/message.ts'
import { createSocketDnsTransport } from '../../src/protocols/dns/transport-socket.ts'
import { openTcpTransport } from '../../src/protocols/sip/transport-tcp.ts'
import { openUdpTransport } from '../../src/protocols/sip/transport-udp.ts'

const start = epochMs(Date.UTC(2026, 10, 2, 9))
let lab: SocketLab

beforeAll(async () => {
  lab = await startLabOnSockets({ start, seed: 1, rate: 60, sampleEvery: 2 })
})
afterAll(async () => {
  await lab.close()
})

describe('the lab on sockets', () => {
  it('serves every HTTP service on loopback', async () => {
    const { sbcRpc, agentLever, crm, genesysApi } = lab.endpoints
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'dispatcher.list' })
    const list = await fetch(sbcRpc, { method: 'POST', body })
    expect(await list.json()).toMatchObject({ result: { NRSETS: 2 } })
    expect((await fetch(`${agentLever}/1101`)).status).toBe(200)
    expect((await fetch(`${crm}?site=reno&from=2026-11-02&to=2026-11-03`)).status).toBe(200)
    expect((await fetch(`${genesysApi}/api/v2/users/me`)).status).toBe(401)
  })

  it('serves the zone on primary, secondary and five resolvers', async () => {
    const dns = createSocketDnsTransport()
    const query = encodeMessage(
      dnsQuery(7, '_sip._tcp.dallas.acme.example', 33, { recursionDesired: true }),
    )
    const { authoritative, resolvers } = lab.endpoints
    for (const server of [...authoritative, ...resolvers]) {
      const { signal } = new AbortController()
      const options = { protocol: 'udp', timeout: ms(2000), signal } as const
      const { answers } = decodeMessage(await dns.exchange(server, query, options))
      expect(answers[0]?.data).toMatchObject({ kind: 'SRV', target: 'sbc.acme.example' })
    }
    expect(resolvers).toHaveLength(5)
  })

  it.each(['udp', 'tcp'] as const)(
    'its gateways answer a test call over %s, and say who',
    async (via) => {
      const open = via === 'udp' ? openUdpTransport : openTcpTransport
      const caller = createSipEndpoint({
        transport: await open({ host: '127.0.0.1' }),
        wireClock: lab.clock.wireClock,
        server: 'test',
        onInvite: () => Promise.resolve({ kind: 'silence' }),
        onOptions: () => ({ kind: 'ok' }),
      })
      const call = (port: number) =>
        caller.placeCall({
          target: { host: '127.0.0.1', port, transport: via },
          number: '+12145550100',
          caller: '+19995550100',
          hangUpAfter: ms(10),
          patience: ms(3000),
        })
      const answers = [
        await call(lab.endpoints.gateways.pbx.port),
        await call(lab.endpoints.gateways['genesys-cloud'].port),
      ]
      await caller.close()

      expect(answers).toMatchObject([{ kind: 'completed', server: 'pbx' }, { kind: 'refused' }])
    },
  )

  it('places its stated sample of callers as real SIP calls', async () => {
    for (let waited = 0; lab.sample().answered < 2 && waited < 600; waited += 1) {
      await lab.clock.wireClock.sleep(ms(100))
    }
    expect(lab.sample()).toMatchObject({ refused: 0, silent: 0 })
    expect(lab.sample().answered).toBeGreaterThanOrEqual(2)
  })

  it('D10 a 429 with Retry-After is waited out in world time, by the adapter as by the lab', async () => {
    const { genesys, statuses } = organisationOf(lab)
    const fault = { kind: 'status', status: 429, retryAfter: 20 } as const
    lab.api.faults.script({ operation: 'GET /api/v2/routing/queues', fault, times: 1 })
    const [asked, wallAsked] = [lab.time.now(), Date.now()]

    const found = await genesys.queues?.find(['Billing DAL'], new AbortController().signal)

    expect(Object.keys(found ?? {})).toEqual(['Billing DAL'])
    expect(statuses.filter((status) => status === 429)).toHaveLength(1)
    expect(lab.time.now() - asked).toBeGreaterThanOrEqual(20_000)
    expect(Date.now() - wallAsked).toBeLessThan(20_000)
  })

  it('H2.4 more calls than a minute allows are spread over world minutes: none is refused', async () => {
    const { genesys, statuses } = organisationOf(lab)
    const wallAsked = Date.now()

    for (let call = 0; call < 400; call += 1) {
      await genesys.queues?.find(['Billing DAL'], new AbortController().signal)
    }

    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(400)
    expect(statuses).not.toContain(429)
    expect(Date.now() - wallAsked).toBeLessThan(60_000)
  })

  it('its plan has no error', () => {
    const text = twoSitesPlan(lab.estate, lab.endpoints)
    const { problems } = checkPlan(text, 'lab.yaml', { readFile: () => undefined })

    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  })
})

/** The product's adapter on the lab's clocks, and what it was answered. */
function organisationOf({ endpoints, clock }: SocketLab) {
  const statuses: number[] = []
  const send = createUndiciTransport()
  const { ports } = createGenesysCloud({
    id: platformId('cloud'),
    settings: {
      kind: 'genesys-cloud',
      region: 'mypurecloud.com',
      api: endpoints.genesysApi,
      login: endpoints.genesysLogin,
      clientId: { from: 'env', name: 'LAB_GENESYS_ID' },
      clientSecret: { from: 'env', name: 'LAB_GENESYS_SECRET' },
      gateway: endpoints.gateways['genesys-cloud'],
      shareTable: 'changeover-shares',
    },
    secrets: { clientId: twoSitesOauth.id, clientSecret: twoSitesOauth.secret },
    transport: async (...request) => {
      const answer = await send(...request)
      statuses.push(answer.status)
      return answer
    },
    ...clock,
  })
  return { genesys: ports, statuses }
}
