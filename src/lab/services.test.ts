import { describe, expect, it } from 'vitest'
import type { WireClock } from '../kernel/clock.ts'
import { epochMs, ms } from '../kernel/units.ts'
import { createVirtualTime } from '../kernel/virtual-clock.ts'
import type { HttpHandler } from '../protocols/http/transport.ts'
import { createStaff } from './agents.ts'
import { createCrm } from './crm.ts'
import { UnknownFaultError } from './fault-script.ts'
import { createFaults } from './faults.ts'
import { createCrmService } from './platforms/crm/upserts.ts'
import { createAgentLever } from './platforms/pbx/agent-lever.ts'
import { createSbcRpc } from './platforms/sbc/rpc.ts'
import { createSbc } from './sbc.ts'
import { twoSitesEstate } from './scenarios/two-sites.ts'

const start = epochMs(Date.UTC(2026, 10, 2, 9))

function sbcAt() {
  const time = createVirtualTime(start)
  const estate = twoSitesEstate()
  const sbc = createSbc(estate.sites, time)
  const faults = createFaults(() => time.now())
  const wireClock: WireClock = { kind: 'wire', now: () => time.now(), sleep: time.sleep }
  const handler = createSbcRpc({ sbc, faults, wireClock })
  const call = (method: string, params: unknown[] = []) =>
    ask(handler, 'POST', '/RPC', { jsonrpc: '2.0', id: 7, method, params })
  const flags = async () => {
    const { body } = await call('dispatcher.list')
    return JSON.stringify(body)
      .match(/"FLAGS":"(..)"/g)
      ?.join(' ')
  }
  return { time, estate, sbc, faults, call, flags, uri: estate.sites[0]?.destination ?? '' }
}

async function ask(
  handler: HttpHandler,
  method: 'GET' | 'POST' | 'PUT',
  url: string,
  body?: unknown,
) {
  const answer = await handler({
    method,
    url: `http://lab${url}`,
    headers: {},
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: JSON.parse(answer.body) as unknown }
}

describe('the SBC’s RPC', () => {
  it('D12 disables one destination, which reads back as DX and stays so', async () => {
    const { call, flags, uri, time, sbc } = sbcAt()
    expect(await call('dispatcher.set_state', ['dp', 1, uri])).toMatchObject({
      status: 200,
      body: { result: 'Ok. Dispatcher state updated.', id: 7 },
    })
    time.advanceTo(epochMs(start + 60_000))

    expect(await flags()).toBe('"FLAGS":"DX" "FLAGS":"AP"')
    expect(sbc.select('dallas')).toBeUndefined()
    expect(sbc.select('reno')).toBeDefined()
  })

  it('inactive is no fence: the next probe lifts it', async () => {
    const { call, flags, uri, time } = sbcAt()
    await call('dispatcher.set_state', ['ip', 1, uri])
    expect(await flags()).toBe('"FLAGS":"IP" "FLAGS":"AP"')
    time.advanceTo(epochMs(start + 60_000))
    expect(await flags()).toBe('"FLAGS":"AP" "FLAGS":"AP"')
  })

  it('a reload loses what was set at run time, and a second one is refused for some seconds', async () => {
    const { call, flags, uri, time } = sbcAt()
    await call('dispatcher.set_state', ['dx', 1, uri])
    await call('dispatcher.reload')
    expect(await flags()).toBe('"FLAGS":"AP" "FLAGS":"AP"')
    expect(await call('dispatcher.reload')).toMatchObject({
      status: 500,
      body: { error: { code: 500, message: 'Ongoing reload' } },
    })
    time.advanceTo(epochMs(start + 6000))
    expect((await call('dispatcher.reload')).status).toBe(200)
  })

  it('every error is an HTTP 500', async () => {
    const { call, faults } = sbcAt()
    expect(await call('dispatcher.set_state', ['dp', 1, 'sip:nobody'])).toMatchObject({
      status: 500,
      body: { error: { message: 'State Update Failed' } },
    })
    expect((await call('no.such')).status).toBe(500)
    const end = faults.arm('sbc-error')
    expect((await call('dispatcher.list')).status).toBe(500)
    end()
    expect((await call('dispatcher.list')).status).toBe(200)
  })

  it('answers late by the wire clock when it is slow', async () => {
    const { call, faults, time } = sbcAt()
    faults.arm('sbc-slow:8s')
    let answered = false
    const answer = call('dispatcher.list').then(() => {
      answered = true
    })
    await Promise.resolve()
    time.advanceTo(epochMs(start + 7999))
    await new Promise((resolve) => setImmediate(resolve))
    expect(answered).toBe(false)
    time.advanceTo(epochMs(start + 8000))
    await answer
  })

  it('shows the dialogs that are up, with who was called and where it went', async () => {
    const { call, sbc, uri } = sbcAt()
    const offered = {
      id: 'c1',
      sipCallId: 'c1@test',
      caller: '+12147770001',
      dnis: '+12145550100',
      site: 'dallas',
      carrier: 'lone-star',
      at: start,
      talk: ms(1000),
      patience: ms(1000),
    }
    sbc.open(offered, uri)
    expect((await call('dlg.stats_active')).body).toMatchObject({ result: { ongoing: 1, all: 1 } })
    expect((await call('dlg.list')).body).toMatchObject({
      result: [{ 'call-id': 'c1@test', to_uri: 'sip:+12145550100@sbc', callee: { contact: uri } }],
    })
    sbc.close(offered)
    expect((await call('dlg.briefing')).body).toMatchObject({ result: [] })
  })
})

describe('the agent lever', () => {
  function lever() {
    const time = createVirtualTime(start)
    const reachable: string[] = []
    const agents = [{ extension: '1101', user: 'a@acme', queues: ['skill 12'] }]
    const staff = createStaff(agents, {
      time,
      seed: 1,
      signOn: ms(4000),
      phones: { setPhoneReachable: (user, is) => void reachable.push(`${user} ${is}`) },
      changed: () => {},
    })
    return { time, staff, reachable, handler: createAgentLever(staff, ['1101']) }
  }

  it('takes an agent out of the queues, who signs on at the target some seconds later', async () => {
    const { handler, time, reachable } = lever()
    const put = await ask(handler, 'PUT', '/pbx/agents/1101', { queues: [] })
    expect(put.body).toEqual({ extension: '1101', queues: [], signedIn: false })
    expect(reachable).toEqual([])
    time.advanceTo(epochMs(start + 10_000))
    expect(reachable).toEqual(['a@acme true'])

    await ask(handler, 'PUT', '/pbx/agents/1101', { queues: ['skill 12'] })
    expect(reachable).toEqual(['a@acme true', 'a@acme false'])
    time.advanceTo(epochMs(start + 20_000))
    expect((await ask(handler, 'GET', '/pbx/agents/1101')).body).toEqual({
      extension: '1101',
      queues: ['skill 12'],
      signedIn: true,
    })
  })

  it('a change of mind on the way ends at the last desk named, once', async () => {
    const { handler, time, reachable } = lever()
    await ask(handler, 'PUT', '/agents/1101', { queues: [] })
    await ask(handler, 'PUT', '/agents/1101', { queues: ['skill 12'] })
    time.advanceTo(epochMs(start + 20_000))
    expect(reachable).toEqual([])
    expect((await ask(handler, 'GET', '/agents?queue=skill%2012')).body).toMatchObject({
      agents: [{ extension: '1101', signedIn: true }],
    })
  })

  it('an agent in a call ends it first', () => {
    const { staff, time, reachable } = lever()
    staff.occupy('a@acme', 'c1')
    staff.setQueues('1101', [])
    time.advanceTo(epochMs(start + 60_000))
    expect([staff.read('1101')?.signedIn, reachable]).toEqual([true, []])
    staff.release('a@acme')
    time.advanceTo(epochMs(start + 120_000))
    expect(reachable).toEqual(['a@acme true'])
  })

  it('refuses what it can’t read and whom it doesn’t know', async () => {
    const { handler } = lever()
    expect((await ask(handler, 'PUT', '/agents/1101', { queues: 'all' })).status).toBe(400)
    expect((await ask(handler, 'GET', '/agents/9999')).status).toBe(404)
    expect((await ask(handler, 'PUT', '/agents/9999', { queues: [] })).status).toBe(404)
  })
})

describe('the CRM', () => {
  it('counts a site’s upserts within the window', async () => {
    const crm = createCrm()
    crm.upsert('reno', { at: start, side: 'pbx', succeeds: true })
    const at = epochMs(start + 1000)
    crm.upsert('reno', { at, side: 'genesys-cloud', succeeds: false })
    crm.upsert('dallas', { at: start, side: 'pbx', succeeds: false })
    const handler = createCrmService(crm)
    const iso = (at: number) => encodeURIComponent(new Date(at).toISOString())
    const url = `/upserts?site=reno&from=${iso(start)}&to=${iso(start + 2000)}`

    expect(await ask(handler, 'GET', url)).toEqual({ status: 200, body: { total: 2, failed: 1 } })
    expect((await ask(handler, 'GET', '/upserts?site=reno')).status).toBe(400)
  })
})

describe('faults by name', () => {
  it.each(['nonsense', 'black-hole:2', 'crm-failing', 'sip-503:mars', 'sbc-slow:soon'])(
    'refuses %s and lists what there is',
    (text) => {
      expect(() => createFaults(() => start).arm(text)).toThrow(UnknownFaultError)
    },
  )

  it('are in force within their window only', () => {
    const time = createVirtualTime(start)
    const faults = createFaults(() => time.now())
    faults.arm('sip-503:pbx', { from: epochMs(start + 1000), to: epochMs(start + 2000) })
    const seen = [0, 1000, 1999, 2000].map((after) => {
      time.advanceTo(epochMs(start + after))
      return faults.sipAt('pbx')?.kind
    })

    expect(seen).toEqual([undefined, 'rejected', 'rejected', undefined])
    expect(faults.sipAt('genesys-cloud')).toBeUndefined()
  })
})
