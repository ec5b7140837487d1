import { describe, expect, it } from 'vitest'
import { platformId } from '../../../kernel/ids.ts'
import { epochMs } from '../../../kernel/units.ts'
import type { HttpRequest } from '../../../protocols/http/transport.ts'
import { createRestCrm } from './index.ts'

function ask(status: number, body: string) {
  const asked: HttpRequest[] = []
  const crm = createRestCrm({
    url: 'https://crm.example/upserts',
    token: 'crm-token',
    transport: (request) => {
      asked.push(request)
      return Promise.resolve({ status, headers: {}, body })
    },
    wireClock: { kind: 'wire', now: () => epochMs(0), sleep: () => Promise.resolve() },
  })
  const from = epochMs(Date.parse('2026-11-21T02:00:00Z'))
  const to = epochMs(Date.parse('2026-11-21T02:30:00Z'))
  const of = { site: 'dallas', platform: platformId('cloud'), from, to }
  return { asked, counting: crm.upserts(of, new AbortController().signal) }
}

describe('CRM by REST', () => {
  it('W4.3 asks for one site, platform and window, and counts', async () => {
    const { asked, counting } = ask(200, '{"total":40,"failed":2,"platform":"cloud"}')

    expect(await counting).toEqual({ total: 40, failed: 2 })
    expect(asked[0]?.url).toBe(
      'https://crm.example/upserts?site=dallas&platform=cloud&from=2026-11-21T02%3A00%3A00.000Z&to=2026-11-21T02%3A30%3A00.000Z',
    )
    expect(asked[0]?.headers['authorization']).toBe('Bearer crm-token')
  })

  it.each(['{"total":40,"failed":2}', '{"total":40,"failed":2,"platform":"pbx"}'])(
    'M a CRM that counts the other side’s calls too has no figure of the target: %s',
    async (body) => {
      await expect(ask(200, body).counting).rejects.toMatchObject({
        code: 'platform.unexpected-answer',
        message: expect.stringContaining('platform cloud alone'),
      })
    },
  )

  it.each(['{}', '{"total":1}', '{"total":1,"failed":2}', '{"total":-1,"failed":0}', 'null'])(
    'promise 2: %s is no number, and no zero either',
    async (body) => {
      await expect(ask(200, body).counting).rejects.toMatchObject({
        code: 'platform.unexpected-answer',
      })
    },
  )

  it('does not tell its token when it is refused', async () => {
    const { counting } = ask(401, '{"message":"crm-token is unknown"}')

    const error = await counting.catch((thrown) => thrown)

    expect(error.code).toBe('platform.unauthorised')
    expect(error.message).not.toContain('crm-token')
  })
})
