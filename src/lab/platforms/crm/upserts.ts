import { type EpochMs, epochMs } from '../../../kernel/units.ts'
import type { HttpHandler } from '../../../protocols/http/transport.ts'
import type { Crm } from '../../crm.ts'
import type { Side } from '../../estate.ts'
import { jsonAnswer } from '../json-answer.ts'

/** What plans of the lab call its platforms. */
const sideByName: Readonly<Record<string, Side>> = { pbx: 'pbx', cloud: 'genesys-cloud' }

/**
 * `GET /upserts?site=&from=&to=` (ISO instants): `{"total": n, "failed": n}`. With `platform=` only calls that
 * this platform handled, and the answer names it again.
 */
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
    const platform = url.searchParams.get('platform')
    if (platform === null) return Promise.resolve(jsonAnswer(200, crm.count(site, from, to)))
    const side = Object.hasOwn(sideByName, platform) ? sideByName[platform] : undefined
    if (side === undefined) {
      return Promise.resolve(jsonAnswer(400, { message: `no calls of a platform ${platform}` }))
    }
    return Promise.resolve(jsonAnswer(200, { ...crm.count(site, from, to, side), platform }))
  }
}

function readInstant(text: string | null): EpochMs | undefined {
  const instant = Date.parse(text ?? '')
  return Number.isNaN(instant) ? undefined : epochMs(instant)
}
