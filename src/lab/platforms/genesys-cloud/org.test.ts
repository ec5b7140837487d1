import { describe, expect, it } from 'vitest'
import {
  ann,
  bob,
  main,
  pass,
  type SmallOrg,
  smallOrg,
  spare,
  start,
} from '../../../../test/support/genesys-org.ts'
import { later, ms } from '../../../kernel/units.ts'
import { listAt, numberAt, textAt } from './json.ts'

async function find({ ask }: SmallOrg, path: string, name: string): Promise<string> {
  const { body } = await ask('GET', `${path}?pageSize=100`)
  const item = listAt(body, 'entities').find((each) => textAt(each, 'name') === name)
  return textAt(item, 'id') ?? `no ${name}`
}

async function setTrunk(lab: SmallOrg, enabled: boolean) {
  const bases = '/telephony/providers/edges/trunkbasesettings'
  const path = `${bases}/${await find(lab, bases, 'dallas trunk')}`
  const { body } = await lab.ask('GET', path)
  const trunk = { name: 'dallas trunk', version: numberAt(body, 'version') }
  const properties = { trunk_enabled: { value: { instance: enabled } } }
  const kind = { trunkType: 'EXTERNAL', trunkMetabase: { id: 'any' } }
  return lab.ask('PUT', path, { ...trunk, ...kind, properties })
}

async function setDnis(lab: SmallOrg, dnis: readonly string[], version = 1) {
  const id = await find(lab, '/architect/ivrs', 'dallas main')
  const { body } = await lab.ask('GET', `/architect/ivrs/${id}`)
  const openHoursFlow = { id: textAt(body, 'openHoursFlow', 'id') }
  return lab.ask('PUT', `/architect/ivrs/${id}`, {
    name: 'dallas main',
    version,
    dnis,
    openHoursFlow,
  })
}

describe('admission of a call', () => {
  it('puts a bound number into its flow, which keeps every call without a share row', async () => {
    const { org } = await smallOrg()
    expect(org.admit(main)).toEqual({ kind: 'flow', site: 'dallas', queue: 'sales' })
  })

  it('rejects with 503 while the trunk is off, and takes calls once it is in service again', async () => {
    const lab = await smallOrg()
    expect((await setTrunk(lab, false)).status).toBe(200)
    expect(lab.org.admit(main)).toMatchObject({ kind: 'rejected', status: 503 })
    await setTrunk(lab, true)
    expect(lab.org.admit(main)).toMatchObject({ kind: 'rejected', status: 503 })
    pass(lab.time, 1)
    expect(lab.org.admit(main).kind).toBe('flow')
  })

  it('rejects with 403 where the trunk does not exist yet', async () => {
    const { org } = await smallOrg({ trunks: [], outboundRoutes: [] })
    expect(org.admit(main)).toMatchObject({ kind: 'rejected', status: 403 })
  })

  it('answers 404 for a number that is bound to nothing, until it is bound', async () => {
    const lab = await smallOrg()
    expect(lab.org.admit(spare)).toMatchObject({ kind: 'rejected', status: 404 })
    expect((await setDnis(lab, [main, spare])).status).toBe(200)
    expect(lab.org.admit(spare)).toMatchObject({ kind: 'flow', queue: 'sales' })
    expect(lab.org.admit('+19995550000')).toMatchObject({ kind: 'rejected', status: 404 })
  })

  it("D2 gives the site's share row to the flow", async () => {
    const lab = await smallOrg()
    const rows = `/flows/datatables/${await find(lab, '/flows/datatables', 'Changeover shares')}/rows`
    const row = { KEY: 'dallas', boundary: 500, salt: 'w1', policyVersion: 1, epoch: 2 }
    expect((await lab.ask('POST', rows, row)).status).toBe(200)
    expect(lab.org.admit(main)).toMatchObject({ share: { boundary: 500, salt: 'w1' } })
    await lab.ask('PUT', `${rows}/dallas`, { ...row, boundary: 1000 })
    expect(lab.org.admit(main)).toMatchObject({ share: { boundary: 1000 } })
    expect((await lab.ask('DELETE', `${rows}/dallas`)).status).toBe(204)
    expect(lab.org.admit(main)).not.toHaveProperty('share')
    expect((await lab.ask('POST', rows, { KEY: 'x', share: 3 })).status).toBe(400)
  })
})

describe('agents who may be offered a call', () => {
  async function putOnQueue(lab: SmallOrg, email: string) {
    const found = await lab.ask('POST', '/users/search', {
      query: [{ type: 'EXACT', fields: ['email'], value: email }],
    })
    const id = textAt(listAt(found.body, 'results')[0], 'id') ?? ''
    const onQueue = await find(lab, '/presence/definitions', 'OnQueue')
    const body = { presenceDefinition: { id: onQueue } }
    return { id, answer: await lab.ask('PATCH', `/users/${id}/presences/purecloud`, body) }
  }

  it('W5.1 needs a licence in force, which takes its time after the platform said yes', async () => {
    const lab = await smallOrg()
    const { id } = await putOnQueue(lab, bob)
    expect(lab.org.routableAgents('sales')).toEqual([])
    const assignments = [{ licenseId: 'cx1', userIdsAdd: [id], userIdsRemove: [] }]
    const { body } = await lab.ask('POST', '/license/organization', { assignments })
    expect(body).toEqual([{ userId: id, licenseId: 'cx1', result: 'success' }])
    pass(lab.time, 14)
    expect((await lab.ask('GET', `/license/users/${id}`)).body).toMatchObject({ licenses: [] })
    expect(lab.org.routableAgents('sales')).toEqual([])
    pass(lab.time, 12)
    const read = await lab.ask('GET', `/license/users/${id}`)
    expect(read.body).toMatchObject({ licenses: [{ id: 'cx1' }] })
    expect(lab.org.routableAgents('sales')).toEqual([bob])
  })

  it('takes nobody on queue without a phone, and who loses it off queue', async () => {
    const lab = await smallOrg()
    expect((await putOnQueue(lab, ann)).answer.status).toBe(200)
    expect(lab.org.routableAnywhere()).toEqual([ann])
    lab.org.setPhoneReachable(ann, false)
    expect(lab.org.routableAnywhere()).toEqual([])
    expect((await putOnQueue(lab, ann)).answer.status).toBe(409)
    expect(lab.org.setPresence(ann, 'OnQueue')).toBe(false)
  })

  it('does not offer to a phone that nobody can reach, whatever the presence says', async () => {
    const user = { email: ann, extension: '101', site: 'dallas', licences: ['cx1'] }
    const users = [{ ...user, phoneReachable: false, presence: 'OnQueue' as const }]
    expect((await smallOrg({ users })).org.routableAgents('sales')).toEqual([])
  })

  it('leaves out who is not joined', async () => {
    const lab = await smallOrg()
    const { id } = await putOnQueue(lab, ann)
    const queue = await find(lab, '/routing/queues', 'sales')
    await lab.ask('PATCH', `/routing/queues/${queue}/members`, [{ id, joined: false }])
    expect(lab.org.routableAgents('sales')).toEqual([])
    expect(lab.org.routableAnywhere()).toEqual([])
    await lab.ask('PATCH', `/routing/queues/${queue}/members`, [{ id, joined: true }])
    expect(lab.org.routableAgents('sales')).toEqual([ann])
  })

  it('offers to who waits longest, and to nobody in a call', async () => {
    const lab = await smallOrg({
      users: [ann, bob].map((email) => ({
        email,
        extension: email,
        site: 'dallas',
        phoneReachable: true,
        licences: ['cx1'],
        presence: 'OnQueue',
      })),
    })
    expect(lab.org.routableAgents('sales')).toEqual([ann, bob])
    const call = { call: 'c1', sipCallId: 's1', from: '+1', dnis: main }
    lab.org.record({ kind: 'offered', ...call, at: start })
    lab.org.record({ kind: 'queued', call: 'c1', queue: 'sales', at: start })
    lab.org.record({ kind: 'answered', call: 'c1', agent: ann, at: start })
    expect(lab.org.routableAgents('sales')).toEqual([bob])
    lab.org.record({ kind: 'ended', call: 'c1', at: start, how: 'completed' })
    expect(lab.org.routableAgents('sales')).toEqual([bob, ann])
  })
})

describe('what calls leave behind', () => {
  async function withCalls() {
    const lab = await smallOrg()
    const at = (seconds: number) => later(start, ms(seconds * 1000))
    const outcomes = ['answered', 'abandoned', 'short', 'waiting', 'failed'] as const
    for (const [index, outcome] of outcomes.entries()) {
      const call = `c${index}`
      lab.org.record({
        kind: 'offered',
        call,
        sipCallId: `sip-${outcome}`,
        from: '+12125550000',
        dnis: main,
        at: at(0),
      })
      lab.org.record({ kind: 'queued', call, queue: 'sales', at: at(1) })
    }
    lab.org.record({ kind: 'ended', call: 'c2', at: at(3), how: 'abandoned' })
    lab.org.record({ kind: 'ended', call: 'c4', at: at(4), how: 'failed' })
    lab.org.record({ kind: 'answered', call: 'c0', agent: ann, at: at(11) })
    lab.org.record({ kind: 'ended', call: 'c1', at: at(31), how: 'abandoned' })
    pass(lab.time, 1)
    return { lab, interval: `2026-03-02T08:00:00Z/2026-03-02T08:01:00Z` }
  }

  it('counts them in the aggregates of their queue, and leaves out what was not measured', async () => {
    const { lab, interval } = await withCalls()
    const metrics = ['nOffered', 'tAnswered', 'tAbandon', 'tShortAbandon', 'nError', 'tHandle']
    const path = '/analytics/conversations/aggregates/query'
    const { body } = await lab.ask('POST', path, { interval, metrics, groupBy: ['queueId'] })
    expect(body).toMatchObject({
      results: [
        {
          data: [
            {
              metrics: [
                { metric: 'nOffered', stats: { count: 5 } },
                { metric: 'tAnswered', stats: { count: 1, sum: 10_000 } },
                { metric: 'tAbandon', stats: { count: 2, max: 30_000 } },
                { metric: 'tShortAbandon', stats: { count: 1 } },
                { metric: 'nError', stats: { count: 1 } },
              ],
            },
          ],
        },
      ],
    })
    const early = '2026-03-02T07:00:00Z/2026-03-02T08:00:00Z'
    expect((await lab.ask('POST', path, { interval: early, metrics })).body).toEqual({
      results: [],
    })
  })

  it('X6 finds a conversation by its SIP Call-ID, and those that have not ended', async () => {
    const { lab, interval } = await withCalls()
    const path = '/analytics/conversations/details/query'
    const predicates = [
      { type: 'dimension', dimension: 'protocolCallId', operator: 'matches', value: 'sip-short' },
    ]
    const one = await lab.ask('POST', path, {
      interval,
      segmentFilters: [{ type: 'and', predicates }],
    })
    expect(one.body).toMatchObject({
      totalHits: 1,
      conversations: [{ originatingDirection: 'inbound' }],
    })
    const open = [{ type: 'dimension', dimension: 'conversationEnd', operator: 'notExists' }]
    const filters = { conversationFilters: [{ type: 'and', predicates: open }] }
    expect((await lab.ask('POST', path, { interval, ...filters })).body).toMatchObject({
      totalHits: 2,
    })
  })

  it('observes who waits now', async () => {
    const { lab } = await withCalls()
    const body = { filter: { type: 'and' }, metrics: ['oWaiting', 'oInteracting', 'oMemberUsers'] }
    const seen = await lab.ask('POST', '/analytics/queues/observations/query', body)
    const data = [
      { metric: 'oWaiting', stats: { count: 1 } },
      { metric: 'oInteracting', stats: { count: 1 } },
      { metric: 'oMemberUsers', stats: { count: 2 } },
    ]
    expect(seen.body).toMatchObject({ results: [{ data }] })
  })
})

it('makes the same organisation from the same seed', async () => {
  const [first, second] = [await smallOrg(), await smallOrg()]
  expect([...first.org.config.users.keys()]).toEqual([...second.org.config.users.keys()])
  expect((await smallOrg({ seed: 8 })).org.facts.id).not.toBe(first.org.facts.id)
})
