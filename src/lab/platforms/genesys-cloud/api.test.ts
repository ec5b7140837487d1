import { describe, expect, it } from 'vitest'
import {
  ann,
  basic,
  main,
  pass,
  type SmallOrg,
  smallOrg,
  spare,
} from '../../../../test/support/genesys-org.ts'
import { ms } from '../../../kernel/units.ts'
import { droppedConnection } from './api.ts'
import { listAt, numberAt, textAt } from './json.ts'

const ivrs = '/architect/ivrs'

async function ivrPath({ ask }: SmallOrg): Promise<string> {
  const { body } = await ask('GET', ivrs)
  return `${ivrs}/${textAt(listAt(body, 'entities')[0], 'id')}`
}

const put = 'PUT /api/v2/architect/ivrs/{ivrId}'
const get = 'GET /api/v2/architect/ivrs/{ivrId}'
const change = { name: 'dallas main', version: 1, dnis: [spare] }

describe('token, rights and rate', () => {
  it('gives no token for a wrong secret or another grant', async () => {
    const { api } = await smallOrg()
    const request = (secret: string, body: string) =>
      api.handler({
        method: 'POST',
        url: '/oauth/token',
        headers: { authorization: basic('changeover', secret) },
        body,
      })
    expect((await request('wrong', 'grant_type=client_credentials')).body).toContain(
      'invalid_client',
    )
    expect((await request('quiet', 'grant_type=password')).status).toBe(400)
    expect((await request('quiet', 'grant_type=client_credentials')).status).toBe(200)
  })

  it('refuses an unknown token, one that is over, and one that was revoked', async () => {
    const { api, ask, time } = await smallOrg({ timing: { tokenLife: ms(3_600_000) } })
    const headers = { authorization: 'Bearer nobody' }
    const stranger = await api.handler({ method: 'GET', url: '/api/v2/date', headers })
    expect(stranger.status).toBe(401)
    expect((await ask('GET', '/date')).status).toBe(200)
    pass(time, 60)
    expect((await ask('GET', '/date')).status).toBe(401)
    const other = await smallOrg()
    other.api.tokens.revokeAll()
    expect((await other.ask('GET', '/date')).status).toBe(401)
  })

  it('names the permission that the client lacks', async () => {
    const client = { id: 'a', secret: 'b', permissions: ['routing:queue:*'] }
    const { ask } = await smallOrg({ client })
    expect((await ask('GET', '/routing/queues')).status).toBe(200)
    const refused = await ask('GET', '/telephony/providers/edges/trunks')
    expect(refused.status).toBe(403)
    expect(textAt(refused.body, 'message')).toContain('telephony:plugin:all')
  })

  it('answers 429 with the wait once the minute is used up, and goes on in the next', async () => {
    const { ask, time } = await smallOrg({ ratePerMinute: 2 })
    pass(time, 0.25)
    const first = await ask('GET', '/date')
    expect(first.raw.headers).toMatchObject({
      'inin-ratelimit-count': '1',
      'inin-ratelimit-allowed': '2',
      'inin-ratelimit-reset': '45',
    })
    await ask('GET', '/date')
    const refused = await ask('GET', '/date')
    expect(refused.raw.headers['retry-after']).toBe('45')
    expect(refused.body).toMatchObject({ status: 429, code: 'too.many.requests' })
    pass(time, 0.75)
    expect((await ask('GET', '/date')).status).toBe(200)
  })

  it('answers unknown paths with 404, and what is no JSON with 400', async () => {
    const { ask, api, org } = await smallOrg()
    expect((await ask('GET', '/telephony/providers/edge/trunks/1')).status).toBe(404)
    expect((await ask('GET', '/users/%E0%A4')).status).toBe(404)
    const { body } = await api.handler({
      method: 'POST',
      url: '/oauth/token',
      headers: { authorization: basic(org.facts.client.id, 'quiet') },
      body: 'grant_type=client_credentials',
    })
    const token = /"access_token":"(\w+)"/.exec(body)?.[1]
    const headers = { authorization: `Bearer ${token}` }
    const url = '/api/v2/users/search'
    expect((await api.handler({ method: 'POST', url, headers, body: '{' })).status).toBe(400)
  })
})

describe('analytics', () => {
  const path = '/analytics/conversations/aggregates/query'
  const interval = '2026-03-02T08:00:00Z/2026-03-02T09:00:00Z'

  it('splits the interval by the granularity', async () => {
    const { ask, org, time } = await smallOrg()
    for (const call of ['a', 'b']) {
      const at = time.now()
      org.record({ kind: 'offered', call, sipCallId: call, from: '+1', dnis: main, at })
      org.record({ kind: 'queued', call, queue: 'sales', at })
      pass(time, 20)
    }
    const body = { interval, metrics: ['nOffered'], granularity: 'PT15M' }
    const [result] = listAt((await ask('POST', path, body)).body, 'results')
    expect(listAt(result, 'data').map((part) => textAt(part, 'interval'))).toEqual([
      '2026-03-02T08:00:00.000Z/2026-03-02T08:15:00.000Z',
      '2026-03-02T08:15:00.000Z/2026-03-02T08:30:00.000Z',
    ])
  })

  it('refuses what it can not read', async () => {
    const { ask } = await smallOrg()
    const metrics = ['nOffered']
    const year = '2026-01-01T00:00:00Z/2027-01-01T00:00:00Z'
    const month = '2026-01-01T00:00:00Z/2026-01-31T00:00:00Z'
    for (const body of [
      { metrics },
      { metrics, interval: 'today' },
      { metrics, interval: year },
      { metrics, interval, granularity: 'hourly' },
      { metrics, interval: month, granularity: 'PT1M' },
    ]) {
      expect({ body, status: (await ask('POST', path, body)).status }).toEqual({
        body,
        status: 400,
      })
    }
  })

  it('shows calls only after the delay of its analytics', async () => {
    const { ask, org, time } = await smallOrg({ timing: { analyticsDelay: ms(120_000) } })
    const at = time.now()
    org.record({ kind: 'offered', call: 'a', sipCallId: 'a', from: '+1', dnis: main, at })
    org.record({ kind: 'queued', call: 'a', queue: 'sales', at })
    const details = '/analytics/conversations/details/query'
    const look = async () => [
      listAt((await ask('POST', path, { interval, metrics: ['nOffered'] })).body, 'results').length,
      numberAt((await ask('POST', details, { interval })).body, 'totalHits'),
    ]
    pass(time, 1)
    expect(await look()).toEqual([0, 0])
    pass(time, 1)
    expect(await look()).toEqual([1, 1])
  })
})

describe('writes', () => {
  it('D10 refuses a stale version, and changes nothing then', async () => {
    const lab = await smallOrg()
    const path = await ivrPath(lab)
    expect((await lab.ask('PUT', path, { ...change, dnis: [] })).body).toMatchObject({ version: 2 })
    const stale = await lab.ask('PUT', path, change)
    expect(stale.status).toBe(409)
    expect(textAt(stale.body, 'code')).toContain('version')
    expect((await lab.ask('GET', path)).body).toMatchObject({ version: 2, dnis: [] })
    expect((await lab.ask('PUT', path, { name: 'x' })).status).toBe(400)
  })

  it('refuses to change what the vendor manages', async () => {
    const { ask } = await smallOrg()
    const bases = '/telephony/providers/edges/trunkbasesettings'
    const { body } = await ask('GET', `${bases}?managed=true`)
    const id = textAt(listAt(body, 'entities')[0], 'id')
    expect(listAt(body, 'entities')).toHaveLength(1)
    const trunk = { name: 'native voice', version: 1, properties: {} }
    expect((await ask('PUT', `${bases}/${id}`, trunk)).status).toBe(403)
    expect((await ask('DELETE', `${bases}/${id}`)).status).toBe(403)
  })

  it('binds a number to one IVR at most', async () => {
    const { ask } = await smallOrg()
    expect((await ask('POST', ivrs, { name: 'second', dnis: [main] })).status).toBe(409)
    expect((await ask('POST', ivrs, { name: 'second', dnis: ['+4930555'] })).status).toBe(400)
    expect((await ask('POST', ivrs, { name: 'second', dnis: [spare] })).status).toBe(200)
  })

  it('shows a number that is a user’s own, and gives it to no call route', async () => {
    const { ask, org } = await smallOrg()
    const [user] = org.config.users.values()
    if (user === undefined) throw new Error('the organisation has no user')
    user.numbers = [spare]
    const edges = '/telephony/providers/edges'
    const owned = { owner: { id: user.id, name: user.name }, ownerType: 'USER' }

    const inPool = await ask('GET', `${edges}/didpools/dids?type=ASSIGNED_AND_UNASSIGNED`)
    expect(listAt(inPool.body, 'entities')[1]).toMatchObject({ number: spare, ...owned })
    const dids = await ask('GET', `${edges}/dids?phoneNumber=${encodeURIComponent(spare)}`)
    expect(listAt(dids.body, 'entities')).toMatchObject([owned])
    const route = { name: 'second', dnis: [spare] }
    expect((await ask('POST', '/architect/ivrs', route)).status).toBe(409)
  })

  it('takes 100 members at once and no more, all or none', async () => {
    const { ask, org } = await smallOrg()
    const queue = [...org.config.queues.keys()][0]
    const users = [...org.config.users.values()]
    const path = `/routing/queues/${queue}/members`
    const many = Array.from({ length: 101 }, () => ({ id: users[0]?.id }))
    expect((await ask('POST', path, many)).status).toBe(400)
    const mixed = [{ id: users[0]?.id }, { id: 'stranger' }]
    expect((await ask('POST', `${path}?delete=true`, mixed)).status).toBe(400)
    const removal = [{ id: users.find(({ email }) => email === ann)?.id }]
    expect((await ask('POST', `${path}?delete=true`, removal)).status).toBe(204)
    expect(listAt((await ask('GET', path)).body, 'entities')).toHaveLength(1)
  })
})

describe('scripted faults', () => {
  it('answers a status as often as it was scripted, without doing anything', async () => {
    const lab = await smallOrg()
    const path = await ivrPath(lab)
    lab.api.faults.script({ operation: put, fault: { kind: 'status', status: 500 }, times: 2 })
    expect((await lab.ask('PUT', path, change)).status).toBe(500)
    expect((await lab.ask('PUT', path, change)).status).toBe(500)
    expect((await lab.ask('GET', path)).body).toMatchObject({ version: 1 })
    expect((await lab.ask('PUT', path, change)).status).toBe(200)
    lab.api.faults.script({ operation: '*', fault: { kind: 'status', status: 429, retryAfter: 7 } })
    expect((await lab.ask('GET', path)).raw.headers['retry-after']).toBe('7')
  })

  it('D10 lies: answers the changed object, and reads back unchanged', async () => {
    const lab = await smallOrg()
    const path = await ivrPath(lab)
    lab.api.faults.script({ operation: put, fault: { kind: 'lying' }, times: 1 })
    expect(await lab.ask('PUT', path, change)).toMatchObject({ status: 200, body: { version: 2 } })
    expect((await lab.ask('GET', path)).body).toMatchObject({ version: 1, dnis: [main] })
  })

  it('D10 reads lag behind a write by a number of reads', async () => {
    const lab = await smallOrg()
    const path = await ivrPath(lab)
    lab.api.faults.script({ operation: get, fault: { kind: 'lagging', reads: 2 }, times: 1 })
    expect((await lab.ask('GET', path)).body).toMatchObject({ version: 1 })
    await lab.ask('PUT', path, change)
    expect((await lab.ask('GET', path)).body).toMatchObject({ version: 1 })
    expect((await lab.ask('GET', path)).body).toMatchObject({ version: 1 })
    expect((await lab.ask('GET', path)).body).toMatchObject({ version: 2 })
  })

  it('D10 reads lag behind a write by world time', async () => {
    const lab = await smallOrg()
    const path = await ivrPath(lab)
    lab.api.faults.script({ operation: get, fault: { kind: 'lagging', within: ms(60_000) } })
    await lab.ask('PUT', path, change)
    expect((await lab.ask('GET', path)).body).toMatchObject({ version: 1 })
    pass(lab.time, 1)
    expect((await lab.ask('GET', path)).body).toMatchObject({ version: 2 })
  })

  it('breaks the connection before or after the work is done', async () => {
    const lab = await smallOrg()
    const path = await ivrPath(lab)
    lab.api.faults.script({ operation: put, fault: { kind: 'dropped', after: false }, times: 1 })
    expect((await lab.ask('PUT', path, change)).raw.status).toBe(droppedConnection.status)
    expect((await lab.ask('GET', path)).body).toMatchObject({ version: 1 })
    lab.api.faults.script({ operation: put, fault: { kind: 'dropped', after: true }, times: 1 })
    expect((await lab.ask('PUT', path, change)).raw.status).toBe(droppedConnection.status)
    expect((await lab.ask('GET', path)).body).toMatchObject({ version: 2 })
  })

  it('answers slowly by the wire clock', async () => {
    const lab = await smallOrg()
    lab.api.faults.script({
      operation: 'GET /api/v2/date',
      fault: { kind: 'slow', by: ms(30_000) },
    })
    let isAnswered = false
    const asked = lab.ask('GET', '/date').then(() => {
      isAnswered = true
    })
    pass(lab.time, 0.25)
    await Promise.resolve()
    expect(isAnswered).toBe(false)
    pass(lab.time, 0.25)
    await asked
    lab.api.faults.clear()
    expect((await lab.ask('GET', '/date')).status).toBe(200)
  })
})
