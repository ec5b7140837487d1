import { setTimeout as wait } from 'node:timers/promises'
import { epochMs, ms } from '../kernel/units.ts'
import type { HttpHandler, HttpResponse } from '../protocols/http/transport.ts'
import type { LabClock } from './lab-clock.ts'

/** What a process elsewhere has to know of a live lab before it can work in it. */
export interface LabFacts {
  readonly planFile: string
  /** Names in the lab, with the address on which each is reached. */
  readonly hosts: Readonly<Record<string, string>>
  /** Secrets that the lab's plan refers to; they open nothing but the lab. */
  readonly secrets: Readonly<Record<string, string>>
}

/** Longest that one request is held; a client that waits longer asks again. Wall time. */
const longestPollMs = 10_000

/**
 * The lab's clock and facts over HTTP, for a product in another process.
 *
 * `GET /` answers `{now, facts}`; `POST /sleep` with `{"until": instant}` answers `{now}` when the lab's
 * clock is there, or after 10 s of wall time. A waiting request counts as a wait of the product: the lab
 * jumps through long ones.
 */
export function createLabControl(clock: LabClock, facts: LabFacts): HttpHandler {
  const { worldClock } = clock
  return async ({ method, url, body }) => {
    const { pathname } = new URL(url, 'http://lab')
    if (method === 'GET' && pathname === '/') return json({ now: worldClock.now(), facts })
    if (method !== 'POST' || pathname !== '/sleep') return { status: 404, headers: {}, body: '' }
    const until = readUntil(body)
    if (until === undefined)
      return { status: 400, headers: {}, body: 'expected {"until": instant}' }
    await sleepUntil(clock, until)
    return json({ now: worldClock.now() })
  }
}

async function sleepUntil({ worldClock }: LabClock, until: number): Promise<void> {
  const over = new AbortController()
  const left = ms(Math.max(0, epochMs(until) - worldClock.now()))
  const slept = worldClock.sleep(left, over.signal).catch(() => undefined)
  await Promise.race([slept, wait(longestPollMs, undefined, { ref: false })])
  over.abort()
}

function readUntil(body = ''): number | undefined {
  try {
    const { until } = JSON.parse(body)
    return typeof until === 'number' ? until : undefined
  } catch {
    return undefined
  }
}

function json(value: unknown): HttpResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  }
}
