import { describe, expect, it } from 'vitest'
import { epochMs, ms } from '../kernel/units.ts'
import { startLabInProcess } from './front.ts'
import { labKeyText } from './lab.ts'
import { twoSitesOauth, twoSitesRecordTtl } from './scenarios/two-sites.ts'

const start = epochMs(Date.UTC(2026, 10, 2, 9))
const limits = { signal: new AbortController().signal, timeout: ms(5000) }

describe('the lab in process', () => {
  it('has calls up when it opens, all of them at the PBX, and nobody without outcome', async () => {
    const lab = await startLabInProcess({ start, seed: 1 })
    const { inProgress, inProgressBySide, withoutOutcome, offered, byOutcome } =
      lab.world.ledger.summary()
    await lab.close()

    expect(offered).toBeGreaterThan(100)
    expect(inProgress).toBeGreaterThan(0)
    expect(inProgressBySide.pbx).toBe(inProgress)
    expect(withoutOutcome).toEqual([])
    expect(byOutcome.completed / (offered - inProgress)).toBeGreaterThan(0.97)
  })

  it('days pass while the product sleeps, and every call is accounted for', async () => {
    const lab = await startLabInProcess({ start, seed: 2 })
    await lab.clock.worldClock.sleep(ms(24 * 3_600_000))
    const summary = lab.world.ledger.summary()
    await lab.close()

    expect(summary.offered).toBeGreaterThan(6000)
    expect(summary.withoutOutcome).toEqual([])
    expect(summary.violations).toEqual([])
  })

  it('answers HTTP by host: SBC, PBX, CRM and the API behind its sign-in', async () => {
    const lab = await startLabInProcess({ start, seed: 3 })
    const get = (url: string) =>
      lab.httpTransport({ method: 'GET', url, headers: {} }, limits).then(({ status }) => status)
    const { endpoints } = lab
    const basic = Buffer.from(`${twoSitesOauth.id}:${twoSitesOauth.secret}`).toString('base64')
    const token = await lab.httpTransport(
      {
        method: 'POST',
        url: `${endpoints.genesysLogin}/oauth/token`,
        headers: {
          authorization: `Basic ${basic}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=client_credentials',
      },
      limits,
    )
    const found = [
      await get(`${endpoints.agentLever}/1101`),
      await get(`${endpoints.crm}?site=reno&from=2026-11-02T09:00:00Z&to=2026-11-02T10:00:00Z`),
      await get(`${endpoints.genesysApi}/api/v2/users/me`),
      await get(endpoints.sbcRpc),
    ]
    const nobody = get('http://nobody.example/')
    await expect(nobody).rejects.toThrow('nobody listens')
    await lab.close()

    expect(token.status).toBe(200)
    expect(found).toEqual([200, 200, 401, 404])
  })

  it('a request that takes too long ends in world time', async () => {
    const lab = await startLabInProcess({ start, seed: 4, faults: ['sbc-slow:60s'] })
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'dispatcher.list' })
    const request = { method: 'POST', url: lab.endpoints.sbcRpc, headers: {}, body } as const
    await expect(lab.httpTransport(request, limits)).rejects.toThrow('no answer within 5000 ms')
    await lab.close()
  })

  it('its resolvers answer the site’s record with its TTL', async () => {
    const lab = await startLabInProcess({ start, seed: 5, warmUp: ms(0) })
    const [honest] = lab.resolvers
    const found = await honest?.resolve('_sip._tcp.dallas.acme.example', 'SRV')
    await lab.close()

    expect(found).toMatchObject({ values: ['10 0 5060 sbc.acme.example'] })
    expect(found?.kind === 'answer' && found.ttl <= twoSitesRecordTtl).toBe(true)
    expect(Buffer.from(labKeyText.split(':')[2] ?? '', 'base64')).toHaveLength(32)
  })

  it('a gateway that refuses everybody fails every call that has no other target', async () => {
    const lab = await startLabInProcess({ start, seed: 6, faults: ['sip-503:pbx'], warmUp: ms(0) })
    await lab.clock.worldClock.sleep(ms(600_000))
    const { byOutcome, offered } = lab.world.ledger.summary()
    await lab.close()

    expect(byOutcome.failed).toBe(offered)
  })
})
