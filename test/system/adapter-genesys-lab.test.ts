import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createUndiciTransport } from '../../src/adapters/http-client/index.ts'
import { createGenesysCloud } from '../../src/adapters/platforms/genesys-cloud/index.ts'
import type { PlatformPorts, TrunkSpec } from '../../src/features/platform/index.ts'
import { epoch, type WriteLimits } from '../../src/kernel/authority.ts'
import type { WireClock } from '../../src/kernel/clock.ts'
import { type AgentId, agentId, platformId, type QueueId, queueId } from '../../src/kernel/ids.ts'
import { epochMs, ms } from '../../src/kernel/units.ts'
import { type HttpSocketServer, serveHttp } from '../../src/lab/network/http-socket.ts'
import { createGenesysApi, type GenesysApi } from '../../src/lab/platforms/genesys-cloud/api.ts'
import { createGenesysOrg, type GenesysOrg } from '../../src/lab/platforms/genesys-cloud/org.ts'
import { startPrismProxy } from '../support/prism-proxy.ts'

const wireClock: WireClock = {
  kind: 'wire',
  now: () => epochMs(Date.now()),
  sleep: (duration, signal) => sleep(duration, undefined, signal ? { signal } : {}),
}
const signal = new AbortController().signal
const transport = createUndiciTransport()
const spec: TrunkSpec = {
  name: 'byoc-dallas',
  codecs: ['PCMU', 'OPUS'],
  callerId: '+12145550100',
  transport: 'tls',
  srtp: 'sdes',
  allowList: ['203.0.113.0/24'],
}

function limits(over: Partial<WriteLimits> = {}): WriteLimits {
  const deadline = epochMs(Date.now() + 15_000)
  return { signal, deadline, epoch: epoch(7), confirmLease: () => Promise.resolve(), ...over }
}

const names = ['ann', 'ben', 'cyd', 'dee', 'eli']

function newOrg(permissions: readonly string[] = ['*']): GenesysOrg {
  return createGenesysOrg({
    now: () => epochMs(Date.now()),
    seed: 1,
    client: { id: 'changeover', secret: 'hunter2', permissions },
    sites: [{ name: 'dallas', numbers: ['+12145550100', '+12145550101'], trunk: 'byoc-dallas' }],
    users: names.map((name, index) => ({
      email: `${name}@example.com`,
      extension: `20${index}`,
      site: 'dallas',
      phoneReachable: name !== 'cyd',
    })),
    queues: [{ name: 'sales', site: 'dallas' }],
    ivrs: [
      { name: 'dallas-main', site: 'dallas', queue: 'sales' },
      { name: 'parked', site: 'dallas', queue: 'sales', numbers: ['+12145550100'] },
    ],
    trunks: [
      { name: 'gcv', enabled: true, managed: true },
      { name: 'interconnect', enabled: true },
      { name: 'spare', enabled: true },
    ],
    outboundRoutes: [
      { site: 'dallas', name: 'dallas-out', enabled: true, trunks: ['interconnect', 'spare'] },
    ],
    licences: ['cloudCX3'],
    shareTable: 'Shares',
    timing: { trunkDelay: ms(0), licenceDelay: ms(0) },
    ratePerMinute: 10_000,
  })
}

function connect(api: string, login = api, secret = 'hunter2'): PlatformPorts {
  const { ports } = createGenesysCloud({
    id: platformId('genesys'),
    settings: {
      kind: 'genesys-cloud',
      region: 'mypurecloud.com',
      api,
      login,
      clientId: { from: 'env', name: 'ID' },
      clientSecret: { from: 'env', name: 'SECRET' },
      gateway: { host: 'gw', port: 5061, transport: 'tls' },
      shareTable: 'Shares',
    },
    secrets: { clientId: 'changeover', clientSecret: secret },
    transport,
    wireClock,
  })
  return ports as PlatformPorts
}

/** Every port, read and written, in the order of a cutover. */
async function driveEverything(ports: PlatformPorts, org: GenesysOrg): Promise<void> {
  const trunk = await ports.trunks.provision(spec, limits())
  expect(trunk).toMatchObject({ ...spec, enabled: false, managed: false })
  expect(await ports.trunks.provision(spec, limits())).toEqual(trunk)
  const clear = await ports.trunks.provision({ ...spec, srtp: 'off' }, limits())
  expect(clear).toMatchObject({ srtp: 'off', enabled: false })
  await ports.trunks.provision(spec, limits())
  await ports.trunks.setEnabled('byoc-dallas', true, limits())
  await ports.trunks.setEnabled('byoc-dallas', true, limits())
  expect((await ports.trunks.find('byoc-dallas', signal))?.enabled).toBe(true)
  expect(await ports.trunks.health('byoc-dallas', signal)).toMatchObject({ inService: true })

  await refuseUsersNumber(ports, org)
  await ports.inboundNumbers.bind(
    { '+12145550100': 'dallas-main', '+12145550101': 'dallas-main' },
    limits(),
  )
  expect(org.admit('+12145550100')).toMatchObject({ kind: 'flow', queue: 'sales' })

  const ids = await ports.agents.find(['ann@example.com', 'nobody@example.com'], signal)
  expect(Object.keys(ids)).toEqual(['ann@example.com'])
  const ann = agentId(ids['ann@example.com'] ?? '')
  const { sales } = await ports.queues.find(['sales', 'none'], signal)
  const queue = queueId(sales ?? '')
  await ports.queues.setMembers(queue, [{ agent: ann, joined: false }], limits())
  expect(await ports.queues.members(queue, signal)).toEqual([{ agent: ann, joined: false }])
  expect(await ports.queues.ofAgents([ann], signal)).toEqual({
    [ann]: [{ queue, name: 'sales', joined: false }],
  })
  await ports.queues.setMembers(queue, [{ agent: ann, joined: true }], limits())
  expect(await ports.queues.ofAgents([ann], signal)).toMatchObject({ [ann]: [{ joined: true }] })
  await ports.licences.assign('cloudCX3', { add: [ann], remove: [] }, limits())
  await ports.agents.setOnQueue([ann], true, limits())
  expect(org.routableAgents('sales')).toEqual(['ann@example.com'])
  expect(await ports.licences.read([ann], signal)).toEqual({ [ann]: ['cloudCX3'] })
  expect(await ports.licences.owned(signal)).toEqual(['cloudCX3'])
  await readAllAgents(ports, ann)

  const share = { boundary: 500, salt: 's', policyVersion: 1, epoch: 7 }
  await ports.shares.replace('dallas', undefined, share, limits())
  await ports.shares.replace('dallas', share, { ...share, boundary: 1000 }, limits())
  expect(await ports.shares.read('dallas', signal)).toEqual({ ...share, boundary: 1000 })
  await ports.shares.replace('dallas', { ...share, boundary: 1000 }, undefined, limits())
  expect(await ports.shares.read('dallas', signal)).toBeUndefined()

  const route = { enabled: true, trunks: ['interconnect', 'spare'] }
  const turned = { enabled: true, trunks: ['byoc-dallas', 'interconnect'] }
  expect(await ports.outboundRoutes.read('dallas-out', signal)).toEqual(route)
  await ports.outboundRoutes.replace('dallas-out', route, turned, limits())
  expect(await ports.outboundRoutes.read('dallas-out', signal)).toEqual(turned)
  await ports.outboundRoutes.replace('dallas-out', turned, route, limits())

  await ports.agents.setOnQueue([ann], false, limits())
  await readEverything(ports, queue)
  await ports.queues.removeMembers(queue, [ann], limits())
  expect(org.routableAnywhere()).toEqual([])
  await ports.inboundNumbers.bind({ '+12145550100': null, '+12145550101': null }, limits())
  await ports.trunks.remove('byoc-dallas', limits())
  await ports.trunks.remove('byoc-dallas', limits())
  expect(await ports.trunks.find('byoc-dallas', signal)).toBeUndefined()
  expect(Math.abs(await ports.account.clockOffset(signal))).toBeLessThan(2000)
}

/** A number that is a user's own is named, and neither bound nor taken away. */
async function refuseUsersNumber({ inboundNumbers }: PlatformPorts, { config }: GenesysOrg) {
  const [ann] = config.users.values()
  if (ann === undefined) throw new Error('the lab has no user')
  const both = ['+12145550100', '+12145550101'] as const
  ann.numbers = [both[1]]
  expect(await inboundNumbers.holders(both, signal)).toEqual({ [both[1]]: 'user ann' })
  await expect(
    inboundNumbers.bind({ [both[0]]: 'dallas-main', [both[1]]: 'dallas-main' }, limits()),
  ).rejects.toMatchObject({ code: 'platform.conflict' })
  expect(await inboundNumbers.readBindings(both, signal)).toEqual({ [both[0]]: 'parked' })
  ann.numbers = []
}

/** As preflight does: everybody at once. */
async function readAllAgents({ agents, queues, licences }: PlatformPorts, ann: AgentId) {
  const emails = names.map((name) => `${name}@example.com`)
  const all = Object.values(await agents.find(emails, signal))
  expect(all).toHaveLength(names.length)
  const memberships = await queues.ofAgents(all, signal)
  expect(memberships[ann]).toMatchObject([{ name: 'sales', joined: true }])
  expect(Object.values(memberships).flat()).toHaveLength(1)
  expect((await licences.read(all, signal))[ann]).toEqual(['cloudCX3'])
}

let org: GenesysOrg
let api: GenesysApi
let server: HttpSocketServer
let ports: PlatformPorts

beforeEach(async () => {
  org = newOrg()
  api = createGenesysApi(org, wireClock)
  server = await serveHttp(api.handler)
  ports = connect(server.url)
})
afterEach(() => server.close())
afterAll(() => transport.close())

/** What gates and guards ask. */
async function readEverything({ statistics }: PlatformPorts, queue: QueueId) {
  const [from, to] = [epochMs(Date.now() - 60_000), epochMs(Date.now())]
  expect(await statistics.waiting([queue], signal)).toBe(0)
  expect(await statistics.workload([queue], signal)).toMatchObject({ busy: 0 })
  expect(await statistics.failed(['+12145550100'], from, to, signal)).toBe(0)
  expect(await statistics.conversationOf('nobody@sbc', signal)).toBeUndefined()
  await expect(statistics.queues([queue], from, to, signal)).rejects.toMatchObject({
    code: 'platform.unexpected-answer',
  })
}

describe('Genesys Cloud by its API, on the lab over a socket', () => {
  it('D5 does everything a cutover asks, twice being once', async () => {
    await driveEverything(ports, org)
  })

  it('M counts what queues had, waits shown, nothing measured being an error', async () => {
    const { sales } = await ports.queues.find(['sales'], signal)
    const from = epochMs(Date.now() - 60_000)
    const to = epochMs(Date.now() + 60_000)
    const queues = [queueId(sales ?? '')]
    expect(await ports.statistics.waiting(queues, signal)).toBe(0)
    await expect(ports.statistics.queues(queues, from, to, signal)).rejects.toMatchObject({
      code: 'platform.unexpected-answer',
    })
    const began = Date.now() - 30_000
    const at = (offset: number) => epochMs(began + offset)
    const offer = (call: string) => {
      const facts = { call, sipCallId: `${call}@sbc`, from: '+1999', dnis: '+12145550100' }
      org.record({ kind: 'offered', ...facts, at: at(0) })
      org.record({ kind: 'queued', call, queue: 'sales', at: at(0) })
    }
    for (const call of ['a', 'b', 'c', 'd']) offer(call)
    org.record({ kind: 'answered', call: 'a', agent: 'ann@example.com', at: at(4000) })
    org.record({ kind: 'ended', call: 'b', at: at(9000), how: 'abandoned' })
    org.record({ kind: 'ended', call: 'c', at: at(1000), how: 'abandoned' })

    expect(await ports.statistics.queues(queues, from, to, signal)).toEqual({
      offered: 4,
      answered: 1,
      abandoned: 1,
      shortAbandoned: 1,
      failed: 0,
      meanWaitMs: 4000,
    })
    expect(await ports.statistics.waiting(queues, signal)).toBe(1)
    const unknown = [...queues, queueId('11111111-2222-4333-8444-555555555555')]
    await expect(ports.statistics.waiting(unknown, signal)).rejects.toMatchObject({
      code: 'platform.unexpected-answer',
    })
    expect(await ports.liveCalls.count([], signal)).toBe(2)
    expect(await ports.liveCalls.count(['+12145550100'], signal)).toBe(2)
    expect(await ports.liveCalls.count(['+12145550101'], signal)).toBe(0)
    expect(await ports.statistics.conversationOf('a@sbc', signal)).toMatchObject({
      dnis: '+12145550100',
    })
    expect(await ports.statistics.conversationOf('z@sbc', signal)).toBeUndefined()
  })

  it('M finds calls that failed before any queue had them, by the number that was called', async () => {
    const from = epochMs(Date.now() - 60_000)
    const to = epochMs(Date.now() + 60_000)
    const at = epochMs(Date.now() - 30_000)
    const end = (call: string, how: 'failed' | 'completed') => {
      const facts = { call, sipCallId: `${call}@sbc`, from: '+1999', dnis: '+12145550100' }
      org.record({ kind: 'offered', ...facts, at })
      org.record({ kind: 'ended', call, at, how })
    }
    for (const call of ['a', 'b']) end(call, 'failed')
    end('c', 'completed')

    expect(await ports.statistics.failed(['+12145550100'], from, to, signal)).toBe(2)
    expect(await ports.statistics.failed(['+12145550101'], from, to, signal)).toBe(0)
    const earlier = [epochMs(from - 60_000), epochMs(from)] as const
    expect(await ports.statistics.failed(['+12145550100'], ...earlier, signal)).toBe(0)
  })

  it('M utilisation: agents in a call of those who could take one', async () => {
    const { sales } = await ports.queues.find(['sales'], signal)
    const agents = Object.values(await ports.agents.find(['ann@example.com'], signal))
    const queues = [queueId(sales ?? '')]
    const members = agents.map((agent) => ({ agent, joined: true }))
    await ports.queues.setMembers(queueId(sales ?? ''), members, limits())
    expect(await ports.statistics.workload(queues, signal)).toEqual({ able: 0, busy: 0 })

    await ports.agents.setOnQueue(agents, true, limits())
    expect(await ports.statistics.workload(queues, signal)).toEqual({ able: 1, busy: 0 })

    const facts = { call: 'a', sipCallId: 'a@sbc', from: '+1999', dnis: '+12145550100' }
    const at = epochMs(Date.now())
    org.record({ kind: 'offered', ...facts, at })
    org.record({ kind: 'queued', call: 'a', queue: 'sales', at })
    org.record({ kind: 'answered', call: 'a', agent: 'ann@example.com', at })
    expect(await ports.statistics.workload(queues, signal)).toEqual({ able: 1, busy: 1 })

    const unknown = [...queues, queueId('11111111-2222-4333-8444-555555555555')]
    await expect(ports.statistics.workload(unknown, signal)).rejects.toMatchObject({
      code: 'platform.unexpected-answer',
    })
  })

  it('P1.1 names each right as had or missing', async () => {
    await server.close()
    org = newOrg(['telephony:plugin:all', 'routing:queue:view'])
    server = await serveHttp(createGenesysApi(org, wireClock).handler)
    ports = connect(server.url)

    const needs = await ports.account.check(['trunks', 'queues.setMembers', 'teleport'], signal)

    const states = Object.fromEntries(needs.map(({ what, state }) => [what, state]))
    expect(states).toMatchObject({
      'OAuth client credentials': 'had',
      'telephony:plugin:all': 'had',
      'routing:queue:edit or routing:queueMember:manage': 'missing',
      'product byoc': 'had',
      'BYOC carrier trunks': 'had',
      teleport: 'unknown',
    })
    await expect(ports.licences.owned(signal)).rejects.toMatchObject({
      code: 'platform.forbidden',
      message: expect.stringContaining('authorization:license:view'),
    })
  })

  it('P1.2 P1.3 reads flows, numbers, the share table and the rate before anything is done', async () => {
    expect(await ports.inboundNumbers.flows(['dallas-main', 'none'], signal)).toEqual({
      'dallas-main': { answers: true },
    })
    expect(await ports.inboundNumbers.known(['+12145550101', '+12145550177'], signal)).toEqual([
      '+12145550101',
    ])
    expect(await ports.shares.probe(signal)).toMatchObject([
      { what: 'data table Shares', state: 'had' },
    ])
    expect(await ports.account.rateLimit(signal)).toEqual({
      name: 'client.credentials.token.rate.per.minute',
      callsPerMinute: 10_000,
    })
    org.config.tables.clear()
    expect(await ports.shares.probe(signal)).toMatchObject([{ state: 'missing' }])
  })

  it('refuses what belongs to the vendor, and a stranger’s credentials', async () => {
    await expect(ports.trunks.setEnabled('gcv', false, limits())).rejects.toMatchObject({
      code: 'platform.unsupported',
    })
    const stranger = connect(server.url, server.url, 'wrong')
    await expect(stranger.trunks.list(signal)).rejects.toMatchObject({
      code: 'platform.unauthorised',
      message: expect.not.stringContaining('wrong'),
    })
  })

  it('renews a token that was revoked', async () => {
    await ports.trunks.list(signal)
    api.tokens.revokeAll()

    expect(await ports.trunks.list(signal)).toHaveLength(3)
  })

  it('D10 waits until a lagging read shows the write', async () => {
    const operation =
      'GET /api/v2/telephony/providers/edges/trunkbasesettings/{trunkBaseSettingsId}'
    api.faults.script({ operation, fault: { kind: 'lagging', reads: 3 } })

    await ports.trunks.setEnabled('spare', false, limits())

    expect((await ports.trunks.find('spare', signal))?.enabled).toBe(false)
  })

  it('D10 a 200 that changed nothing is not taken', async () => {
    const operation = 'PUT /api/v2/architect/ivrs/{ivrId}'
    api.faults.script({ operation, fault: { kind: 'lying' } })
    const deadline = epochMs(Date.now() + 2000)

    await expect(
      ports.inboundNumbers.bind({ '+12145550100': 'dallas-main' }, limits({ deadline })),
    ).rejects.toMatchObject({ code: 'platform.not-taken' })
    expect(await ports.inboundNumbers.readBindings(['+12145550100'], signal)).toEqual({
      '+12145550100': 'parked',
    })
  })

  it('promise 4: numbers cut between removal and addition end the same when asked again', async () => {
    const operation = 'PUT /api/v2/architect/ivrs/{ivrId}'
    api.faults.script({ operation, fault: { kind: 'dropped', after: true }, times: 1 })
    const wanted = { '+12145550100': 'dallas-main' }

    await expect(ports.inboundNumbers.bind(wanted, limits())).rejects.toMatchObject({
      code: 'platform.unreachable',
    })
    expect(await ports.inboundNumbers.readBindings(['+12145550100'], signal)).toEqual({})
    await ports.inboundNumbers.bind(wanted, limits())

    expect(await ports.inboundNumbers.readBindings(['+12145550100'], signal)).toEqual(wanted)
  })

  it('X7 leaves a share alone that a newer epoch set, or somebody else changed', async () => {
    const share = { boundary: 500, salt: 's', policyVersion: 1, epoch: 9 }
    await ports.shares.replace('dallas', undefined, share, limits({ epoch: epoch(9) }))

    const older = ports.shares.replace('dallas', share, { ...share, boundary: 0 }, limits())
    await expect(older).rejects.toThrow('epoch 9, newer than ours')
    const mistaken = ports.shares.replace(
      'dallas',
      undefined,
      { ...share, boundary: 0 },
      {
        ...limits(),
        epoch: epoch(9),
      },
    )
    await expect(mistaken).rejects.toMatchObject({ code: 'platform.conflict' })
    expect(await ports.shares.read('dallas', signal)).toEqual(share)
  })

  it('promise 7: an agent without a phone is not put on queue', async () => {
    const found = await ports.agents.find(['ann@example.com', 'cyd@example.com'], signal)
    const agents = Object.values(found)

    await expect(ports.agents.setOnQueue(agents, true, limits())).rejects.toMatchObject({
      code: 'platform.conflict',
    })
    const statuses = await ports.agents.status(agents, signal)
    expect(statuses.map(({ registered, onQueue }) => [registered, onQueue])).toEqual([
      [true, false],
      [false, false],
    ])
  })
})

describe('the same, judged by the vendor’s contract', () => {
  it('D5 no request and no answer violates the OpenAPI document', async () => {
    const document = 'test/vectors/contract/genesys-openapi.json'
    const prism = await startPrismProxy(document, server.url)
    try {
      await driveEverything(connect(prism.url, server.url), org)

      // The judge is awake: what breaks the document is refused.
      const broken = await fetch(`${prism.url}/api/v2/license/organization`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer x' },
        body: '{"assignments":[{}]}',
      })
      expect(broken.status).toBe(422)
    } finally {
      await prism.stop()
    }
  }, 60_000)
})
