import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { later, ms } from '../../src/kernel/units.ts'
import { serveHttp } from '../../src/lab/network/http-socket.ts'
import { genesysOperations } from '../../src/lab/platforms/genesys-cloud/api.ts'
import { jsonAt, parseJson, textAt, textsAt } from '../../src/lab/platforms/genesys-cloud/json.ts'
import { ann, basic, main, type SmallOrg, smallOrg, spare, start } from '../support/genesys-org.ts'
import { type PrismProxy, startPrismProxy } from '../support/prism-proxy.ts'

const document = fileURLToPath(new URL('../vectors/contract/genesys-openapi.json', import.meta.url))
const contract = parseJson(readFileSync(document, 'utf8'))

let lab: SmallOrg
let proxy: PrismProxy
let server: Awaited<ReturnType<typeof serveHttp>>
let token = ''

beforeAll(async () => {
  lab = await smallOrg({ ratePerMinute: 10_000 })
  lab.org.setPresence(ann, 'OnQueue')
  const at = (seconds: number) => later(start, ms(seconds * 1000))
  for (const call of ['done', 'open']) {
    const facts = { sipCallId: `sip-${call}`, from: '+12125550000', dnis: main }
    lab.org.record({ kind: 'offered', call, ...facts, at: at(1) })
    lab.org.record({ kind: 'queued', call, queue: 'sales', at: at(2) })
    lab.org.record({ kind: 'answered', call, agent: ann, at: at(9) })
  }
  lab.org.record({ kind: 'ended', call: 'done', at: at(60), how: 'completed' })
  lab.time.advanceTo(at(120))
  server = await serveHttp(lab.api.handler)
  proxy = await startPrismProxy(document, server.url)
  const { body } = await send('POST /oauth/token', {
    form: 'grant_type=client_credentials',
    authorization: basic('changeover', 'quiet'),
  })
  token = textAt(parseJson(body), 'access_token') ?? ''
}, 90_000)

afterAll(async () => {
  await proxy.stop()
  await server.close()
})

interface Asked {
  readonly path?: string
  readonly query?: string
  readonly body?: unknown
  readonly form?: string
  readonly authorization?: string
}

async function send(operation: string, asked: Asked) {
  const [method = '', template = ''] = operation.split(' ')
  const path = `${asked.path ?? template}${asked.query ?? ''}`
  const type = asked.form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'
  const body = asked.form ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body))
  const answer = await fetch(`${proxy.url}${path}`, {
    method,
    headers: {
      authorization: asked.authorization ?? `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': type }),
    },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(20_000),
  })
  return { status: answer.status, body: await answer.text() }
}

/** Ids of what stands there at the beginning, and what is asked of each operation. */
function requests(): Readonly<Record<string, Asked>> {
  const { config, facts, calls } = lab.org
  const first = (map: ReadonlyMap<string, unknown>) => [...map.keys()][0] ?? ''
  const trunk = [...config.trunkBases.values()].find(({ name }) => name === 'dallas trunk')
  const user = [...config.users.values()].find(({ email }) => email === ann)
  const ids: Readonly<Record<string, string>> = {
    trunkBaseSettingsId: trunk?.id ?? '',
    trunkId: trunk?.trunkId ?? '',
    ivrId: first(config.ivrs),
    didPoolId: first(config.didPools),
    datatableId: first(config.tables),
    rowId: 'dallas',
    queueId: first(config.queues),
    memberId: user?.id ?? '',
    userId: user?.id ?? '',
    siteId: facts.sites[0]?.id ?? '',
    outboundRouteId: first(config.routes),
    phoneId: user?.phoneId ?? '',
    conversationId: calls.conversations()[0]?.id ?? '',
    namespaceName: 'platform.api',
  }
  const presence = [...facts.presences.values()].find(({ name }) => name === 'After call')?.id ?? ''
  const bodies = bodiesFor(ids, presence)
  const asked = genesysOperations.map(({ name }): [string, Asked] => {
    const [, template = ''] = name.split(' ')
    const path = template.replace(/\{(\w+)\}/g, (_, id: string) => ids[id] ?? `no ${id}`)
    return [name, { path, ...bodies[name] }]
  })
  return Object.fromEntries(asked)
}

const edges = '/api/v2/telephony/providers/edges'
const bases = `${edges}/trunkbasesettings`
const rows = '/api/v2/flows/datatables/{datatableId}/rows'
const members = '/api/v2/routing/queues/{queueId}/members'
const routes = `${edges}/sites/{siteId}/outboundroutes`
const interval = '2026-03-02T08:00:00.000Z/2026-03-02T09:00:00.000Z'

function bodiesFor(ids: Readonly<Record<string, string>>, presence: string): Record<string, Asked> {
  const trunk = {
    trunkType: 'EXTERNAL',
    trunkMetabase: { id: 'external_sip_pcv_byoc_carrier.json' },
    properties: { trunk_enabled: { value: { instance: true } } },
  }
  const row = { KEY: 'dallas', boundary: 500, salt: 'w1', policyVersion: 1, epoch: 1 }
  const route = {
    name: 'dallas out',
    classificationTypes: ['National'],
    distribution: 'SEQUENTIAL',
  }
  const pool = { name: 'pool', startPhoneNumber: '+12145559000', endPhoneNumber: '+12145559009' }
  const presenceDefinition = { id: presence }
  const predicates = [
    { type: 'dimension', dimension: 'queueId', operator: 'matches', value: ids['queueId'] },
  ]
  const calls = [{ type: 'dimension', dimension: 'protocolCallId', value: 'sip-done' }]
  const filter = { type: 'and', predicates }
  const user = ids['userId']
  return {
    [`GET ${bases}`]: { query: '?expand=properties&managed=false&name=dallas%20trunk' },
    [`GET ${bases}/template`]: { query: '?trunkMetabaseId=external_sip_pcv_byoc_carrier.json' },
    [`POST ${bases}`]: { body: { name: 'new trunk', ...trunk } },
    [`PUT ${bases}/{trunkBaseSettingsId}`]: {
      body: { name: 'dallas trunk', version: 1, ...trunk },
    },
    [`GET ${edges}/trunks`]: { query: `?trunkBase.id=${ids['trunkBaseSettingsId']}` },
    [`POST ${edges}/didpools`]: { body: pool },
    [`GET ${edges}/didpools/dids`]: { query: '?type=ASSIGNED_AND_UNASSIGNED' },
    [`GET ${edges}/phones`]: { query: '?expand=status&status.operationalStatus=OPERATIONAL' },
    'POST /api/v2/architect/ivrs': { body: { name: 'second', dnis: [spare] } },
    'PUT /api/v2/architect/ivrs/{ivrId}': {
      body: { name: 'dallas main', version: 1, dnis: [main] },
    },
    [`POST ${rows}`]: { body: row },
    [`PUT ${rows}/{rowId}`]: { body: { ...row, boundary: 1000 } },
    [`POST ${routes}`]: { body: { ...route, name: 'second' } },
    [`PUT ${routes}/{outboundRouteId}`]: { body: { ...route, version: 1 } },
    [`POST ${members}`]: { body: [{ id: user }] },
    [`PATCH ${members}`]: { body: [{ id: user, joined: true }] },
    [`PATCH ${members}/{memberId}`]: { body: { id: user, joined: true } },
    'GET /api/v2/users': {
      query: '?expand=presence&expand=routingStatus&expand=station&pageSize=100',
    },
    'POST /api/v2/users/search': {
      body: { query: [{ type: 'TERMS', fields: ['email'], values: [ann] }], pageSize: 50 },
    },
    'PUT /api/v2/users/presences/bulk': { body: [{ id: user, presenceDefinition }] },
    'PATCH /api/v2/users/{userId}/presences/purecloud': { body: { presenceDefinition } },
    'PUT /api/v2/users/{userId}/routingstatus': { body: { status: 'IDLE' } },
    'POST /api/v2/license/users': { body: [user] },
    'POST /api/v2/license/organization': {
      body: { assignments: [{ licenseId: 'cx1', userIdsAdd: [user], userIdsRemove: [] }] },
    },
    'POST /api/v2/analytics/conversations/aggregates/query': {
      body: { interval, groupBy: ['queueId'], filter, metrics: ['nOffered', 'tAnswered'] },
    },
    'POST /api/v2/analytics/conversations/details/query': {
      body: {
        interval,
        segmentFilters: [{ type: 'and', predicates: calls }],
        paging: { pageSize: 25, pageNumber: 1 },
      },
    },
    'POST /api/v2/analytics/queues/observations/query': {
      body: { filter, metrics: ['oWaiting', 'oInteracting', 'oMemberUsers'] },
    },
  }
}

/** Rows and routes are made before they are read, and deleted last. */
function inOrder(names: readonly string[]): readonly string[] {
  const order = ['POST', 'GET', 'PATCH', 'PUT', 'DELETE']
  const rank = (name: string) => order.indexOf(name.split(' ')[0] ?? '')
  return [...names].sort((a, b) => rank(a) - rank(b))
}

function inContract(name: string) {
  const [method = '', path = ''] = name.split(' ')
  return jsonAt(contract, 'paths', path, method.toLowerCase())
}

describe('the lab’s Genesys Cloud behind a validating proxy', () => {
  it('answers every operation that it serves as the contract says', async () => {
    const asked = requests()
    const answers: Record<string, unknown> = {}
    for (const name of inOrder(Object.keys(asked))) {
      const { status, body } = await send(name, asked[name] ?? {})
      const declared = Object.keys(Object(jsonAt(inContract(name), 'responses')))
      const isFine = declared.includes(String(status)) && status < 300
      answers[name] = isFine ? 'as declared' : `${status} ${body.slice(0, 600)}`
    }
    expect(answers).toEqual(
      Object.fromEntries(Object.keys(asked).map((name) => [name, 'as declared'])),
    )
    expect(Object.keys(asked)).toHaveLength(73)
  }, 60_000)

  it('asks for the permissions that the contract names', () => {
    for (const { name, permissions } of genesysOperations) {
      const named = textsAt(inContract(name), 'x-permissions', 'list')
      expect({ name, list: named }).toMatchObject({
        list: expect.arrayContaining([...permissions.list]),
      })
      expect({ name, needed: permissions.list.length > 0 }).toEqual({
        name,
        needed: named.length > 0,
      })
    }
  })

  it('keeps to the contract where it refuses', async () => {
    const unknown = await send('GET /api/v2/architect/ivrs/nobody', {})
    expect([unknown.status, textAt(parseJson(unknown.body), 'code')]).toEqual([404, 'not.found'])
    const stale = { name: 'dallas main', version: 99, dnis: [] }
    const id = [...lab.org.config.ivrs.keys()][0]
    expect((await send(`PUT /api/v2/architect/ivrs/${id}`, { body: stale })).status).toBe(409)
    const stranger = await send('GET /api/v2/date', { authorization: 'Bearer nobody' })
    expect(stranger.status).toBe(401)
    const form = 'grant_type=client_credentials'
    const authorization = basic('changeover', 'wrong')
    const refused = await send('POST /oauth/token', { form, authorization })
    expect([refused.status, textAt(parseJson(refused.body), 'error')]).toEqual([
      400,
      'invalid_client',
    ])
    const fault = { kind: 'status', status: 429 } as const
    lab.api.faults.script({ operation: 'GET /api/v2/date', fault, times: 1 })
    expect((await send('GET /api/v2/date', {})).status).toBe(429)
  })

  it.each([
    [`POST ${bases}`, { name: 'x', trunkType: 'EXTERNAL' }],
    [`POST ${bases}`, { name: 'x', trunkType: 'SIP', trunkMetabase: { id: 'y' } }],
    ['POST /api/v2/license/organization', { assignments: [{ licenseId: 'cx1' }] }],
    ['POST /api/v2/analytics/conversations/aggregates/query', { metrics: ['nOffered'] }],
    [`POST ${edges}/didpools`, { name: 'no range' }],
  ])('%s with a bad body is refused by the proxy, and by the lab itself', async (name, body) => {
    const judged = await send(name, { body })
    expect(judged.status).toBe(422)
    const [, path = ''] = name.split(' ')
    const direct = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(direct.status).toBeGreaterThanOrEqual(400)
    expect(direct.status).toBeLessThan(500)
  })

  it('breaks a connection without an answer', async () => {
    const fault = { kind: 'dropped', after: true } as const
    lab.api.faults.script({ operation: 'GET /api/v2/date', fault, times: 1 })
    const headers = { authorization: `Bearer ${token}` }
    await expect(fetch(`${server.url}/api/v2/date`, { headers })).rejects.toThrow('fetch failed')
    expect((await fetch(`${server.url}/api/v2/date`, { headers })).status).toBe(200)
  })
})
