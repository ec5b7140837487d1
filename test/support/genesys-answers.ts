import { createGenesysCloud } from '../../src/adapters/platforms/genesys-cloud/index.ts'
import type { PlatformPorts } from '../../src/features/platform/index.ts'
import { epoch, type WriteLimits } from '../../src/kernel/authority.ts'
import type { WireClock } from '../../src/kernel/clock.ts'
import { platformId } from '../../src/kernel/ids.ts'
import { epochMs } from '../../src/kernel/units.ts'
import type { HttpRequest, HttpResponse } from '../../src/protocols/http/transport.ts'

const signal = new AbortController().signal

function steppedClock() {
  let now = 0
  const clock: WireClock = {
    kind: 'wire',
    now: () => epochMs(now),
    sleep: (duration) => {
      now += duration
      return Promise.resolve()
    },
  }
  return { clock, pass: (duration: number) => (now += duration) }
}

interface Asked {
  readonly name: string
  readonly query: URLSearchParams
  readonly body: unknown
  readonly authorization: string
}

const ok = (body: unknown): HttpResponse => ({
  status: 200,
  headers: {},
  body: body === undefined ? '' : JSON.stringify(body),
})

/** The adapter before answers of a test's own, by `METHOD /path below /api/v2`; tokens are `token-1`, `token-2` … and live an hour. */
export function connect(answers: (asked: Asked) => unknown) {
  const time = steppedClock()
  const asked: Asked[] = []
  let tokens = 0
  const sessions = new Map()
  const transport = (request: HttpRequest) => {
    const url = new URL(request.url)
    if (url.pathname === '/oauth/token') {
      tokens += 1
      return Promise.resolve(ok({ access_token: `token-${tokens}`, expires_in: 3600 }))
    }
    const call = {
      name: `${request.method} ${url.pathname.replace('/api/v2', '')}`,
      query: url.searchParams,
      body: request.body === undefined ? undefined : JSON.parse(request.body),
      authorization: request.headers['authorization'] ?? '',
    }
    asked.push(call)
    return Promise.resolve(ok(answers(call)))
  }
  /** As a run that is taken up again does. */
  const again = (clientSecret = 'secret') =>
    createGenesysCloud({
      id: platformId('genesys'),
      settings: {
        kind: 'genesys-cloud',
        region: 'mypurecloud.com',
        api: 'api.mypurecloud.com',
        login: 'login.mypurecloud.com',
        clientId: { from: 'env', name: 'ID' },
        clientSecret: { from: 'env', name: 'SECRET' },
        gateway: { host: 'gw', port: 5061, transport: 'tls' },
        shareTable: 'Shares',
      },
      secrets: { clientId: 'id', clientSecret },
      transport,
      wireClock: time.clock,
      sessions,
    }).ports as PlatformPorts
  const limits: WriteLimits = {
    signal,
    deadline: epochMs(600_000),
    epoch: epoch(1),
    confirmLease: () => Promise.resolve(),
  }
  return { asked, ports: again(), again, limits, pass: time.pass }
}
