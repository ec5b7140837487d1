import { epochMs, ms } from '../../src/kernel/units.ts'
import { createVirtualTime, type VirtualTime } from '../../src/kernel/virtual-clock.ts'
import { createGenesysApi, type GenesysApi } from '../../src/lab/platforms/genesys-cloud/api.ts'
import { type Json, parseJson, textAt } from '../../src/lab/platforms/genesys-cloud/json.ts'
import { createGenesysOrg, type GenesysOrg } from '../../src/lab/platforms/genesys-cloud/org.ts'
import type { GenesysOrgSpec } from '../../src/lab/platforms/genesys-cloud/spec.ts'
import type { HttpRequest, HttpResponse } from '../../src/protocols/http/transport.ts'

export const start = epochMs(Date.parse('2026-03-02T08:00:00Z'))
export const main = '+12145550100'
export const spare = '+12145550101'
export const ann = 'ann@example.com'
export const bob = 'bob@example.com'

type Ask = (
  method: HttpRequest['method'],
  path: string,
  body?: unknown,
) => Promise<{
  readonly status: number
  readonly body: Json | undefined
  readonly raw: HttpResponse
}>

export interface SmallOrg {
  readonly time: VirtualTime
  readonly org: GenesysOrg
  readonly api: GenesysApi
  /** Asks with a valid token; the path is below `/api/v2`. */
  readonly ask: Ask
}

/** One site with two agents, one queue, one IVR with a number of two: enough to see every rule. */
export function smallSpec(time: VirtualTime, change: Partial<GenesysOrgSpec> = {}): GenesysOrgSpec {
  return {
    now: () => time.now(),
    seed: 7,
    client: { id: 'changeover', secret: 'quiet', permissions: ['*'] },
    sites: [{ name: 'dallas', numbers: [main, spare], trunk: 'dallas trunk' }],
    users: [
      { email: ann, extension: '101', site: 'dallas', phoneReachable: true, licences: ['cx1'] },
      { email: bob, extension: '102', site: 'dallas', phoneReachable: true },
    ],
    queues: [
      {
        name: 'sales',
        site: 'dallas',
        members: [
          { email: ann, joined: true },
          { email: bob, joined: true },
        ],
      },
    ],
    ivrs: [{ name: 'dallas main', site: 'dallas', queue: 'sales', numbers: [main] }],
    trunks: [
      { name: 'native voice', enabled: true, managed: true },
      { name: 'interconnect', enabled: true },
      { name: 'dallas trunk', enabled: true },
    ],
    outboundRoutes: [
      { site: 'dallas', name: 'dallas out', enabled: true, trunks: ['interconnect'] },
    ],
    licences: ['cx1'],
    presences: [{ name: 'After call', systemPresence: 'Busy' }],
    ...change,
  }
}

export async function smallOrg(change: Partial<GenesysOrgSpec> = {}): Promise<SmallOrg> {
  const time = createVirtualTime(start)
  const org = createGenesysOrg(smallSpec(time, change))
  const wire = { kind: 'wire', now: () => time.now(), sleep: time.sleep } as const
  const api = createGenesysApi(org, wire)
  const token = await signIn(api, org.facts.client)
  const ask: Ask = async (method, path, body) => {
    const raw = await api.handler({
      method,
      url: `http://lab/api/v2${path}`,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: raw.status, body: parseJson(raw.body), raw }
  }
  return { time, org, api, ask }
}

export async function signIn(
  api: GenesysApi,
  { id, secret }: { readonly id: string; readonly secret: string },
): Promise<string> {
  const { body } = await api.handler({
    method: 'POST',
    url: 'http://lab/oauth/token',
    headers: { authorization: basic(id, secret) },
    body: 'grant_type=client_credentials',
  })
  return textAt(parseJson(body), 'access_token') ?? ''
}

export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
}

/** Lets world time go on. */
export function pass(time: VirtualTime, minutes: number): void {
  time.advanceTo(epochMs(time.now() + ms(minutes * 60_000)))
}
