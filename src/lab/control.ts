import { setTimeout as wait } from 'node:timers/promises'
import { epochMs, ms } from '../kernel/units.ts'
import type { HttpHandler, HttpResponse } from '../protocols/http/transport.ts'
import type { LabClock } from './lab-clock.ts'

/** What a process elsewhere has to know of a live lab before it can work in it. */
export interface LabFacts {
  readonly planFile: string
  /** Names in the lab, with the address on which each is reached. */
  readonly hosts: Readonly<Record<string, string>>
  /** World time per wall time, when nothing is busy and the lab does not jump. */
  readonly rate: number
  /** Secrets that the lab's plan refers to; they open nothing but the lab. */
  readonly secrets: Readonly<Record<string, string>>
}

/** Longest that one request is held; a client that waits longer asks again. Wall time. */
const longestPollMs = 10_000
/** Without another word from whoever awaits a person. Wall time. */
const personBelievedMs = 5000

/**
 * The lab's clock and facts over HTTP, for a product in another process.
 *
 * `GET /` answers `{now, facts}`; `POST /sleep` with `{"until": instant}` answers `{now}` when the lab's
 * clock is there, or after 10 s of wall time. A waiting request counts as a wait of the product: the lab
 * jumps through long ones, but not while somebody has said `{"id": text, "awaited": true}` by `POST /person`:
 * that holds for 5 s of wall time, or until it is said to be over.
 */
export function createLabControl(clock: LabClock, facts: LabFacts): HttpHandler {
  const { worldClock } = clock
  const persons = createPersons(clock)
  return async ({ method, url, body }) => {
    const { pathname } = new URL(url, 'http://lab')
    if (method === 'GET' && pathname === '/') return json({ now: worldClock.now(), facts })
    if (method === 'POST' && pathname === '/sleep') return await answerSleep(clock, body)
    if (method === 'POST' && pathname === '/person') return answerPerson(persons, body)
    return { status: 404, headers: {}, body: '' }
  }
}

async function answerSleep(clock: LabClock, body: string | undefined): Promise<HttpResponse> {
  const { until } = fieldsOf(body)
  if (typeof until !== 'number') return refused('{"until": instant}')
  await sleepUntil(clock, until)
  return json({ now: clock.worldClock.now() })
}

function answerPerson(persons: Persons, body: string | undefined): HttpResponse {
  const { id, awaited } = fieldsOf(body)
  if (typeof id !== 'string' || typeof awaited !== 'boolean')
    return refused('{"id": text, "awaited": boolean}')
  persons.set(id, awaited)
  return json({})
}

type Persons = ReturnType<typeof createPersons>

/** Who is awaited by which process; one that is killed is believed for some seconds only. */
function createPersons({ worldClock }: LabClock) {
  const known = new Map<string, { readonly over: AbortController; timer: NodeJS.Timeout }>()
  const end = (id: string) => {
    known.get(id)?.over.abort()
    known.delete(id)
  }
  return {
    set(id: string, awaited: boolean) {
      const before = known.get(id)
      clearTimeout(before?.timer)
      if (!awaited) return end(id)
      const over = before?.over ?? new AbortController()
      if (before === undefined) worldClock.personAwaited?.(over.signal)
      known.set(id, { over, timer: setTimeout(() => end(id), personBelievedMs).unref() })
    },
  }
}

async function sleepUntil({ worldClock }: LabClock, until: number): Promise<void> {
  const over = new AbortController()
  const left = ms(Math.max(0, epochMs(until) - worldClock.now()))
  const slept = worldClock.sleep(left, over.signal).catch(() => undefined)
  await Promise.race([slept, wait(longestPollMs, undefined, { ref: false })])
  over.abort()
}

function fieldsOf(body = ''): Readonly<Record<string, unknown>> {
  try {
    const fields: unknown = JSON.parse(body)
    return typeof fields === 'object' && fields !== null ? { ...fields } : {}
  } catch {
    return {}
  }
}

function refused(expected: string): HttpResponse {
  return { status: 400, headers: {}, body: `expected ${expected}` }
}

function json(value: unknown): HttpResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  }
}
