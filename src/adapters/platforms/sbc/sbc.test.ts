import { describe, expect, it } from 'vitest'
import type { PlatformPorts } from '../../../features/platform/index.ts'
import { epoch, type WriteLimits } from '../../../kernel/authority.ts'
import type { WireClock } from '../../../kernel/clock.ts'
import { agentId, platformId, queueId } from '../../../kernel/ids.ts'
import { epochMs } from '../../../kernel/units.ts'
import type { HttpHandler, HttpRequest, HttpResponse } from '../../../protocols/http/transport.ts'
import { createSbc } from './index.ts'
import { callsTo, clockOffsetFrom, healthFrom, mayBeTo, parseName } from './mapping.ts'

const signal = new AbortController().signal
const sales = queueId('sales')

function steppedClock(): WireClock {
  let now = 0
  return {
    kind: 'wire',
    now: () => epochMs(now),
    sleep: (duration) => {
      now += duration
      return Promise.resolve()
    },
  }
}

function limits(): WriteLimits {
  const confirmLease = () => Promise.resolve()
  return { signal, deadline: epochMs(60_000), epoch: epoch(1), confirmLease }
}

const json = (status: number, body: unknown): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

function connect(handler: HttpHandler) {
  const asked: HttpRequest[] = []
  const platform = createSbc({
    id: platformId('pbx'),
    settings: {
      kind: 'sbc',
      profile: 'kamailio-dispatcher',
      rpc: 'http://sbc/RPC',
      gateway: { host: 'sbc', port: 5060, transport: 'udp' },
      agents: { by: 'rest', url: 'http://pbx/agents' },
    },
    secrets: { agentsToken: 'agents-token' },
    transport: (request) => {
      asked.push(request)
      return handler(request)
    },
    wireClock: steppedClock(),
  })
  return { asked, ports: platform.ports as PlatformPorts }
}

/** Kamailio 5.6.3's own answers, as they were recorded. */
function kamailio(options: { flags: string; setState: () => HttpResponse; obeys?: boolean }) {
  let { flags } = options
  return connect((request) => {
    const { method, params } = JSON.parse(request.body ?? '{}')
    if (method === 'dispatcher.list') {
      const DEST = { URI: 'sip:pbx:5060', FLAGS: flags, PRIORITY: 0 }
      const result = { NRSETS: 1, RECORDS: [{ SET: { ID: 1, TARGETS: [{ DEST }] } }] }
      return Promise.resolve(json(200, { jsonrpc: '2.0', result, id: 1 }))
    }
    const answer = options.setState()
    if (answer.status === 200 && options.obeys !== false) flags = params[0] === 'dp' ? 'DX' : 'AP'
    return Promise.resolve(answer)
  })
}

/** An SBC that answers these to `dlg.list` and `dlg.stats_active`. */
function dialogsAre(list: object, count: object) {
  return connect((request) => {
    const { method } = JSON.parse(request.body ?? '{}')
    const answer = method === 'dlg.list' ? list : count
    return Promise.resolve(json(200, { jsonrpc: '2.0', id: 1, ...answer }))
  })
}

const done = () => json(200, { jsonrpc: '2.0', result: 'Ok. Dispatcher state updated.', id: 1 })
const refused = (message: string) => () =>
  json(500, { jsonrpc: '2.0', error: { code: 500, message }, id: 1 })

describe('the dispatcher', () => {
  it('sends dp and ap with the set as a number', async () => {
    const { ports, asked } = kamailio({ flags: 'AP', setState: done })

    await ports.trunks.setEnabled('sip:pbx:5060', false, limits())
    await ports.trunks.setEnabled('set:1 sip:pbx:5060', true, limits())

    const writes = asked.map(({ body }) => JSON.parse(body ?? '')).filter(({ params }) => params[0])
    expect(writes.map(({ params }) => params)).toEqual([
      ['dp', 1, 'sip:pbx:5060'],
      ['ap', 1, 'sip:pbx:5060'],
    ])
  })

  it.each([
    ['Ongoing reload', 'platform.unexpected-answer', 'retry'],
    ['State Update Failed', 'platform.unexpected-answer', 'retry'],
    ['Method Not Found', 'platform.not-found', 'operator'],
  ])('%s is %s', async (message, code, remedy) => {
    const { ports } = kamailio({ flags: 'AP', setState: refused(message) })

    const writing = ports.trunks.setEnabled('sip:pbx:5060', false, limits())

    await expect(writing).rejects.toMatchObject({ code, remedy })
    await expect(writing).rejects.toThrow(message)
  })

  it.each<readonly [string, () => HttpResponse, string]>([
    ['refused, as it must be', refused('Invalid Parameters'), 'had'],
    ['not known', refused('Method Not Found'), 'missing'],
    ['forbidden by what stands in front', () => json(403, {}), 'missing'],
    ['reloading', refused('Ongoing reload'), 'unreachable'],
    ['done, which can’t be', done, 'unreachable'],
  ])('P1.1 set_state without a destination is %s', async (_, setState, state) => {
    const { ports, asked } = kamailio({ flags: 'AP', setState, obeys: false })

    const needs = await ports.account.check(['trunks.setEnabled'], signal)

    expect(needs.find(({ what }) => what === 'dispatcher.set_state')?.state).toBe(state)
    const tried = asked.map(({ body }) => JSON.parse(body ?? '{}'))
    expect(tried.filter(({ method }) => method === 'dispatcher.set_state')).toMatchObject([
      { params: [] },
    ])
  })

  it('D10 a yes that reads back unchanged is not taken', async () => {
    const { ports } = kamailio({ flags: 'AP', setState: done, obeys: false })

    await expect(ports.trunks.setEnabled('sip:pbx:5060', false, limits())).rejects.toMatchObject({
      code: 'platform.not-taken',
    })
  })

  it('an inactive destination is no fence: it is disabled all the same', async () => {
    const { ports } = kamailio({ flags: 'IP', setState: done })

    await ports.trunks.setEnabled('sip:pbx:5060', false, limits())

    expect(await ports.trunks.find('sip:pbx:5060', signal)).toMatchObject({ enabled: false })
  })
})

describe('what Kamailio prints', () => {
  it.each([
    ['AP', true],
    ['AX', true],
    ['TP', true],
    ['IP', false],
    ['DX', false],
    ['??', false],
  ])('%s in service: %s', (flags, inService) => {
    expect(healthFrom({ set: 1, uri: 'sip:a', flags }).inService).toBe(inService)
  })

  it('names a set only where the plan does', () => {
    expect(parseName('set:12 sip:a:5060')).toEqual({ set: 12, uri: 'sip:a:5060' })
    expect(parseName('sip:a:5060')).toEqual({ set: undefined, uri: 'sip:a:5060' })
  })

  it('counts dialogs by their number, not those that are over', () => {
    const dialog = (state: number, to_uri: string) => ({ state, to_uri })
    const dialogs = [
      dialog(4, 'sip:+12145550100@sbc:5060'),
      dialog(1, 'sip:12145550100@sbc'),
      dialog(5, 'sip:+12145550100@sbc'),
      dialog(4, 'sip:+12145550199@sbc'),
    ]

    expect(callsTo(dialogs, ['+12145550100'])).toBe(2)
  })

  it.each([
    ['sip:+12145550100@sbc;user=phone', true],
    ['sips:+12145550100;npdi@sbc', true],
    ['sip:%2B12145550100@sbc', true],
    ['"Acme" <sip:+12145550100@sbc>;tag=1', true],
    ['tel:+1-214-555-0100', true],
    ['tel:(214) 555-0100;phone-context=+1', true],
    ['sip:0012145550100@sbc', true],
    ['sip:01112145550100@sbc', true],
    ['sip:2145550100@sbc', true],
    ['sip:02145550100@sbc', true],
    ['sip:5550100@sbc', true],
    ['sip:912145550100@sbc', true],
    ['sip:sales@sbc', true],
    ['sip:sbc.acme.example', true],
    ['sip:@sbc', true],
    ['', true],
    ['sip:+12145550199@sbc', false],
    ['sip:+442145550100@sbc', false],
    ['sip:2145550199@sbc', false],
    ['sip:0012145550199@sbc', false],
    ['tel:5550199', false],
    ['sip:911@sbc', false],
  ])('D1 a call to %s may be one to the site: %s', (uri, may) => {
    expect(mayBeTo(uri, ['+12145550100', '+12145550101'])).toBe(may)
  })

  it.each([
    ['null', { result: null }, 3, 3],
    ['an empty list', { result: [] }, 1, 1],
    ['an empty list, and none are counted', { result: [] }, 0, 0],
  ])('D1 a list of calls that is %s is not believed alone', async (_, answer, all, up) => {
    const { ports } = dialogsAre(answer, { result: { all } })

    expect(await ports.liveCalls.count(['+12145550100'], signal)).toBe(up)
  })

  it.each([
    ['no list', {}, { result: { all: 0 } }],
    ['a list of another shape', { result: { calls: 0 } }, { result: { all: 0 } }],
    ['a count of another shape', { result: [] }, { result: 'none' }],
  ])('D1 %s is no count at all', async (_, list, count) => {
    const { ports } = dialogsAre(list, count)

    await expect(ports.liveCalls.count(['+12145550100'], signal)).rejects.toMatchObject({
      code: 'platform.unexpected-answer',
    })
  })

  it.each([
    ['Sat Nov 21 02:48:01 2026', 1000],
    ['Fri Nov 20 20:47:58 2026', -2000],
    ['Sat Nov 21 08:33:00 2026', 0],
  ])('P1.3 %s is %i ms off, whatever its zone', (printed, offset) => {
    expect(clockOffsetFrom(printed, epochMs(Date.parse('2026-11-21T02:48:00Z')))).toBe(offset)
  })

  it('takes no other text for a time', () => {
    expect(clockOffsetFrom('soon', epochMs(0))).toBeUndefined()
  })
})

/** A PBX interface as README.md has it. */
function pbxInterface() {
  const agents = new Map([
    ['2001', { extension: '2001', queues: ['sales', 'care'], signedIn: true }],
    ['2002', { extension: '2002', queues: ['care'], signedIn: false }],
  ])
  const handler: HttpHandler = (request) => {
    const [, extension = ''] = new URL(request.url).pathname.split('/agents/')
    const found = agents.get(extension)
    if (extension === '') return Promise.resolve(json(200, { agents: [...agents.values()] }))
    if (found === undefined) return Promise.resolve(json(404, { message: 'nobody' }))
    if (request.method === 'PUT') Object.assign(found, JSON.parse(request.body ?? '{}'))
    return Promise.resolve(json(200, found))
  }
  return { ...connect(handler), agents }
}

describe('the PBX’s agents', () => {
  it('takes one out of a queue and puts them back, leaving the others alone', async () => {
    const { ports, agents, asked } = pbxInterface()
    const ann = agentId('2001')

    await ports.queues.removeMembers(sales, [ann], limits())
    await ports.queues.removeMembers(sales, [ann, agentId('9999')], limits())
    expect(agents.get('2001')?.queues).toEqual(['care'])
    await ports.queues.setMembers(sales, [{ agent: ann, joined: true }], limits())

    expect(agents.get('2001')?.queues).toEqual(['care', 'sales'])
    expect(await ports.queues.members(sales, signal)).toEqual([{ agent: ann, joined: true }])
    expect(asked.filter(({ method }) => method === 'PUT')).toHaveLength(2)
    expect(asked[0]?.headers['authorization']).toBe('Bearer agents-token')
  })

  it('promise 7 reads every queue that an agent is in', async () => {
    const { ports } = pbxInterface()
    const named = (name: string) => ({ queue: queueId(name), name, joined: true })

    expect(await ports.queues.ofAgents([agentId('2001'), agentId('9999')], signal)).toEqual({
      2001: [named('sales'), named('care')],
      9999: [],
    })
  })

  it('P1.1 tries the right to change agents on somebody who is not there', async () => {
    const { ports, asked } = pbxInterface()

    const needs = await ports.account.check(['queues.setMembers'], signal)

    expect(needs.find(({ what }) => what === 'PUT of the PBX agents')?.state).toBe('had')
    const puts = asked.filter(({ method }) => method === 'PUT')
    expect(puts.map(({ url }) => url.split('/').at(-1))).toEqual(['changeover-preflight'])
  })

  it('refuses to list somebody who is not there', async () => {
    const { ports } = pbxInterface()
    const members = [{ agent: agentId('9999'), joined: true }]

    await expect(ports.queues.setMembers(sales, members, limits())).rejects.toMatchObject({
      code: 'platform.not-found',
    })
  })

  it('promise 7: signed out is not on queue, and nobody is put there by force', async () => {
    const { ports } = pbxInterface()
    const [ann, ben] = [agentId('2001'), agentId('2002')]

    const statuses = await ports.agents.status([ann, ben, agentId('9999')], signal)

    expect(statuses.map(({ registered, onQueue }) => [registered, onQueue])).toEqual([
      [true, true],
      [false, false],
      [false, false],
    ])
    expect(await ports.agents.find(['2001', '9999'], signal)).toEqual({ 2001: ann })
    await ports.agents.setOnQueue([ann], true, limits())
    await expect(ports.agents.setOnQueue([ben], true, limits())).rejects.toMatchObject({
      code: 'platform.conflict',
    })
    await expect(ports.agents.setOnQueue([ann], false, limits())).rejects.toMatchObject({
      code: 'platform.unsupported',
    })
  })
})
