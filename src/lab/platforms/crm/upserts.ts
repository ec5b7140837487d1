import { type EpochMs, epochMs } from '../../../kernel/units.ts'
import type { HttpHandler } from '../../../protocols/http/transport.ts'
import type { Crm } from '../../crm.ts'
import { jsonAnswer } from '../json-answer.ts'

/** `GET /upserts?site=&from=&to=` (ISO instants): `{"total": n, "failed": n}`. */
export function createCrmService(crm: Crm): HttpHandler {
  return (request) => {
    const url = new URL(request.url, 'http://crm')
    const site = url.searchParams.get('site')
    const from = readInstant(url.searchParams.get('from'))
    const to = readInstant(url.searchParams.get('to'))
    if (!url.pathname.endsWith('/upserts')) {
      return Promise.resolve(jsonAnswer(404, { message: `nothing at ${url.pathname}` }))
    }
    if (site === null || from === undefined || to === undefined) {
      return Promise.resolve(jsonAnswer(400, { message: 'site, from and to are wanted' }))
    }
    return Promise.resolve(jsonAnswer(200, crm.count(site, from, to)))
  }
}

function readInstant(text: string | null): EpochMs | undefined {
  const instant = Date.parse(text ?? '')
  return Number.isNaN(instant) ? undefined : epochMs(instant)
}
