import { describe, expect, it } from 'vitest'
import { connect } from '../../../../test/support/genesys-answers.ts'
import { agentId, queueId } from '../../../kernel/ids.ts'
import { agentStatusFrom, healthFrom, isPresence, numberFrom, trunkFrom } from './mapping.ts'
import { trunkBase } from './schema.ts'

const signal = new AbortController().signal

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

describe('what outlasts a connection', () => {
  it('X10 is its token, for the same client and no other', async () => {
    const { asked, ports, again } = connect(() => ({ entities: [] }))

    for (const each of [ports, again(), again('another secret'), again()])
      await each.trunks.list(signal)

    expect(asked.map(({ authorization }) => authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-1',
      'Bearer token-2',
      'Bearer token-1',
    ])
  })

  it('X10 is what of the rate is used', async () => {
    const { asked, again, pass } = connect(() => ({ entities: [] }))

    for (let call = 0; call < 61; call += 1) await again().trunks.list(signal)

    expect(asked).toHaveLength(61)
    // The burst of 60 is not had anew by each connection: the next call had to wait.
    expect(pass(0)).toBeGreaterThan(0)
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

describe('reading many agents', () => {
  const many = Array.from({ length: 50 }, (_, index) => agentId(`u${index}`))
  const queuesOf = (count: number, memberCount: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: `q${index}`,
      name: `Q${index}`,
      memberCount,
    }))

  it('X10 promise 7 finds everybody’s queues by the queues’ members, and reads those that claim to be empty', async () => {
    const { asked, ports } = connect(({ name }) => {
      if (name === 'GET /routing/queues') return { entities: queuesOf(3, 0), pageCount: 1 }
      const members = [{ id: 'u1' }, { id: 'u2', joined: false }, { id: 'stranger', joined: true }]
      return { entities: name.includes('q2') ? members : [], pageCount: 1 }
    })

    const found = await ports.queues.ofAgents(many, signal)

    const q2 = { queue: 'q2', name: 'Q2' }
    expect(Object.keys(found)).toHaveLength(50)
    // Of whom nothing is said is taken to be offered calls.
    expect([found[agentId('u1')], found[agentId('u2')], found[agentId('u3')]]).toEqual([
      [{ ...q2, joined: true }],
      [{ ...q2, joined: false }],
      [],
    ])
    expect(asked).toHaveLength(4)
  })

  it.each([
    ['many queues', queuesOf(101, 1)],
    ['few, but full ones', queuesOf(2, 5001)],
  ])('X10 asks agent by agent where there are %s', async (_, queues) => {
    const { asked, ports } = connect(({ name }) =>
      name === 'GET /routing/queues' ? { entities: queues, pageCount: 1 } : { entities: [] },
    )

    await ports.queues.ofAgents(many, signal)

    expect(asked).toHaveLength(1 + 2 * many.length)
  })

  it('X10 W5.1 whom the batch answer leaves out is read from the listing of all, then alone', async () => {
    const { asked, ports } = connect(({ name }) => {
      if (name === 'POST /license/users') return { u0: ['a'] }
      if (name !== 'GET /license/users') return { licenses: [{ id: 'alone' }] }
      const told = many.slice(2).map((id) => ({ id, licenses: ['listed'] }))
      return { entities: told, pageCount: 2 }
    })

    const held = await ports.licences.read(many, signal)

    expect([held[agentId('u0')], held[agentId('u1')], held[agentId('u2')]]).toEqual([
      ['a'],
      ['alone'],
      ['listed'],
    ])
    expect(asked.map(({ name }) => name)).toEqual([
      'POST /license/users',
      ...Array.from({ length: 3 }, () => 'GET /license/users'),
      'GET /license/users/u1',
    ])
  })

  const state = (id: string, systemPresence: string) => ({
    id,
    presence: { presenceDefinition: { systemPresence } },
    routingStatus: { status: systemPresence === 'OnQueue' ? 'IDLE' : 'OFF_QUEUE' },
  })
  const phoneOf = (id: string) => ({
    id: `phone of ${id}`,
    webRtcUser: { id },
    status: { operationalStatus: 'OPERATIONAL', lineStatuses: [{ reachable: true }] },
  })

  it.each([
    ['nobody is in: no phone', [], 5, 0],
    ['there is one page of them', ['u0'], 1, 1],
    ['there are many pages: those of whoever is in', ['u0'], 50, 2],
    ['many are in: every page', ['u0', 'u1', 'u2'], 5, 6],
  ])('X10 asks for phones where they tell something: %s', async (_, present, pageCount, calls) => {
    const { asked, ports } = connect(({ name, query }) => {
      if (name === 'GET /users')
        return {
          entities: query
            .getAll('id')
            .map((id) => state(id, present.includes(id) ? 'Available' : 'Offline')),
          pageCount: 1,
        }
      const of = query.get('webRtcUser.id')
      const entities = (of === null ? present : [of]).map(phoneOf)
      return { entities, pageCount: of === null ? pageCount : 1 }
    })

    const found = await ports.agents.status(many.slice(0, 5), signal)

    const registered = found.filter((each) => each.registered).map(({ agent }) => agent)
    expect(registered).toEqual(present)
    expect(asked.filter(({ name }) => name.endsWith('/phones'))).toHaveLength(calls)
  })

  it('X10 reads who is on queue without a look at phones', async () => {
    const { asked, ports } = connect(({ query }) => ({
      entities: query.getAll('id').map((id) => state(id, id === 'u3' ? 'OnQueue' : 'Available')),
      pageCount: 1,
    }))

    expect(await ports.agents.onQueue(many, signal)).toEqual(['u3'])
    expect(asked).toHaveLength(1)
  })

  it('X10 a listing without an end is no answer', async () => {
    const { ports } = connect(() => ({ entities: [], nextUri: '/more' }))

    await expect(ports.queues.find(['sales'], signal)).rejects.toMatchObject({
      code: 'platform.unexpected-answer',
    })
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
