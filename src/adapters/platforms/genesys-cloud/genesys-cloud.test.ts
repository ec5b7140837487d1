import { describe, expect, it } from 'vitest'
import type { PlatformPorts } from '../../../features/platform/index.ts'
import { epoch, type WriteLimits } from '../../../kernel/authority.ts'
import type { WireClock } from '../../../kernel/clock.ts'
import { agentId, platformId, queueId } from '../../../kernel/ids.ts'
import { epochMs } from '../../../kernel/units.ts'
import type { HttpRequest, HttpResponse } from '../../../protocols/http/transport.ts'
import { createGenesysCloud } from './index.ts'
import { agentStatusFrom, healthFrom, isPresence, numberFrom, trunkFrom } from './mapping.ts'
import { trunkBase } from './schema.ts'

const signal = new AbortController().signal

function steppedClock() {
  let now = 0
  const clock: WireClock = {
    kind: 'wire',
    now: () => epochMs(now),
    sleep: (duration) => {
      now += duration
      return Promise.resolve()
    },
  }
  return { clock, pass: (duration: number) => (now += duration) }
}

interface Asked {
  readonly name: string
  readonly query: URLSearchParams
  readonly body: unknown
  readonly authorization: string
}

const ok = (body: unknown): HttpResponse => ({
  status: 200,
  headers: {},
  body: body === undefined ? '' : JSON.stringify(body),
})

/** Answers by `METHOD /path below /api/v2`; tokens are `token-1`, `token-2` … and live an hour. */
function connect(answers: (asked: Asked) => unknown) {
  const time = steppedClock()
  const asked: Asked[] = []
  let tokens = 0
  const transport = (request: HttpRequest) => {
    const url = new URL(request.url)
    if (url.pathname === '/oauth/token') {
      tokens += 1
      return Promise.resolve(ok({ access_token: `token-${tokens}`, expires_in: 3600 }))
    }
    const call = {
      name: `${request.method} ${url.pathname.replace('/api/v2', '')}`,
      query: url.searchParams,
      body: request.body === undefined ? undefined : JSON.parse(request.body),
      authorization: request.headers['authorization'] ?? '',
    }
    asked.push(call)
    return Promise.resolve(ok(answers(call)))
  }
  const platform = createGenesysCloud({
    id: platformId('genesys'),
    settings: {
      kind: 'genesys-cloud',
      region: 'mypurecloud.com',
      api: 'api.mypurecloud.com',
      login: 'login.mypurecloud.com',
      clientId: { from: 'env', name: 'ID' },
      clientSecret: { from: 'env', name: 'SECRET' },
      gateway: { host: 'gw', port: 5061, transport: 'tls' },
      shareTable: 'Shares',
    },
    secrets: { clientId: 'id', clientSecret: 'secret' },
    transport,
    wireClock: time.clock,
  })
  const limits: WriteLimits = {
    signal,
    deadline: epochMs(600_000),
    epoch: epoch(1),
    confirmLease: () => Promise.resolve(),
  }
  return { asked, ports: platform.ports as PlatformPorts, limits, pass: time.pass }
}

const base = (properties: Record<string, unknown>) =>
  trunkBase.parse({
    id: 't1',
    name: 'dallas',
    version: 4,
    trunkType: 'EXTERNAL',
    trunkMetabase: { id: 'external_sip_pcv_byoc_carrier.json' },
    properties,
  })
const property = (instance: unknown) => ({ value: { instance } })

describe('the token', () => {
  it('promise 10: is in no error, whatever the far side makes of it', async () => {
    const { ports } = connect(({ authorization }) => ({ entities: authorization.slice(7) }))

    const error = await ports.trunks.list(signal).catch((thrown) => thrown)

    expect(error).toMatchObject({ code: 'platform.unexpected-answer' })
    expect(error.message).toContain('[redacted]')
    expect(error.message).not.toContain('token-1')
  })

  it('is fetched once for all, and again before it ends', async () => {
    const { asked, ports, pass } = connect(() => ({ entities: [] }))

    await Promise.all([ports.trunks.list(signal), ports.trunks.list(signal)])
    pass(3_530_000)
    await ports.trunks.list(signal)
    pass(20_000)
    await ports.trunks.list(signal)

    expect(asked.map(({ authorization }) => authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-1',
      'Bearer token-1',
      'Bearer token-2',
    ])
  })
})

describe('a token that several wait for', () => {
  it('is nobody’s to abort', async () => {
    const { ports } = connect(() => ({ entities: [] }))
    const stopping = new AbortController()
    const reason = new Error('paused')

    const stopped = ports.trunks.list(stopping.signal)
    const going = ports.trunks.list(signal)
    stopping.abort(reason)

    await expect(stopped).rejects.toBe(reason)
    expect(await going).toEqual([])
  })
})

describe('listings', () => {
  it('follows pageCount, and nextUri where nothing is counted', async () => {
    const { asked, ports } = connect(({ name, query }) => {
      const page = Number(query.get('pageNumber'))
      if (name === 'GET /routing/queues')
        return { entities: [{ id: `q${page}`, name: `queue ${page}` }], pageCount: 3 }
      const next = page < 2 ? { nextUri: '/api/v2/next' } : {}
      return { entities: [{ id: `u${page}`, joined: true }], ...next }
    })

    expect(await ports.queues.find(['queue 1', 'queue 3'], signal)).toEqual({
      'queue 1': 'q1',
      'queue 3': 'q3',
    })
    expect(await ports.queues.members(queueId('q1'), signal)).toHaveLength(2)
    expect(asked).toHaveLength(5)
  })
})

describe('writes', () => {
  it('puts a trunk back whole, with its version and what we know nothing of', async () => {
    let trunk: object = {
      id: 't1',
      name: 'dallas',
      version: 4,
      trunkType: 'EXTERNAL',
      trunkMetabase: { id: 'byoc', selfUri: '/m' },
      description: 'keep me',
      properties: { trunk_enabled: property(false), trunk_other: { type: 'string', value: {} } },
    }
    const { asked, ports, limits } = connect(({ name, body }) => {
      if (name.startsWith('PUT')) trunk = { ...trunk, ...(body as object), version: 5 }
      return name.endsWith('trunkbasesettings') ? { entities: [trunk], pageCount: 1 } : trunk
    })

    await ports.trunks.setEnabled('dallas', true, limits)

    const put = asked.find(({ name }) => name.startsWith('PUT'))
    expect(put?.name).toBe('PUT /telephony/providers/edges/trunkbasesettings/t1')
    expect(put?.body).toEqual({
      ...trunk,
      version: 4,
      managed: false,
      properties: { trunk_enabled: property(true), trunk_other: { type: 'string', value: {} } },
    })
  })

  it('D13 adds members a hundred at a time', async () => {
    const members = new Map<string, boolean>()
    const { asked, ports, limits } = connect(({ name, body }) => {
      if (name.startsWith('POST'))
        for (const { id } of body as { id: string }[]) members.set(id, true)
      const entities = [...members].map(([id, joined]) => ({ id, joined }))
      return { entities }
    })
    const wanted = Array.from({ length: 250 }, (_, index) => ({
      agent: agentId(`u${index}`),
      joined: true,
    }))

    await ports.queues.setMembers(queueId('q'), wanted, limits)

    const sizes = asked.flatMap(({ name, body }) =>
      name.startsWith('POST') ? [(body as unknown[]).length] : [],
    )
    expect(sizes).toEqual([100, 100, 50])
  })

  it('W5.1 asks alone for a licence whose batch answer it does not understand', async () => {
    const { asked, ports } = connect(({ name }) =>
      name === 'POST /license/users'
        ? { u1: ['a'], u2: { odd: true }, u3: { licenses: [{ id: 'c' }] } }
        : { licenses: [{ id: 'alone' }] },
    )

    const held = await ports.licences.read(['u1', 'u2', 'u3'].map(agentId), signal)

    expect(held).toEqual({ u1: ['a'], u2: ['alone'], u3: ['c'] })
    expect(asked.map(({ name }) => name)).toEqual(['POST /license/users', 'GET /license/users/u2'])
  })

  it('D5 makes no route: it belongs to a site that no plan names', async () => {
    const { ports, limits } = connect(() => ({ entities: [] }))
    const route = { enabled: true, trunks: ['a'] }

    await expect(
      ports.outboundRoutes.replace('out', undefined, route, limits),
    ).rejects.toMatchObject({ code: 'platform.unsupported' })
    await ports.outboundRoutes.replace('out', undefined, undefined, limits)
  })
})

describe('what Genesys says, in our words', () => {
  it('reads a trunk from its properties, absent ones being off', () => {
    expect(trunkFrom(base({}))).toMatchObject({ enabled: false, codecs: [], transport: 'udp' })
    expect(
      trunkFrom(
        base({
          trunk_enabled: property(true),
          trunk_media_codec: property(['audio/opus', 'audio/pcmu']),
          trunk_transport_protocolVariant: property('tls'),
          trunk_outboundIdentity_callingAddress: property('+1214'),
        }),
      ),
    ).toMatchObject({
      enabled: true,
      codecs: ['OPUS', 'PCMU'],
      transport: 'tls',
      callerId: '+1214',
    })
  })

  it('no instance of a trunk is not in service; one that serves is enough', () => {
    const instance = { enabled: true, connectedStatus: null, optionsStatus: [] }
    expect(healthFrom([])).toMatchObject({ inService: false })
    expect(
      healthFrom([
        { ...instance, inService: true },
        {
          ...instance,
          inService: false,
          optionsStatus: [{ proxyAddress: 'p', optionState: false }],
        },
      ]),
    ).toEqual({
      inService: true,
      because: '1 of 2 instances in service; OPTIONS unanswered by p',
    })
  })

  it.each([
    { systemPresence: 'OnQueue', status: 'IDLE', phone: 'p', expected: [true, true] },
    { systemPresence: 'On Queue', status: 'INTERACTING', phone: 'p', expected: [true, true] },
    { systemPresence: 'OnQueue', status: 'NOT_RESPONDING', phone: 'p', expected: [true, false] },
    { systemPresence: 'Available', status: 'OFF_QUEUE', phone: 'p', expected: [true, false] },
    { systemPresence: 'Offline', status: 'OFF_QUEUE', phone: 'p', expected: [false, false] },
    {
      systemPresence: 'Available',
      status: 'OFF_QUEUE',
      phone: undefined,
      expected: [false, false],
    },
  ])('promise 7: $systemPresence, $status, phone $phone', (given) => {
    const { systemPresence, status, phone, expected } = given
    const state = {
      id: 'u',
      presence: { presenceDefinition: { systemPresence } },
      routingStatus: { status },
    }

    const { registered, onQueue } = agentStatusFrom(agentId('u'), state, phone)

    expect([registered, onQueue]).toEqual(expected)
  })

  it('promise 7: nothing known is not routable', () => {
    expect(agentStatusFrom(agentId('u'), undefined, 'phone').onQueue).toBe(false)
    expect(isPresence('ON_QUEUE', 'OnQueue')).toBe(true)
  })

  it.each(['tel:+12145550100', 'sip:+12145550100@gw;user=phone', '+12145550100'])(
    '%s',
    (address) => {
      expect(numberFrom(address)).toBe('+12145550100')
    },
  )
})
